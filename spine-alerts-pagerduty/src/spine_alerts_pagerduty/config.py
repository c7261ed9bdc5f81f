"""The options of a PagerDuty channel."""

from __future__ import annotations

from attrs import field, frozen

from spine.core.secrets import Secret
from spine.framework.alerts import ChannelConfig

EVENTS_URL = "https://events.pagerduty.com/v2/enqueue"


@frozen(kw_only=True)
class PagerDutyChannelConfig(ChannelConfig):
    """The keyword arguments of PagerDutyChannel."""

    routing_key: Secret = field(metadata={"help": "The integration key of the service, of type Events API v2."})
    url: str = field(
        default=EVENTS_URL, metadata={"help": "The Events API; https://events.eu.pagerduty.com/v2/enqueue for Europe."}
    )
