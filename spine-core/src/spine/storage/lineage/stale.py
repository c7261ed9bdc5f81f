"""Stale captures in SQL: the database compares the revisions that were read with the current ones."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, Subquery, and_, func, select

from spine.framework.lineage import Direction, EdgeKind
from spine.framework.lineage.stale import StaleCapture, StaleInput
from spine.storage.captures.store import find_captures
from spine.storage.history import History
from spine.storage.tables.captures import captures
from spine.storage.tables.lineage import lineage


def stale_captures(history: History, name: str | None = None) -> list[StaleCapture]:
    """Return the current captures, or those of one name, that were made from an old revision of an input.

    What counts is the step that made or confirmed a capture last. An input that a step asked for by revision or time,
    and an earlier revision of the capture itself, make nothing stale.
    """

    def read(connection: Connection) -> list[StaleCapture]:
        rows = connection.execute(_query(history, name)).all()
        found = {made.capture_id: made for made in find_captures(connection, list({row.capture_id for row in rows}))}
        inputs: dict[str, list[StaleInput]] = {}
        runs = {}
        for row in rows:
            runs[row.capture_id] = row.run_id
            inputs.setdefault(row.capture_id, []).append(
                StaleInput(row.name, dict(row.partition_key), row.read_revision, row.revision)
            )
        made = [StaleCapture(capture, runs[key], tuple(inputs[key])) for key, capture in found.items()]
        return sorted(made, key=lambda stale: (stale.capture.name, stale.capture.partition_key))

    return history.read(read)


def _query(history: History, name: str | None) -> Select[Any]:
    """Return the query for the inputs of stale captures.

    The few captures with an input that was replaced are grouped first; only these are compared with other edges.
    """
    old, now, later, again = _replaced_inputs(history, name), captures.alias("now"), _edges("later"), _edges("again")
    is_now = and_(
        now.c.project == history.project,
        now.c.name == old.c.name,
        now.c.partition_key == old.c.partition_key,
        now.c.replaced_at.is_(None),
    )
    confirmed_later = _is(later, Direction.WRITE) & (later.c.reference == old.c.capture_id) & (later.c.at > old.c.at)
    read_too = _is(again, Direction.READ) & (again.c.reference == now.c.capture_id) & _same_step(again, old)
    return (
        select(old, now.c.revision).join(now, is_now).where(~_exists(later, confirmed_later), ~_exists(again, read_too))
    )


def _replaced_inputs(history: History, name: str | None) -> Subquery:
    """Select current captures with each input of which a step that made or confirmed them read a replaced revision."""
    current, source, made, read = captures.alias("current"), captures.alias("source"), _edges("made"), _edges("read")
    itself = and_(source.c.name == current.c.name, source.c.partition_key == current.c.partition_key)
    key = (
        current.c.capture_id,
        made.c.run_id,
        made.c.step_name,
        made.c.at,
        source.c.name,
        source.c.partition_key,
    )
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


def _edges(alias: str) -> FromClause:
    return lineage.alias(alias)


def _is(edge: FromClause, direction: Direction) -> ColumnElement[bool]:
    return and_(edge.c.direction == direction.name, edge.c.kind == EdgeKind.CAPTURE.value)


def _same_step(edge: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(edge.c.run_id == other.c.run_id, edge.c.step_name.is_not_distinct_from(other.c.step_name))


def _exists(edge: FromClause, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(edge.c.id).where(condition).exists()
