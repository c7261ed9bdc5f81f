"""Captures, rejects and source states that a step or a pipeline staged, in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import evolve
from sqlalchemy import ColumnElement, Connection, select

from spine.framework.captures import Capture
from spine.framework.events import CaptureCommitted, publish
from spine.framework.lineage import Edge, EdgeKind
from spine.framework.rejects import Reject
from spine.framework.sources.state import SourceState
from spine.framework.staged import Staged
from spine.storage.captures.store import find_captures, insert_captures
from spine.storage.history import History
from spine.storage.retry import persistently
from spine.storage.sources.rejects import insert_rejects
from spine.storage.sources.state import write_states
from spine.storage.tables.captures import captures
from spine.storage.tables.lineage import lineage
from spine.storage.tables.sources import rejects


class SqlStagedStore:
    """Commits the staged data of a pipeline outside of a workflow, in one transaction."""

    def __init__(self, history: History) -> None:
        self._history = history

    def commit(self, staged: Sequence[Staged]) -> None:
        def once(is_retry: bool) -> list[CaptureCommitted]:
            with self._history.engine.begin() as connection:
                if is_retry and _is_committed(connection, staged):
                    return committed_before(connection, staged)
                return commit_staged(self._history, connection, staged)

        publish(persistently(once))


def _is_committed(connection: Connection, staged: Sequence[Staged]) -> bool:
    """Return True if the rows of a pipeline are there, since only the answer of an earlier try was lost.

    A cursor is none of them: written again, it is the same.
    """
    found: dict[ColumnElement[str], str] = {}
    for record in staged:
        if isinstance(record, Capture):
            found[captures.c.capture_id] = record.capture_id
        elif isinstance(record, Reject):
            found[rejects.c.id] = record.id
        elif isinstance(record, Edge):
            found[lineage.c.id] = record.id
    return any(connection.execute(select(key).where(key == value)).first() for key, value in found.items())


def commit_staged(history: History, connection: Connection, staged: Sequence[Staged]) -> list[CaptureCommitted]:
    """Write captures, rejects, states of sources and lineage inside the transaction of `connection`.

    Returns the events of the captures that are new.
    """
    made = [record for record in staged if isinstance(record, Capture)]
    kept = insert_captures(history, connection, made)
    insert_rejects(history, connection, [record for record in staged if isinstance(record, Reject)])
    write_states(history, connection, [record for record in staged if isinstance(record, SourceState)])
    if edges := [record for record in staged if isinstance(record, Edge)]:
        from spine.storage.lineage.store import insert_edges  # a run without data needs none

        stored = {new.capture_id: capture.capture_id for new, capture in zip(made, kept, strict=True)}
        insert_edges(history, connection, [_of_stored(edge, stored) for edge in edges])
    return [CaptureCommitted(capture) for capture in kept if not capture.unchanged]


def _of_stored(edge: Edge, stored: Mapping[str, str]) -> Edge:
    """Return an edge to the capture that was kept: another process may have committed equal content before."""
    return evolve(edge, reference=stored.get(edge.reference, edge.reference)) if edge.kind is EdgeKind.CAPTURE else edge


def committed_before(connection: Connection, staged: Sequence[Staged]) -> list[CaptureCommitted]:
    """Return the events of `commit_staged` for a commit whose answer was lost."""
    new = [record.capture_id for record in staged if isinstance(record, Capture)]
    return [CaptureCommitted(capture) for capture in find_captures(connection, new)]
