"""Alerts as incidents in PagerDuty."""

from __future__ import annotations

from typing import Any

from spine.core.configured import configured_by
from spine.core.deadline import Deadline
from spine.core.errors import AuthenticationError, TransientError
from spine.framework.alerts import Alert, ChannelType, DeliveryResult
from spine.framework.alerts.http_channel import HttpChannel
from spine_alerts_pagerduty.config import PagerDutyChannelConfig
from spine_alerts_pagerduty.event import acknowledgement, resolution, trigger


class PagerDutyChannel(HttpChannel):
    """Channel that triggers, acknowledges and resolves incidents: one for alerts with the same fingerprint."""

    @configured_by(PagerDutyChannelConfig)
    def __init__(self, options: PagerDutyChannelConfig) -> None:
        self._routing_key = options.routing_key
        super().__init__(
            channel_type=ChannelType.PAGERDUTY, url=options.url, hidden=(self._routing_key,), **options.common()
        )

    def send(self, alert: Alert) -> DeliveryResult:
        """Trigger an incident, or add to the open one of the same problem."""
        return self.attempt(lambda deadline: self._enqueue(deadline, trigger(alert, self.base_url)))

    def acknowledge(self, alert: Alert) -> DeliveryResult:
        """Acknowledge the incident of `alert`."""
        return self.attempt(lambda deadline: self._enqueue(deadline, acknowledgement(alert)))

    def resolve(self, alert: Alert) -> DeliveryResult:
        """Resolve the incident of `alert`."""
        return self.attempt(lambda deadline: self._enqueue(deadline, resolution(alert, self.base_url)))

    def _enqueue(self, deadline: Deadline, event: dict[str, Any]) -> DeliveryResult:
        reply = self.request(deadline, "POST", payload={"routing_key": self._routing_key.reveal(), **event})
        answer = reply.json if isinstance(reply.json, dict) else {}
        if reply.status == 400 and "routing_key" in str(answer.get("errors")):
            raise AuthenticationError(
                f"{self.service} refuses the routing key: set the integration key of an Events API v2 integration"
            )
        self.check(reply)
        if answer.get("status") != "success":
            raise TransientError(f"{self.service} did not answer as PagerDuty does: {reply.shown or 'nothing'}")
        return DeliveryResult.ok(
            self.name, response={"status": reply.status, "dedup_key": str(answer.get("dedup_key", ""))}
        )
