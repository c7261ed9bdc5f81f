"""Alerts as JSON to any URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from attrs import field, frozen

from spine.core.deadline import Deadline
from spine.core.secrets import Secret
from spine.framework.alerts.alert import Alert
from spine.framework.alerts.channel import ChannelConfig, ChannelOptions, ChannelType, DeliveryResult
from spine.framework.alerts.content import MessageKind
from spine.framework.alerts.http_channel import HttpChannel


@frozen(kw_only=True)
class WebhookChannelConfig(ChannelConfig):
    """What `[channels.name] type = "webhook"` takes."""

    url: Secret = field(metadata={"help": "Where to POST alerts to; all of it is a secret."})
    headers: dict[str, Secret] | None = field(
        default=None, metadata={"help": "Further headers, such as Authorization; each value is a secret."}
    )


class WebhookChannel(HttpChannel):
    """POSTs `alert.to_dict()` as JSON; any 2xx is a delivery.

    The end of an incident is the same object with `"status": "resolved"`. The receiver tells a repetition after a lost
    reply by `alert_id`. Needs httpx, by the extra `http`.
    """

    def __init__(
        self,
        name: str,
        url: str | Secret,
        *,
        headers: Mapping[str, str | Secret] | None = None,
        **options: Unpack[ChannelOptions],
    ) -> None:
        super().__init__(name, ChannelType.WEBHOOK, url, headers=headers, **options)

    def send(self, alert: Alert) -> DeliveryResult:
        """POST `alert`."""
        return self.attempt(lambda deadline: self._post(deadline, alert.to_dict()))

    def resolve(self, alert: Alert) -> DeliveryResult:
        """POST that what `alert` was about is over."""
        return self.attempt(
            lambda deadline: self._post(deadline, alert.to_dict() | {"status": MessageKind.RESOLVED.value})
        )

    def _post(self, deadline: Deadline, payload: dict[str, Any]) -> DeliveryResult:
        reply = self.check(self.request(deadline, "POST", payload=payload))
        return DeliveryResult.ok(self.name, response={"status": reply.status})
