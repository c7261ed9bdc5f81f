"""Result of a step: success or failure, output, quality, and the next step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from attrs import asdict, define, field

from spine.core.errors import ErrorCategory, categorize_error, get_retry_after, is_retryable
from spine.core.kept_text import kept_text
from spine.core.result import Outcome

if TYPE_CHECKING:
    from spine.core.failure import Failure


@define
class QualityMetrics:
    """Quality of a step's records, as counts; `invalid_count` defaults to the rest."""

    record_count: int = 0
    valid_count: int = 0
    invalid_count: int = 0
    null_count: int = 0
    passed: bool = True
    custom_metrics: dict[str, Any] = field(factory=dict)
    failure_reasons: list[str] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        if not self.invalid_count:
            self.invalid_count = max(self.record_count - self.valid_count, 0)

    @property
    def valid_rate(self) -> float:
        """Share of valid records, 0 to 1; 0 without records."""
        return self.valid_count / self.record_count if self.record_count else 0.0

    @property
    def null_rate(self) -> float:
        """Share of records with a null, 0 to 1; 0 without records."""
        return self.null_count / self.record_count if self.record_count else 0.0

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "valid_rate": self.valid_rate, "null_rate": self.null_rate}


@define
class StepResult(Outcome):
    """Result of one attempt of a step, created by `ok`, `fail`, `skip` or `unchanged`.

    `error` is text. `exception` is the raised exception, if any: its category, retryable flag and retry-after decide on
    a retry, unless `retry` is set.
    """

    success: bool
    output: dict[str, Any] = field(factory=dict)
    context_updates: dict[str, Any] = field(factory=dict)
    error: str | None = None
    error_category: str | None = None
    quality: QualityMetrics | None = None
    events: list[dict[str, Any]] = field(factory=list)
    next_step: str | None = None
    outcome: str | None = None
    retry: bool | None = None
    wake_at: datetime | None = None
    wait_state: dict[str, Any] = field(factory=dict)
    exception: BaseException | None = field(default=None, repr=False, eq=False)
    failure: Failure | None = field(default=None, repr=False, eq=False)

    @classmethod
    def ok(
        cls,
        output: Mapping[str, Any] | None = None,
        context_updates: Mapping[str, Any] | None = None,
        quality: QualityMetrics | None = None,
        events: list[dict[str, Any]] | None = None,
        *,
        next_step: str | None = None,
        **output_items: Any,
    ) -> StepResult:
        """Return a success. Other keyword arguments become items of the output."""
        found = {**(output or {}), **output_items}
        return cls(
            True, found, dict(context_updates or {}), quality=quality, events=list(events or ()), next_step=next_step
        )

    @classmethod
    def fail(
        cls,
        error: str | BaseException,
        category: ErrorCategory | str | None = None,
        output: Mapping[str, Any] | None = None,
        quality: QualityMetrics | None = None,
        events: list[dict[str, Any]] | None = None,
    ) -> StepResult:
        """Return a failure; the category defaults to that of the exception, to INTERNAL for a text."""
        exception = error if isinstance(error, BaseException) else None
        if category is None:
            category = categorize_error(exception) if isinstance(exception, Exception) else ErrorCategory.INTERNAL
        name = str(category.value if isinstance(category, Enum) else category)
        return cls(
            False,
            dict(output or {}),
            error=_text(error),
            error_category=name,
            quality=quality,
            events=list(events or ()),
            exception=exception,
            failure=None if exception is None else _failure(exception),
        )

    @classmethod
    def raised(cls, error: BaseException) -> StepResult:
        """Return the failure of a step whose code raised `error`; a bug in that code is INTERNAL."""
        from spine.core.failure import category_of  # most steps succeed

        return cls.fail(error, category_of(error))

    @classmethod
    def skip(cls, reason: str, output: Mapping[str, Any] | None = None) -> StepResult:
        """Return a success of a step that did nothing, with the reason in its output."""
        return cls(True, {**(output or {}), "skipped": True, "skip_reason": reason})

    @classmethod
    def unchanged(cls, reason: str, output: Mapping[str, Any] | None = None) -> StepResult:
        """Return a success that found nothing new: what depends on the step is skipped."""
        return cls(True, {**(output or {}), "reason": reason}, outcome="unchanged")

    @classmethod
    def wait(cls, wake_at: datetime, state: Mapping[str, Any] | None = None) -> StepResult:
        """Return a result for a step that has not ended and is to be executed again at `wake_at`.

        `state` (JSON values) is then available as `services.attempt.wait_state`. A waiting run needs no process.
        """
        return cls(True, wake_at=wake_at, wait_state=dict(state or {}))

    @property
    def retryable(self) -> bool:
        """True if a retry may succeed: the exception's own flag, else True for the category NETWORK."""
        if self.retry is not None:
            return self.retry
        if isinstance(self.exception, Exception):
            return is_retryable(self.exception)
        return not self.success and self.error_category == ErrorCategory.NETWORK.value

    @property
    def retry_after(self) -> int | None:
        """Seconds to wait as requested by the failing service, if any."""
        if isinstance(self.exception, Exception):
            return get_retry_after(self.exception)
        return None if self.failure is None else self.failure.retry_after

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that are set, as JSON values if the output has only JSON values."""
        found: dict[str, Any] = {"success": self.success, "output": self.output}
        optional = {
            "context_updates": self.context_updates,
            "error": self.error,
            "error_category": self.error_category,
            "quality": self.quality.to_dict() if self.quality else None,
            "events": self.events,
            "next_step": self.next_step,
            "outcome": self.outcome,
            "wake_at": self.wake_at.isoformat() if self.wake_at else None,
            "wait_state": self.wait_state,
        }
        return {**found, **{key: value for key, value in optional.items() if value}}


def _text(error: str | BaseException) -> str:
    if not isinstance(error, BaseException):
        return kept_text(error or "no reason given")
    from spine.core.failure import text_of  # most steps succeed

    return kept_text(text_of(error))


def _failure(error: BaseException) -> Failure:
    from spine.core.failure import carried_failure, failure_of

    return carried_failure(error) or failure_of(error)
