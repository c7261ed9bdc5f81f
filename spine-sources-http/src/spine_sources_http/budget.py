"""Budget of failed attempts in a run, whose steps may repeat a fetch that repeats its requests."""

from __future__ import annotations

from threading import Lock

from attrs import field, frozen

from spine.core.errors import SourceError, SpineError, is_retryable
from spine.core.scope import current_scope
from spine.framework.sources.fetches import FetchStore, MemoryFetchStore
from spine.framework.work import current_work


@frozen
class FailedAttempts:
    """Failed attempts by source and run, of this process; the history has those of fetches in other ones."""

    _counts: dict[tuple[str, str], int] = field(factory=dict)
    _lock: Lock = field(factory=Lock)

    def add(self, source_name: str, run_id: str, count: int = 1) -> int:
        """Count further ones and return how many there are."""
        with self._lock:
            key = (source_name, run_id)
            self._counts[key] = self._counts.get(key, 0) + count
            return self._counts[key]

    def at_least(self, source_name: str, run_id: str, count: int) -> None:
        """Raise the number to that which the history has."""
        with self._lock:
            key = (source_name, run_id)
            self._counts[key] = max(self._counts.get(key, 0), count)


@frozen
class RunBudget:
    """Most failed attempts of one source in one run, over all of its steps and their retries."""

    source_name: str
    run_id: str
    limit: int
    _failed: FailedAttempts

    def spend(self, error: SpineError) -> None:
        """Count a failed attempt; the one that uses up the budget is an error that no step repeats."""
        if not is_retryable(error) or self._failed.add(self.source_name, self.run_id) < self.limit:
            return
        raise SourceError(
            f"{error}; it is not tried again, since {self.limit} attempts failed in this run: max_attempts_per_run",
            category=error.category,
            retryable=False,
            context=error.context,
        ) from error


def run_budget(source_name: str, limit: int | None) -> RunBudget | None:
    """Return the budget of a source in the current run, None outside of one or without a limit."""
    work = current_work()
    if limit is None or work is None or work.run_id is None:
        return None
    scope = current_scope()
    failed = scope.get(FailedAttempts, FailedAttempts)
    store = scope.get(FetchStore, MemoryFetchStore)  # type: ignore[type-abstract]  # a key, never called
    failed.at_least(source_name, work.run_id, store.failed_attempts(source_name, work.run_id))
    return RunBudget(source_name, work.run_id, limit, failed)
