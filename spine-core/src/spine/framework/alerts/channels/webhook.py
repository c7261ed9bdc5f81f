"""Webhook channel: alerts as JSON to any URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from spine.core.configured import configured_by
from spine.core.deadline import Deadline
from spine.core.secrets import Secret, as_secret
from spine.framework.alerts.alert import Alert
from spine.framework.alerts.channel import ChannelConfig, ChannelType, DeliveryResult
from spine.framework.alerts.content import MessageKind
from spine.framework.alerts.http_channel import HttpChannel
from spine.framework.alerts.resolution import resolution_of


def _headers(given: Mapping[str, str | Secret] | None) -> dict[str, Secret] | None:
    return None if given is None else {name: as_secret(value) for name, value in given.items()}


@frozen
class WebhookChannelConfig(ChannelConfig):
    """Arguments of WebhookChannel, and options of `type = "webhook"`."""

    url: Secret = field(converter=as_secret, metadata={"help": "The URL to POST alerts to, a secret as a whole."})
    headers: dict[str, Secret] | None = field(
        default=None,
        converter=_headers,
        kw_only=True,
        metadata={"help": "Further headers, such as Authorization; each value is a secret."},
    )


class WebhookChannel(HttpChannel):
    """Channel that POSTs `alert.to_dict()` as JSON; any 2xx is a delivery.

    A resolution has `"status": "resolved"`, and says what was resolved instead of the error. A repetition after a lost
    reply has the same `alert_id`. Needs httpx, from the extra `http`.
    """

    @configured_by(WebhookChannelConfig)
    def __init__(self, options: WebhookChannelConfig) -> None:
        super().__init__(channel_type=ChannelType.WEBHOOK, url=options.url, headers=options.headers, **options.common())

    def send(self, alert: Alert) -> DeliveryResult:
        """POST `alert`."""
        return self.attempt(lambda deadline: self._post(deadline, alert.to_dict()))

    def resolve(self, alert: Alert) -> DeliveryResult:
        """POST that the incident of `alert` is resolved."""
        resolved = resolution_of(alert).to_dict() | {"status": MessageKind.RESOLVED.value}
        return self.attempt(lambda deadline: self._post(deadline, resolved))

    def _post(self, deadline: Deadline, payload: dict[str, Any]) -> DeliveryResult:
        reply = self.check(self.request(deadline, "POST", payload=payload))
        return DeliveryResult.ok(self.name, response={"status": reply.status})
