"""Alert and its severity."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from hashlib import sha256
from typing import Any

from attrs import Converter, field, frozen

from spine.core.clock import utc_now
from spine.core.errors import error_to_dict
from spine.core.ids import new_id, trace_id_of
from spine.core.kept_text import TITLE_CHARACTERS, kept_text, kept_values
from spine.core.masking import hide_secrets
from spine.core.plain_text import ELLIPSIS


class AlertSeverity(str, Enum):
    """Severity, compared by rank: INFO < WARNING < ERROR < CRITICAL. Names are case-insensitive."""

    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"
    CRITICAL = "CRITICAL"

    @property
    def rank(self) -> int:
        """0 for INFO to 3 for CRITICAL."""
        return list(AlertSeverity).index(self)

    @classmethod
    def _missing_(cls, value: object) -> AlertSeverity:
        if isinstance(value, str) and value.upper() in cls.__members__:
            return cls[value.upper()]
        raise ValueError(f"severity {value!r:.80} is not one of {', '.join(cls.__members__)}")

    # str compares by alphabet, which would put CRITICAL below INFO
    def __lt__(self, other: str) -> bool:
        return self.rank < AlertSeverity(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= AlertSeverity(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > AlertSeverity(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= AlertSeverity(other).rank


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _title(given: str) -> str:
    return kept_text(given, TITLE_CHARACTERS)


def _message(given: str) -> str:
    return kept_text(given)


def _error(given: BaseException | Mapping[str, Any] | str | None) -> BaseException | Mapping[str, Any] | str | None:
    if isinstance(given, str):
        return kept_text(given)
    return dict(json_values(given)) if isinstance(given, Mapping) else given


def _label(given: str | None) -> str | None:
    return hide_secrets(given) if isinstance(given, str) else given


def _default_fingerprint(given: str | None, alert: Any) -> str:
    parts = [alert.severity.value, alert.source, alert.title]
    return hide_secrets(given) if given else "|".join([*parts, alert.domain] if alert.domain else parts)


_MOST_LEVELS = 50  # of values in values
_MOST_BITS = 14_000  # of an integer: Python writes at most 4,300 digits
TEST_SOURCE = "spine alerts test"  # of the alerts that try a channel


@frozen
class Alert:
    """Alert to the operators. Alerts with the same `fingerprint` are about the same problem.

    `error` is an exception, its text, or the JSON values that describe it; a `created_at` without a zone is local time.
    """

    severity: AlertSeverity = field(converter=AlertSeverity)
    title: str = field(converter=_title)
    message: str = field(converter=_message)
    source: str = field(converter=_label)
    domain: str | None = field(default=None, converter=_label)
    execution_id: str | None = None
    run_id: str | None = None
    error: BaseException | Mapping[str, Any] | str | None = field(default=None, converter=_error, hash=False)
    metadata: Mapping[str, Any] = field(factory=dict, converter=dict, hash=False)
    created_at: datetime = field(factory=utc_now, converter=_utc)
    fingerprint: str = field(
        default=None,
        converter=Converter(_default_fingerprint, takes_self=True),  # type: ignore[misc]  # mypy's plugin lacks it
    )
    alert_id: str = field(factory=new_id, kw_only=True)

    @property
    def effective_domain(self) -> str:
        """Text that domain patterns are matched against: the domain, or the source if there is none."""
        return self.domain or self.source

    @property
    def incident_key(self) -> str:
        """Short key made from the fingerprint, equal for all alerts about the same problem."""
        return f"spine-{sha256(self.fingerprint.encode('utf-8', 'surrogatepass')).hexdigest()}"

    def to_dict(self) -> dict[str, Any]:
        """Return every field as JSON values; a value that JSON cannot hold becomes text."""
        return {
            "alert_id": self.alert_id,
            "severity": self.severity.value,
            "title": self.title,
            "message": self.message,
            "source": self.source,
            "domain": self.domain,
            "execution_id": self.execution_id,
            "run_id": self.run_id,
            "trace_id": None if self.run_id is None else trace_id_of(self.run_id),
            "error": describe_error(self.error),
            "metadata": json_values(self.metadata),
            "created_at": self.created_at.isoformat(),
            "fingerprint": self.fingerprint,
        }


def describe_error(error: BaseException | Mapping[str, Any] | str | None) -> dict[str, Any] | None:
    """Return an error as JSON values; only its text if nothing else is known."""
    if isinstance(error, str):
        return {"message": error}
    if isinstance(error, Mapping):
        return dict(error)
    return None if error is None else dict(json_values(kept_values(error_to_dict(error))))


def json_values(value: Any, within: tuple[int, ...] = ()) -> Any:
    """Return any value as JSON values with known secrets masked; what JSON cannot hold becomes text.

    `within` are the ids of what holds it: a value in itself, and one that is too deep, is an ellipsis.
    """
    if isinstance(value, Enum):
        return json_values(value.value, within)
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if value.bit_length() <= _MOST_BITS else hex(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if not isinstance(value, (Mapping, list, tuple)):
        return value.isoformat() if isinstance(value, date) else _text(value)
    if id(value) in within or len(within) == _MOST_LEVELS:
        return ELLIPSIS
    within = (*within, id(value))
    if isinstance(value, Mapping):
        return {_text(key): json_values(item, within) for key, item in value.items()}
    return [json_values(item, within) for item in value]


def _text(value: Any) -> str:
    """Return a value as text that every receiver of JSON takes: half a surrogate pair as an escape."""
    try:
        text = str(value)
    except Exception:  # noqa: BLE001 - an alert is sent whatever a value in it does
        text = type(value).__name__
    return hide_secrets(text.encode("utf-8", "backslashreplace").decode())
