"""The options of a PagerDuty channel."""

from __future__ import annotations

from attrs import field, frozen

from spine.core.secrets import Secret, as_secret
from spine.framework.alerts import ChannelConfig

EVENTS_URL = "https://events.pagerduty.com/v2/enqueue"


@frozen
class PagerDutyChannelConfig(ChannelConfig):
    """The arguments of PagerDutyChannel."""

    routing_key: Secret = field(
        converter=as_secret,
        metadata={"help": "The integration key of the service, of type Events API v2."},
    )
    url: str = field(
        default=EVENTS_URL,
        kw_only=True,
        metadata={"help": "The Events API; https://events.eu.pagerduty.com/v2/enqueue for Europe."},
    )
