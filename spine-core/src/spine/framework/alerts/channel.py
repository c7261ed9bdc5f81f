"""Alert channels: protocols, delivery results, configuration and the base class."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any, Protocol, runtime_checkable

from attrs import field, fields, frozen, validators

from spine.core.clock import utc_now
from spine.core.configured import configured_by
from spine.core.duration import Minutes, Seconds
from spine.core.errors import ConfigError
from spine.core.kept_text import kept_text
from spine.core.names import kind_of, validate_name
from spine.framework.alerts.alert import Alert, AlertSeverity, describe_error

DEFAULT_DEADLINE_SECONDS = 10.0


class ChannelType(str, Enum):
    """Types of the channels in this repository; the type of a third-party plugin is any other text."""

    SLACK = "slack"
    EMAIL = "email"
    SERVICENOW = "servicenow"
    PAGERDUTY = "pagerduty"
    WEBHOOK = "webhook"
    CONSOLE = "console"


@frozen
class DeliveryResult:
    """Result of one attempt to deliver an alert; `delivered_at` is the time of the result, in UTC."""

    channel_name: str
    success: bool
    message: str | None = None
    response: Mapping[str, Any] | None = field(default=None, hash=False)
    error: BaseException | str | None = field(default=None, hash=False)
    delivered_at: datetime = field(factory=utc_now)
    attempt: int = 1

    @classmethod
    def ok(
        cls,
        channel_name: str,
        message: str | None = None,
        response: Mapping[str, Any] | None = None,
        *,
        attempt: int = 1,
    ) -> DeliveryResult:
        """Return the result of a successful delivery."""
        return cls(channel_name, success=True, message=message, response=response, attempt=attempt)

    @classmethod
    def fail(
        cls,
        channel_name: str,
        error: BaseException | str,
        message: str | None = None,
        response: Mapping[str, Any] | None = None,
        *,
        attempt: int = 1,
    ) -> DeliveryResult:
        """Return the result of a failed delivery; the message is the error's text by default."""
        text = kept_text(str(error) or type(error).__name__ if message is None else message)
        return cls(channel_name, success=False, message=text, response=response, error=error, attempt=attempt)

    def to_dict(self) -> dict[str, Any]:
        """Return every field as JSON values."""
        return {
            "channel_name": self.channel_name,
            "success": self.success,
            "message": self.message,
            "response": None if self.response is None else dict(self.response),
            "error": describe_error(self.error),
            "delivered_at": self.delivered_at.isoformat(),
            "attempt": self.attempt,
        }


@runtime_checkable
class AlertChannel(Protocol):
    """Channel that delivers alerts. `BaseChannel` implements everything except `send`.

    A channel may also have `deadline_seconds`, the time that a sender waits for it (default 10), and may be a
    `ResolvingChannel` or an `AcknowledgingChannel`.
    """

    @property
    def name(self) -> str: ...

    @property
    def channel_type(self) -> ChannelType | str: ...

    @property
    def min_severity(self) -> AlertSeverity: ...

    @property
    def enabled(self) -> bool: ...

    def should_send(self, alert: Alert) -> bool:
        """Return True if this channel accepts `alert`."""
        ...

    def send(self, alert: Alert) -> DeliveryResult:
        """Deliver `alert`, without filtering; a failure is a result, not an exception."""
        ...


@runtime_checkable
class ResolvingChannel(Protocol):
    """Channel that can also announce that an incident is resolved."""

    def resolve(self, alert: Alert) -> DeliveryResult:
        """Announce that the incident opened by `alert` is resolved; does not raise, like `send`."""
        ...


@runtime_checkable
class AcknowledgingChannel(Protocol):
    """Channel that can also announce that an incident is acknowledged."""

    def acknowledge(self, alert: Alert) -> DeliveryResult:
        """Announce that the incident opened by `alert` is acknowledged; does not raise, like `send`."""
        ...


def as_severity(value: AlertSeverity | str) -> AlertSeverity:
    """Return a severity as its enum; ValueError for an unknown text."""
    return AlertSeverity(value)


def _patterns(value: str | Iterable[str] | None) -> list[str] | None:
    return None if value is None else [value] if isinstance(value, str) else list(value)


def _labels(value: Mapping[str, str] | None) -> dict[str, str] | None:
    return None if value is None else dict(value)


@frozen
class ChannelConfig:
    """Arguments common to all channels; a channel's own config class adds to them."""

    name: str = field(metadata={"help": "The name of the channel in routes and commands."})
    min_severity: AlertSeverity = field(
        default=AlertSeverity.ERROR,
        converter=as_severity,
        kw_only=True,
        metadata={"help": "The lowest severity that it accepts."},
    )
    domains: list[str] | None = field(
        default=None,
        converter=_patterns,
        kw_only=True,
        metadata={"help": "The domains that it accepts, as globs; default: all."},
    )
    sources: list[str] | None = field(
        default=None,
        converter=_patterns,
        kw_only=True,
        metadata={"help": "The sources that it accepts, as globs; default: all."},
    )
    labels: dict[str, str] | None = field(
        default=None,
        converter=_labels,
        kw_only=True,
        metadata={"help": "The alert metadata that it accepts, as globs by key; default: any."},
    )
    enabled: bool = field(default=True, kw_only=True, metadata={"help": "False disables the channel."})
    deadline_seconds: Seconds = field(
        default=DEFAULT_DEADLINE_SECONDS,
        validator=validators.gt(0),
        kw_only=True,
        metadata={"help": "The total time for one delivery, in seconds."},
    )
    base_url: str | None = field(
        default=None,
        kw_only=True,
        metadata={"help": "The base of links to runs, BASE_URL/runs/RUN; default: no links."},
    )
    throttle_minutes: Minutes | None = field(
        default=None,
        validator=validators.optional(validators.ge(0)),
        kw_only=True,
        metadata={"help": "The minutes after a message while alerts of its cause are only counted; default: [alerts]."},
    )
    fallback: str | None = field(
        default=None,
        kw_only=True,
        metadata={"help": "The channel that takes over when this one fails; default: [alerts]."},
    )

    def common(self) -> dict[str, Any]:
        """Return the arguments common to all channels, for the constructor of BaseChannel."""
        return {item.name: getattr(self, item.name) for item in fields(ChannelConfig)}


@frozen
class _BaseChannelConfig(ChannelConfig):
    channel_type: ChannelType | str


class BaseChannel(ABC):
    """Channel that accepts alerts of `min_severity` or above whose domain matches one of the globs `domains`.

    No `domains` means every domain; `finra.*` also matches `finra` itself; an alert without a domain is matched by its
    source. `sources` are globs too, and `labels` are globs by key of the alert's metadata, which must all match.
    `deadline_seconds` is the total time a sender waits for one delivery, `base_url` the base of links to runs.
    After a message, alerts of the same cause are only counted for `throttle_minutes`; `fallback` names the channel
    that takes over when this one fails.
    """

    @configured_by(_BaseChannelConfig)
    def __init__(self, options: _BaseChannelConfig) -> None:
        self.name = validate_name(options.name, "alert channel name")
        self.channel_type = kind_of(ChannelType, options.channel_type, "channel type")
        self.min_severity = options.min_severity
        self.domains = tuple(options.domains or ())
        self.sources = tuple(options.sources or ())
        self.labels = options.labels or {}
        self.enabled = options.enabled
        self.deadline_seconds = options.deadline_seconds
        self.base_url = options.base_url
        self.throttle_minutes = options.throttle_minutes
        self.fallback = options.fallback

    @property
    def target(self) -> str | None:
        """Server that gets the alerts, for a reader: a host without path or credentials; None if there is none."""
        return None

    def enable(self) -> None:
        """Accept alerts again."""
        self.enabled = True

    def disable(self) -> None:
        """Accept no alerts until `enable()`."""
        self.enabled = False

    def should_send(self, alert: Alert) -> bool:
        """Return True if the channel is enabled and severity, domain, source and labels match."""
        return not self.refusal(alert)

    def refusal(self, alert: Alert) -> str:
        """Return the reason why the channel does not accept `alert`; empty if it does."""
        if not self.enabled:
            return "it is disabled"
        if alert.severity < self.min_severity:
            return f"{alert.severity.value} is below its min_severity {self.min_severity.value}"
        if self.domains and not _fits_any(alert.effective_domain, self.domains):
            return f"the domain {alert.effective_domain!r} does not fit {', '.join(self.domains)}"
        if self.sources and not _fits_any(alert.source, self.sources):
            return f"the source {alert.source!r} does not fit {', '.join(self.sources)}"
        for key, pattern in self.labels.items():
            value = str(alert.metadata.get(key, ""))
            if not fnmatchcase(value, pattern):
                return f"its {key} {value!r:.80} does not fit {pattern}"
        return ""

    @abstractmethod
    def send(self, alert: Alert) -> DeliveryResult:
        """Deliver `alert`, without filtering; return a failed result rather than raise."""

    def __repr__(self) -> str:  # without the address, which may be a secret
        return f"{type(self).__name__}({self.name!r})"


class DisabledChannel(BaseChannel):
    """Channel of the settings with `enabled = false`, which is not built: its other options are not read."""

    def __init__(self, name: str, channel_type: str) -> None:
        super().__init__(name, channel_type, enabled=False)

    def send(self, alert: Alert) -> DeliveryResult:
        """Refuse a delivery that was pending when the channel was disabled."""
        return DeliveryResult.fail(self.name, ConfigError(f"alert channel {self.name!r} is disabled"))


def _fits_any(text: str, patterns: Iterable[str]) -> bool:
    return any(
        fnmatchcase(text, pattern) or (pattern.endswith(".*") and fnmatchcase(text, pattern[:-2]))
        for pattern in patterns
    )
