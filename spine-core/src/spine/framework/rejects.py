"""Rejects: rows in quarantine, with their position and the reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from attrs import evolve, field, frozen

from spine.core.clock import utc_now
from spine.core.ids import new_id
from spine.core.kept_text import REJECT_CHARACTERS, kept_text
from spine.core.scope import current_scope
from spine.framework.work import staging_work


def _reason(given: str) -> str:
    return kept_text(given)


def _raw(given: str) -> str:
    return kept_text(given, REJECT_CHARACTERS)


@frozen
class Reject:
    """Rejected row. `raw` is its original text, at most 100,000 characters of it."""

    source_name: str
    reason: str = field(converter=_reason)
    raw: str = field(converter=_raw)
    location: str | None = None
    line_number: int | None = None
    run_id: str | None = None
    id: str = field(factory=new_id)
    created_at: datetime = field(factory=utc_now)


class RejectStore(Protocol):
    """Store of rejects."""

    def commit(self, rejects: Sequence[Reject]) -> None:
        """Store `rejects`."""
        ...

    def list_rejects(self, *, run_id: str | None = None, source_name: str | None = None) -> list[Reject]:
        """Return the rejects of a run or a source, oldest first."""
        ...


class MemoryRejectStore:
    """Store of rejects in memory."""

    def __init__(self) -> None:
        self._rejects: list[Reject] = []

    def commit(self, rejects: Sequence[Reject]) -> None:
        self._rejects.extend(rejects)

    def list_rejects(self, *, run_id: str | None = None, source_name: str | None = None) -> list[Reject]:
        return [
            reject
            for reject in self._rejects
            if run_id in (None, reject.run_id) and source_name in (None, reject.source_name)
        ]


def reject_store() -> RejectStore:
    """Return the store of the current project."""
    return current_scope().get(RejectStore, MemoryRejectStore)  # type: ignore[type-abstract]  # a protocol is the key


def quarantine(rejects: Iterable[Reject]) -> int:
    """Quarantine rows and return their number; inside a pipeline or step they are stored when it completes.

    There, a reject that is quarantined twice is stored once.
    """
    rows = list(rejects)
    work = staging_work("rows were quarantined", RejectStore)
    if work is None:
        reject_store().commit(rows)
        return len(rows)
    known = {staged.id for staged in work.visible() if isinstance(staged, Reject)}
    work.stage([evolve(reject, run_id=work.run_id) for reject in rows if reject.id not in known])
    return len(rows)
