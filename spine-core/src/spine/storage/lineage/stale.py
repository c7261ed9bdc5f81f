"""Stale captures in SQL: the database compares the revisions that were read with the current ones."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Subquery, and_, func, select

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


def _query(history: History, name: str | None) -> Any:
    newest, made, read = _newest(history), lineage.alias("made"), lineage.alias("read")
    current, source = captures.alias("current"), captures.alias("source")
    last = _last_writes(history)
    same_step = and_(
        read.c.run_id == made.c.run_id,
        read.c.step_name.is_not_distinct_from(made.c.step_name),
        read.c.direction == Direction.READ.name,
        read.c.kind == EdgeKind.CAPTURE.value,
    )
    itself = and_(source.c.name == current.c.name, source.c.partition_key == current.c.partition_key)
    inputs = (
        select(
            current.c.capture_id,
            made.c.run_id,
            source.c.name,
            source.c.partition_key,
            func.max(source.c.revision).label("read_revision"),
        )
        .join_from(current, newest, _is_of(current, newest))
        .join(last, last.c.reference == current.c.capture_id)
        .join(
            made,
            and_(
                made.c.reference == last.c.reference,
                made.c.at == last.c.at,
                made.c.direction == Direction.WRITE.name,
            ),
        )
        .join(read, same_step)
        .join(source, source.c.capture_id == read.c.reference)
        .where(current.c.project == history.project, ~itself)
        .group_by(current.c.capture_id, made.c.run_id, source.c.name, source.c.partition_key)
    )
    if name is not None:
        inputs = inputs.where(current.c.name == name)
    old, now = inputs.subquery("inputs"), _newest(history)
    is_newer = and_(
        now.c.name == old.c.name, now.c.partition_key == old.c.partition_key, now.c.revision > old.c.read_revision
    )
    return select(old, now.c.revision).join(now, is_newer)


def _newest(history: History) -> Subquery:
    return (
        select(captures.c.name, captures.c.partition_key, func.max(captures.c.revision).label("revision"))
        .where(history.own(captures))
        .group_by(captures.c.name, captures.c.partition_key)
        .subquery()
    )


def _last_writes(history: History) -> Subquery:
    is_write = (lineage.c.direction == Direction.WRITE.name) & (lineage.c.kind == EdgeKind.CAPTURE.value)
    return (
        select(lineage.c.reference, func.max(lineage.c.at).label("at"))
        .where(history.own(lineage), is_write)
        .group_by(lineage.c.reference)
        .subquery()
    )


def _is_of(capture: Any, newest: Subquery) -> Any:
    return and_(
        capture.c.name == newest.c.name,
        capture.c.partition_key == newest.c.partition_key,
        capture.c.revision == newest.c.revision,
    )
