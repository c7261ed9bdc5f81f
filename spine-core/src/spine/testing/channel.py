"""A channel that records its alerts."""

from __future__ import annotations

from collections.abc import Iterable

from spine.framework.alerts import Alert, AlertSeverity, BaseChannel, ChannelType, DeliveryResult


class RecordingChannel(BaseChannel):
    """Appends each alert to its list `alerts`; with `error` set, each delivery fails with it."""

    def __init__(
        self,
        name: str = "recording",
        *,
        min_severity: AlertSeverity = AlertSeverity.INFO,
        domains: Iterable[str] | None = None,
        enabled: bool = True,
        error: Exception | None = None,
    ) -> None:
        super().__init__(name, ChannelType.CONSOLE, min_severity=min_severity, domains=domains, enabled=enabled)
        self.alerts: list[Alert] = []
        self.error = error

    def send(self, alert: Alert) -> DeliveryResult:
        if self.error is not None:
            return DeliveryResult.fail(self.name, self.error)
        self.alerts.append(alert)
        return DeliveryResult.ok(self.name)
