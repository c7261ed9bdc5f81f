"""Scope of a dry run: what its code stores stays in memory, and it reads the captures that runs have committed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from spine.core.errors import StorageError
from spine.core.scope import DryRunMark, Scope, current_scope, in_dry_run, use_scope
from spine.framework.alerts.store import AlertStore, MemoryAlertStore
from spine.framework.captures.revision import Capture
from spine.framework.captures.store import CaptureStore, CommittedCaptures, MemoryCaptureStore, in_order
from spine.framework.contracts.result import MemoryQualityResultStore, QualityResultStore
from spine.framework.dispatcher import Dispatcher, ScopedStagedStore, StagedStore
from spine.framework.lineage import LineageStore, MemoryLineageStore
from spine.framework.rejects import MemoryRejectStore, RejectStore
from spine.framework.sources.cache import MemorySourceCache, SourceCache
from spine.framework.sources.fetches import FetchStore, MemoryFetchStore
from spine.framework.sources.state import MemorySourceStateStore, SourceStateStore

if TYPE_CHECKING:
    import pyarrow as pa

    from spine.framework.captures.conditions import Where
    from spine.framework.captures.payloads import Payloads, StoredPayload


@contextmanager
def dry_run_scope(*, process_wide: bool = False) -> Iterator[None]:
    """Make the scope of a dry run current inside the block; no effect in the scope of another one.

    With `process_wide`, threads that the block's code starts itself see it too.
    """
    if in_dry_run() and not process_wide:
        yield
        return
    outer = current_scope()
    scope = Scope(parent=outer)
    scope.provide(DryRunMark, DryRunMark())
    stores: dict[Any, Callable[[], Any]] = {
        CaptureStore: lambda: _DryRunCaptures(_committed(outer)),
        FetchStore: MemoryFetchStore,
        SourceCache: MemorySourceCache,
        SourceStateStore: MemorySourceStateStore,
        RejectStore: MemoryRejectStore,
        LineageStore: MemoryLineageStore,
        QualityResultStore: MemoryQualityResultStore,
        StagedStore: ScopedStagedStore,
        AlertStore: MemoryAlertStore,
        Dispatcher: Dispatcher,
    }
    for port, make in stores.items():
        scope.defer(port, make)
    with use_scope(scope, process_wide=process_wide):
        yield


def _committed(outer: Scope) -> CaptureStore:
    declared = outer.find(CommittedCaptures)
    found = outer.find(CaptureStore) if declared is None else declared.find()  # type: ignore[type-abstract]  # a key
    return found or MemoryCaptureStore()


class _DryRunCaptures:
    """Committed captures of runs, and over them those of this dry run, in memory."""

    def __init__(self, committed: CaptureStore) -> None:
        self._committed = committed
        self._own = MemoryCaptureStore()
        self.payloads = _DryRunPayloads(self._own.payloads, committed.payloads)

    def find(
        self, name: str, partition_key: str, *, revision: int | None = None, as_of: datetime | None = None
    ) -> Capture | None:
        found = self._own.find(name, partition_key, revision=revision, as_of=as_of)
        return found or self._committed.find(name, partition_key, revision=revision, as_of=as_of)

    def find_all(self, name: str, *, as_of: datetime | None = None) -> list[Capture]:
        found = {made.partition_key: made for made in self._committed.find_all(name, as_of=as_of)}
        found |= {made.partition_key: made for made in self._own.find_all(name, as_of=as_of)}
        return list(found.values())

    def with_ids(self, capture_ids: Sequence[str]) -> list[Capture]:
        found = [*self._committed.with_ids(capture_ids), *self._own.with_ids(capture_ids)]
        return sorted(found, key=lambda capture: capture_ids.index(capture.capture_id))

    def commit(self, captures: Sequence[Capture]) -> list[Capture]:
        kept = [evolve(capture, follows=None) for capture in captures if self.payloads.holds(capture.location)]
        return self._own.commit(kept)

    def list_captures(self, name: str | None = None, *, limit: int | None = None) -> list[Capture]:
        own = self._own.list_captures(name, limit=limit)
        left = None if limit is None else limit - len(own)
        return in_order([*self._committed.list_captures(name, limit=left), *own])


@frozen
class _DryRunPayloads:
    """Tables in memory, and those of committed captures for reading."""

    _own: Payloads
    _committed: Payloads

    def write(self, name: str, content_hash: str, table: pa.Table) -> tuple[str, int]:
        return self._own.write(name, content_hash, table)

    def write_batches(self, name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> StoredPayload:
        return self._own.write_batches(name, schema, batches)

    def holds(self, location: str) -> bool:
        """Return True for a table of this process; those of other processes end with them."""
        try:
            self._own.read(location)
        except StorageError:
            return False
        return True

    def read(self, location: str) -> pa.Table:
        try:
            return self._own.read(location)
        except StorageError:
            return self._committed.read(location)

    def scan(self, location: str, *, columns: Sequence[str] | None = None, where: Where = ()) -> pa.RecordBatchReader:
        payloads = self._own if self.holds(location) else self._committed
        return payloads.scan(location, columns=columns, where=where)
