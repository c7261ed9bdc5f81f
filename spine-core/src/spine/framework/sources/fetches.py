"""History of fetches, and change detection based on it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from datetime import datetime
from enum import Enum
from threading import Lock
from time import perf_counter
from typing import Any, Protocol, TypeVar, cast

from attrs import field, frozen

from spine.core.clock import utc_now
from spine.core.errors import SourceNotFoundError, SpineError
from spine.core.ids import new_id
from spine.core.kept_text import kept_text
from spine.core.masking import hide_secrets
from spine.core.scope import current_scope
from spine.framework.lineage import Direction, EdgeKind, lineage_store, record_edge
from spine.framework.sources.result import SourceResult, SourceType
from spine.framework.sources.source import BaseSource
from spine.framework.work import Work, current_work, note_source

F = TypeVar("F", bound=Callable[..., SourceResult])


class FetchStatus(str, Enum):
    """Status of a finished fetch; tables show the names."""

    SUCCESS = "success"
    FAILED = "failed"
    NOT_FOUND = "not_found"
    UNCHANGED = "unchanged"

    @property
    def is_good(self) -> bool:
        """True if the source answered, with data or with "nothing new"."""
        return self in (FetchStatus.SUCCESS, FetchStatus.UNCHANGED)


@frozen
class FetchRecord:
    """Fetch: a row of `core_source_fetches`."""

    source_name: str
    source_type: SourceType | str
    source_locator: str | None
    status: FetchStatus
    started_at: datetime
    completed_at: datetime
    duration_ms: int
    record_count: int | None = None
    byte_count: int | None = None
    content_hash: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    error: str | None = None
    error_category: str | None = None
    retry_count: int = 0
    run_id: str | None = None
    id: str = field(factory=new_id)

    @property
    def successful(self) -> bool:
        return self.status.is_good


class FetchStore(Protocol):
    """Store of fetches."""

    def record(self, fetch: FetchRecord) -> None:
        """Keep a fetch that has ended."""
        ...

    def last_success(self, source_name: str, locator: str | None, work: Work | None) -> FetchRecord | None:
        """Return the newest successful fetch of that source and locator.

        Inside a run, only fetches of completed runs of the same workflow, version and partition count, since a run that
        failed after its fetch has not used the data; in a pipeline outside of a run, those of its executions that
        completed; in a script, any fetch.
        """
        ...

    def with_ids(self, fetch_ids: Collection[str]) -> list[FetchRecord]:
        """Return the fetches with these ids that exist."""
        ...

    def failed_attempts(self, source_name: str, run_id: str) -> int:
        """Return the number of attempts that failed in the fetches of a source by a run."""
        ...


class MemoryFetchStore:
    """Store of fetches in memory. `completed_runs` returns, for the given work, the runs whose fetches count."""

    def __init__(self, completed_runs: Callable[[Work], Collection[str]] = lambda work: ()) -> None:
        self._completed_runs = completed_runs
        self._fetches: list[FetchRecord] = []
        self._lock = Lock()

    @property
    def fetches(self) -> list[FetchRecord]:
        """All fetches, oldest first."""
        with self._lock:
            return list(self._fetches)

    def record(self, fetch: FetchRecord) -> None:
        with self._lock:
            self._fetches.append(fetch)

    def last_success(self, source_name: str, locator: str | None, work: Work | None) -> FetchRecord | None:
        runs = None if work is None or work.run_id is None else self._completed_runs(work)
        is_pipeline = runs is None and work is not None and work.execution_id is not None
        for fetch in reversed(self.fetches):
            same = fetch.successful and (fetch.source_name, fetch.source_locator) == (source_name, locator)
            if same and (_is_of_completed(fetch) if is_pipeline else runs is None or fetch.run_id in runs):
                return fetch
        return None

    def with_ids(self, fetch_ids: Collection[str]) -> list[FetchRecord]:
        return [fetch for fetch in self.fetches if fetch.id in fetch_ids]

    def failed_attempts(self, source_name: str, run_id: str) -> int:
        found = [fetch for fetch in self.fetches if (fetch.source_name, fetch.run_id) == (source_name, run_id)]
        return sum(fetch.retry_count + (not fetch.status.is_good) for fetch in found)


def _is_of_completed(fetch: FetchRecord) -> bool:
    """Return True if an execution of a pipeline has committed the fetch, with what it made of it."""
    return fetch.run_id is None and bool(lineage_store().edges_at([fetch.id], Direction.READ))


def recorded(fetch: F) -> F:
    """Decorate the `fetch` of a BaseSource: time it, turn exceptions into failed results, record it, detect change.

    `metadata.content_changed` is then True if the content hash differs from that of the last successful fetch, if there
    was none, and in a run with `refresh`.
    """

    @functools.wraps(fetch)
    def recorded_fetch(self: BaseSource, params: dict[str, Any] | None = None) -> SourceResult:
        from spine.framework.sources.warnings import warnings_collected  # a run without sources needs none

        note_source(self.name)
        started_at, begin = utc_now(), perf_counter()
        with warnings_collected() as warnings:
            try:
                result = fetch(self, params)
            except Exception as error:  # noqa: BLE001 -- any exception of a source becomes its failed result
                result = SourceResult.fail(self.wrap_error(error))
        metadata = result.metadata = result.metadata or self.create_metadata(params)
        metadata.warnings += warnings
        metadata.fetched_at = started_at
        metadata.duration_ms = round((perf_counter() - begin) * 1000)
        _remember(self, result, _locator(self, params))
        return result

    return cast("F", recorded_fetch)


def fetch_store() -> FetchStore:
    """Return the store of the current project."""
    return current_scope().get(FetchStore, MemoryFetchStore)  # type: ignore[type-abstract]  # a protocol is the key


def _locator(source: BaseSource, params: dict[str, Any] | None) -> str | None:
    try:
        return source.locator(params)
    except SpineError:  # params without a locator have already failed the fetch
        return None


def _remember(source: BaseSource, result: SourceResult, locator: str | None) -> None:
    metadata, error, work = result.metadata, result.error, current_work()
    assert metadata is not None
    locator = locator or metadata.path or metadata.url or metadata.query
    store = fetch_store()
    if result.success and metadata.content_hash is not None:
        last = store.last_success(source.name, locator, work)
        refresh = work is not None and work.refresh
        metadata.content_changed = refresh or last is None or last.content_hash != metadata.content_hash
    if work is not None and work.dry_run:
        return
    fetch = FetchRecord(
        source_name=source.name,
        source_type=source.source_type,
        source_locator=None if locator is None else hide_secrets(locator),
        status=_status(result),
        started_at=metadata.fetched_at,
        completed_at=utc_now(),
        duration_ms=metadata.duration_ms or 0,
        record_count=metadata.row_count,
        byte_count=metadata.bytes_fetched,
        content_hash=metadata.content_hash,
        etag=metadata.etag,
        last_modified=metadata.last_modified,
        error=None if error is None else kept_text(str(error)),
        error_category=None if error is None else getattr(error.category, "value", error.category),
        retry_count=metadata.retry_count,
        run_id=None if work is None else work.run_id,
    )
    store.record(fetch)
    if fetch.successful:
        record_edge(Direction.READ, EdgeKind.FETCH, fetch.id, fetch.content_hash)


def _status(result: SourceResult) -> FetchStatus:
    if result.success:
        changed = result.metadata is None or result.metadata.content_changed
        return FetchStatus.SUCCESS if changed else FetchStatus.UNCHANGED
    return FetchStatus.NOT_FOUND if isinstance(result.error, SourceNotFoundError) else FetchStatus.FAILED
