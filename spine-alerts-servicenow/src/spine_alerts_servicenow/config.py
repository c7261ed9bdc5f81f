"""The options of a ServiceNow channel."""

from __future__ import annotations

from attrs import field, frozen

from spine.core.secrets import Secret, as_secret
from spine.framework.alerts import ChannelConfig

CLOSED = "7"
CLOSE_CODE = "Solution provided"


@frozen
class ServiceNowChannelConfig(ChannelConfig):
    """The arguments of ServiceNowChannel."""

    instance_url: str = field(metadata={"help": "The instance, such as https://acme.service-now.com."})
    username: str = field(metadata={"help": "The user, who may read, create and write incidents."})
    password: Secret = field(
        converter=as_secret,
        metadata={"help": "The password, best given by reference."},
    )
    assignment_group: str | None = field(
        default=None,
        kw_only=True,
        metadata={"help": "The group that new incidents are assigned to."},
    )
    caller: str | None = field(
        default=None,
        kw_only=True,
        metadata={"help": "The caller of new incidents."},
    )
    closed_state: str = field(
        default=CLOSED,
        kw_only=True,
        metadata={"help": "The state of an incident that is over: 7 is Closed, 6 Resolved."},
    )
    close_code: str = field(
        default=CLOSE_CODE,
        kw_only=True,
        metadata={"help": "The close code, from the instance's list."},
    )
