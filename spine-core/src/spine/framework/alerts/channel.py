"""How alerts leave: what a channel is, and what it answers."""

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
from spine.core.names import kind_of, validate_name
from spine.framework.alerts.alert import Alert, AlertSeverity, describe_error

DEFAULT_DEADLINE_SECONDS = 10.0


class ChannelType(str, Enum):
    """Where the channels of this repository deliver to; a plugin's own type is any other name, as text."""

    SLACK = "slack"
    EMAIL = "email"
    SERVICENOW = "servicenow"
    PAGERDUTY = "pagerduty"
    WEBHOOK = "webhook"
    CONSOLE = "console"


@frozen
class DeliveryResult:
    """What became of one attempt to deliver an alert; `delivered_at` is when that was known, in UTC."""

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
        """Return the result of a delivery that arrived."""
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
        """Return the result of a delivery that did not arrive; the message is the error's text by default."""
        text = str(error) or type(error).__name__ if message is None else message
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
    """Anything that can deliver alerts. `BaseChannel` implements all of it but `send`.

    A channel may also have `deadline_seconds`: how long a sender waits for it, 10 seconds by default; and it may be a
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
        """Say whether this channel takes `alert`."""
        ...

    def send(self, alert: Alert) -> DeliveryResult:
        """Deliver `alert`, without filtering; a failure is a result, not an exception."""
        ...


@runtime_checkable
class ResolvingChannel(Protocol):
    """A channel that can also tell that it is over."""

    def resolve(self, alert: Alert) -> DeliveryResult:
        """Deliver that the incident is over whose firing was delivered with `alert`; as `send`, it does not raise."""
        ...


@runtime_checkable
class AcknowledgingChannel(Protocol):
    """A channel that can also tell that somebody is at it."""

    def acknowledge(self, alert: Alert) -> DeliveryResult:
        """Deliver that the incident is being worked on whose firing was delivered with `alert`; it does not raise."""
        ...


def as_severity(value: AlertSeverity | str) -> AlertSeverity:
    """Return a severity as its enum; ValueError for a text that is none."""
    return AlertSeverity(value)


def _patterns(value: str | Iterable[str] | None) -> list[str] | None:
    return None if value is None else [value] if isinstance(value, str) else list(value)


def _labels(value: Mapping[str, str] | None) -> dict[str, str] | None:
    return None if value is None else dict(value)


@frozen
class ChannelConfig:
    """The arguments that every channel takes; a channel's own config class adds to them."""

    name: str = field(metadata={"help": "The name of the channel, as routes and commands use it."})
    min_severity: AlertSeverity = field(
        default=AlertSeverity.ERROR,
        converter=as_severity,
        kw_only=True,
        metadata={"help": "The least severity that it takes."},
    )
    domains: list[str] | None = field(
        default=None,
        converter=_patterns,
        kw_only=True,
        metadata={"help": "The domains that it takes, as globs; without it, all."},
    )
    sources: list[str] | None = field(
        default=None,
        converter=_patterns,
        kw_only=True,
        metadata={"help": "The sources that it takes, as globs; without it, all."},
    )
    labels: dict[str, str] | None = field(
        default=None,
        converter=_labels,
        kw_only=True,
        metadata={"help": "What the metadata of an alert must be, globs by key; without it, anything."},
    )
    enabled: bool = field(default=True, kw_only=True, metadata={"help": "Whether it takes any alert."})
    deadline_seconds: Seconds = field(
        default=DEFAULT_DEADLINE_SECONDS,
        validator=validators.gt(0),
        kw_only=True,
        metadata={"help": "The total time for one delivery."},
    )
    base_url: str | None = field(
        default=None,
        kw_only=True,
        metadata={"help": "Where runs have web pages, for links to BASE_URL/runs/RUN; none without it."},
    )
    throttle_minutes: Minutes | None = field(
        default=None,
        validator=validators.optional(validators.ge(0)),
        kw_only=True,
        metadata={"help": "How long alerts of one cause are counted after one was sent; as [alerts] without it."},
    )
    fallback: str | None = field(
        default=None,
        kw_only=True,
        metadata={"help": "The channel that takes over when this one fails; as [alerts] without it."},
    )

    def common(self) -> dict[str, Any]:
        """Return the arguments that every channel takes, for the constructor of BaseChannel."""
        return {item.name: getattr(self, item.name) for item in fields(ChannelConfig)}


@frozen
class _BaseChannelConfig(ChannelConfig):
    channel_type: ChannelType | str


class BaseChannel(ABC):
    """A channel that takes alerts from `min_severity` on whose domain matches one of the globs `domains`.

    No `domains` means every domain; `finra.*` also fits `finra` itself; an alert without a domain is matched by its
    source. `sources` are globs too, and `labels` are globs by key of the alert's metadata, which must all fit.
    `deadline_seconds` is the total time a sender waits for one delivery, `base_url` where runs have web pages.
    After a message, alerts of the same cause are counted for `throttle_minutes`; `fallback` names the channel that
    takes over when this one fails.
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

    def enable(self) -> None:
        """Take alerts from now on."""
        self.enabled = True

    def disable(self) -> None:
        """Take no alerts until `enable()`."""
        self.enabled = False

    def should_send(self, alert: Alert) -> bool:
        """Say whether the channel is enabled and severity, domain, source and labels fit."""
        return not self.refusal(alert)

    def refusal(self, alert: Alert) -> str:
        """Return why the channel does not take `alert`; nothing if it does."""
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

    def __repr__(self) -> str:  # not the address it delivers to: that may be a secret
        return f"{type(self).__name__}({self.name!r})"


def _fits_any(text: str, patterns: Iterable[str]) -> bool:
    return any(
        fnmatchcase(text, pattern) or (pattern.endswith(".*") and fnmatchcase(text, pattern[:-2]))
        for pattern in patterns
    )
