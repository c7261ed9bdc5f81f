"""Stale captures in SQL: the database compares the revisions that were read with the current ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, Subquery, and_, func, select

from spine.framework.captures.revision import Capture
from spine.framework.lineage import Direction, EdgeKind
from spine.framework.lineage.graph import lineage_of
from spine.framework.lineage.stale import StaleCapture, StaleInput
from spine.storage.captures.store import find_captures
from spine.storage.history import History
from spine.storage.tables.captures import captures
from spine.storage.tables.lineage import lineage
from spine.storage.types import in_parts


def stale_captures(history: History, name: str | None = None) -> list[StaleCapture]:
    """Return the current captures, or those of one name, that were made from an old revision of an input.

    What counts is the step that made or confirmed a capture last. An input that a step asked for by revision or time,
    and an earlier revision of the capture itself, make nothing stale.
    """
    return history.read(lambda connection: _stale(connection, history, name))


def stale_in_turn(history: History, stale: Sequence[StaleCapture]) -> list[StaleCapture]:
    """Return the current captures that are stale once `stale` ones are made anew, since they were made from them.

    Their inputs are those that are stale, directly or in turn.
    """
    if not stale:
        return []
    direct = {found.capture.capture_id for found in stale}
    graph = lineage_of([found.capture for found in stale], is_up=False)
    reached = [node for node, found in graph.nodes.items() if found.kind == "capture"]
    known = history.read(lambda connection: _current(connection, reached))
    sources: defaultdict[str, list[str]] = defaultdict(list)
    for source, target in graph.links:
        sources[target].append(source)
    made = []
    for key, capture in known.items():
        inputs = {above for step in sources[key] for above in sources[step]} & known.keys()
        used = [known[each] for each in sorted(inputs) if not _same_data(known[each], capture)]
        if key not in direct and used:
            read = [StaleInput(each.name, dict(each.partition), each.revision, each.revision) for each in used]
            made.append(StaleCapture(capture, capture.run_id or "", tuple(read)))
    return sorted(made, key=lambda found: (found.capture.name, found.capture.partition_key))


def _current(connection: Connection, ids: Collection[str]) -> dict[str, Capture]:
    """Return those of the captures that are current, by id."""
    query = select(captures.c.capture_id).where(captures.c.replaced_at.is_(None))
    parts = (connection.execute(query.where(captures.c.capture_id.in_(part))) for part in in_parts(ids))
    current = [row.capture_id for found in parts for row in found]
    return {capture.capture_id: capture for capture in find_captures(connection, current)}


def _same_data(one: Capture, other: Capture) -> bool:
    return (one.name, one.partition_key) == (other.name, other.partition_key)


def _stale(connection: Connection, history: History, name: str | None) -> list[StaleCapture]:
    rows = [row for row in connection.execute(_query(history, name)) if row.current_id is not None]
    also_read = _readers(connection, {row.current_id for row in rows})
    rows = [row for row in rows if (row.current_id, row.run_id, row.step_name) not in also_read]
    ids = {row.capture_id for row in rows} | {row.current_id for row in rows}
    known = {capture.capture_id: capture for capture in find_captures(connection, list(ids))}
    inputs: dict[str, list[StaleInput]] = {}
    for row in rows:
        now = known[row.current_id]
        found = StaleInput(now.name, dict(now.partition), row.read_revision, now.revision)
        inputs.setdefault(row.capture_id, []).append(found)
    runs = {row.capture_id: row.run_id for row in rows}
    made = [StaleCapture(known[key], runs[key], tuple(found)) for key, found in inputs.items()]
    return sorted(made, key=lambda stale: (stale.capture.name, stale.capture.partition_key))


def _readers(connection: Connection, references: Collection[str]) -> set[tuple[str, str, str | None]]:
    """Return the reads of these captures, each with its run and step."""
    query = select(lineage.c.reference, lineage.c.run_id, lineage.c.step_name).where(_is(lineage, Direction.READ))
    parts = (connection.execute(query.where(lineage.c.reference.in_(part))) for part in in_parts(references))
    return {(row.reference, row.run_id, row.step_name) for found in parts for row in found}


def _query(history: History, name: str | None) -> Select[Any]:
    """Return the query for inputs that were replaced, each with the id of its current revision.

    The lookups are scalar subqueries, since a planner without statistics would join them with all captures.
    """
    old, now, write = _replaced_inputs(history, name), captures.alias("now"), lineage.alias("write")
    same = (now.c.project == history.project, now.c.name == old.c.name, now.c.partition_key == old.c.partition_key)
    current_id = select(now.c.capture_id).where(*same, now.c.replaced_at.is_(None)).scalar_subquery()
    is_write = _is(write, Direction.WRITE) & (write.c.reference == old.c.capture_id)
    last = select(func.max(write.c.at)).where(is_write).scalar_subquery()
    query = select(old.c.capture_id, old.c.run_id, old.c.step_name, old.c.read_revision, current_id.label("current_id"))
    return query.where(old.c.at == last)


def _replaced_inputs(history: History, name: str | None) -> Subquery:
    """Select current captures with each input of which a step that made or confirmed them read a replaced revision."""
    current, source = captures.alias("current"), captures.alias("source")
    made, read = lineage.alias("made"), lineage.alias("read")
    itself = and_(source.c.name == current.c.name, source.c.partition_key == current.c.partition_key)
    step = (made.c.run_id, made.c.step_name, made.c.at)
    key = (current.c.capture_id, *step, source.c.name, source.c.partition_key)
    query = (
        select(*key, func.max(source.c.revision).label("read_revision"))
        .join_from(current, made, _is(made, Direction.WRITE) & (made.c.reference == current.c.capture_id))
        .join(read, _is(read, Direction.READ) & _same_step(read, made))
        .join(source, source.c.capture_id == read.c.reference)
        .where(current.c.project == history.project, current.c.replaced_at.is_(None))
        .where(source.c.replaced_at.is_not(None), ~itself)
        .group_by(*key)
    )
    if name is not None:
        query = query.where(current.c.name == name)
    return query.subquery("inputs")


def _is(edge: FromClause, direction: Direction) -> ColumnElement[bool]:
    return and_(edge.c.direction == direction.name, edge.c.kind == EdgeKind.CAPTURE.value)


def _same_step(edge: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(edge.c.run_id == other.c.run_id, edge.c.step_name.is_not_distinct_from(other.c.step_name))
