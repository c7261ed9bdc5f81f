"""Results of the checks of contracts, and their store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import Any, Protocol

from attrs import field, frozen

from spine.config.contracts import Severity
from spine.core.clock import utc_now
from spine.core.ids import new_id
from spine.core.kept_text import kept_text
from spine.core.scope import current_scope

_NAME_CHARACTERS = 400
_TEXT_CHARACTERS = 2_000


def _name(given: str) -> str:
    """Return a name that databases can keep; it may hold those of columns, which are any texts."""
    given = given.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
    return given if len(given) <= _NAME_CHARACTERS else f"{given[: _NAME_CHARACTERS - 3]}..."


def _text(given: str | None) -> str | None:
    return None if given is None else kept_text(given, _TEXT_CHARACTERS)


@frozen
class QualityResult:
    """Result of one check on the data of one capture: a row of `core_quality_results`.

    `failed_rows` is None for a check that is not about rows. `sample` has at most five of those rows. Without a
    `capture_id`, the data was not captured.
    """

    capture_name: str
    partition: Mapping[str, str] = field(hash=False)
    contract: str = field(converter=_name)
    check_name: str = field(converter=_name)
    severity: Severity
    passed: bool
    observed: str | None = field(default=None, converter=_text)
    expected: str | None = field(default=None, converter=_text)
    failed_rows: int | None = None
    sample: Sequence[Mapping[str, Any]] = field(default=(), hash=False)
    run_id: str | None = None
    step: str | None = None
    capture_id: str | None = None
    checked_at: datetime = field(factory=utc_now)
    id: str = field(factory=new_id)

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON values, named as the columns of `core_quality_results`."""
        return {
            "id": self.id,
            "run_id": self.run_id,
            "step_name": self.step,
            "capture_id": self.capture_id,
            "capture_name": self.capture_name,
            "partition_key": dict(self.partition),
            "contract": self.contract,
            "check_name": self.check_name,
            "severity": self.severity.value,
            "passed": self.passed,
            "observed": self.observed,
            "expected": self.expected,
            "failed_rows": self.failed_rows,
            "sample": list(self.sample),
            "checked_at": self.checked_at.isoformat(),
        }

    @property
    def is_warning(self) -> bool:
        """True if the check did not pass, and that is only told."""
        return not self.passed and self.severity is Severity.WARN


class QualityResultStore(Protocol):
    """Store of results of checks."""

    def record(self, results: Sequence[QualityResult]) -> None:
        """Keep results at once, whatever becomes of the step."""
        ...

    def list_results(self, *, run_id: str | None = None, capture_id: str | None = None) -> list[QualityResult]:
        """Return the results of a run or of a revision of a capture, oldest first."""
        ...


class MemoryQualityResultStore:
    """Store of results in memory."""

    def __init__(self) -> None:
        self._results: list[QualityResult] = []
        self._lock = Lock()

    def record(self, results: Sequence[QualityResult]) -> None:
        with self._lock:
            self._results.extend(results)

    def list_results(self, *, run_id: str | None = None, capture_id: str | None = None) -> list[QualityResult]:
        with self._lock:
            return [
                result
                for result in self._results
                if run_id in (None, result.run_id) and capture_id in (None, result.capture_id)
            ]


def quality_result_store() -> QualityResultStore:
    """Return the store of the current project."""
    return current_scope().get(QualityResultStore, MemoryQualityResultStore)  # type: ignore[type-abstract]  # a key
