"""Captures in SQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from attrs import evolve
from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, func, insert, or_, select, text, update

from spine.core.clock import utc_now
from spine.framework.captures import Capture
from spine.framework.captures.payloads import Payloads
from spine.framework.captures.store import check_conflict, in_order
from spine.framework.events import CaptureCommitted, publish
from spine.storage.history import History
from spine.storage.tables.captures import IS_CURRENT, captures
from spine.storage.types import in_parts, of_row

_OF_STORE = ("project", "replaced_at")  # columns that are no field of a Capture


class SqlCaptureStore:
    """A CaptureStore over `core_captures`; the payloads are files next to the database."""

    def __init__(self, history: History, payloads: Payloads) -> None:
        self._history = history
        self.payloads = payloads

    def find(
        self, name: str, partition_key: str, *, revision: int | None = None, as_of: datetime | None = None
    ) -> Capture | None:
        key = json.loads(partition_key)
        return self._history.read(
            lambda connection: _find(self._history, connection, name, key, revision=revision, as_of=as_of)
        )

    def find_all(self, name: str, *, as_of: datetime | None = None) -> list[Capture]:
        mine = [self._history.own(captures), captures.c.name == name]
        query = select(captures).where(*mine, text(IS_CURRENT)) if as_of is None else _newest_at(as_of, *mine)
        rows = self._history.read(lambda connection: connection.execute(query).mappings().all())
        return in_order(capture_of(row) for row in rows)

    def with_ids(self, capture_ids: Sequence[str]) -> list[Capture]:
        return self._history.read(lambda connection: find_captures(connection, capture_ids))

    def commit(self, new: Sequence[Capture]) -> list[Capture]:
        with self._history.engine.begin() as connection:
            kept = insert_captures(self._history, connection, new)
        publish(CaptureCommitted(capture) for capture in kept if not capture.unchanged)
        return kept

    def list_captures(self, name: str | None = None, *, limit: int | None = None) -> list[Capture]:
        query = select(captures).where(self._history.own(captures))
        if name is not None:
            query = query.where(captures.c.name == name)
        if limit is not None:
            query = query.order_by(captures.c.captured_at.desc(), captures.c.revision.desc()).limit(limit)
        rows = self._history.read(lambda connection: connection.execute(query).mappings().all())
        return in_order(capture_of(row) for row in rows)


def count_captures(history: History) -> int:
    """Return the number of revisions."""
    query = select(func.count()).select_from(captures).where(history.own(captures))
    with history.reader.connect() as connection:
        found: int = connection.execute(query).scalar_one()
    return found


def insert_captures(history: History, connection: Connection, new: Sequence[Capture]) -> list[Capture]:
    """Write captures inside the transaction of `connection`, each as the next revision, and return the stored ones.

    One whose content equals the current revision is not written; that revision is returned instead. Raises
    CaptureConflictError for one that follows another revision.
    """
    for name in sorted({f"spine.capture.{capture.name}.{capture.partition_key}" for capture in new}):
        history.lock(connection, name)  # in a fixed order, to avoid deadlocks
    now = utc_now()
    kept = []
    for capture in new:
        current = _find(history, connection, capture.name, capture.partition)
        check_conflict(capture, current)
        if current is not None and current.content_hash == capture.content_hash:
            kept.append(evolve(current, unchanged=True))
            continue
        made = evolve(
            capture, follows=None, revision=current.revision + 1 if current else 1, captured_at=now, unchanged=False
        )
        if current is not None:
            replaced = update(captures).where(captures.c.capture_id == current.capture_id).values(replaced_at=now)
            connection.execute(replaced)  # before the insert: an index refuses two current revisions
        connection.execute(insert(captures).values(**_row(made), project=history.project))
        kept.append(made)
    return kept


def find_captures(connection: Connection, capture_ids: Sequence[str]) -> list[Capture]:
    """Return the captures with these ids that exist, in the order given."""
    found: dict[str, Capture] = {}
    for part in in_parts(capture_ids):
        query = select(captures).where(captures.c.capture_id.in_(part))
        found |= {row["capture_id"]: capture_of(row) for row in connection.execute(query).mappings()}
    return [found[capture_id] for capture_id in capture_ids if capture_id in found]


def _newest_at(as_of: datetime, *conditions: ColumnElement[bool]) -> Select[Any]:
    newest_first = func.row_number().over(partition_by=captures.c.partition_key, order_by=captures.c.revision.desc())
    known = (*conditions, _was_current(as_of))
    ranked = select(captures.c.capture_id, newest_first.label("place")).where(*known).subquery()
    return select(captures).join(ranked, ranked.c.capture_id == captures.c.capture_id).where(ranked.c.place == 1)


def _was_current(at: datetime) -> ColumnElement[bool]:
    """Return the condition for the revision that was current then; of those forgotten meanwhile there is none."""
    return and_(captures.c.captured_at <= at, or_(captures.c.replaced_at.is_(None), captures.c.replaced_at > at))


def _find(
    history: History,
    connection: Connection,
    name: str,
    partition: Any,
    *,
    revision: int | None = None,
    as_of: datetime | None = None,
) -> Capture | None:
    query = (
        select(captures)
        .where(history.own(captures), captures.c.name == name, captures.c.partition_key == partition)
        .order_by(captures.c.revision.desc())
        .limit(1)
    )
    if revision is not None:
        query = query.where(captures.c.revision == revision)
    if as_of is not None:
        query = query.where(_was_current(as_of))
    row = connection.execute(query).mappings().one_or_none()
    return capture_of(row) if row else None


def _row(capture: Capture) -> dict[str, Any]:
    values = {**capture.to_dict(), "captured_at": capture.captured_at, "business_date": capture.business_date}
    return {column.name: values[column.name] for column in captures.columns if column.name not in _OF_STORE}


@of_row
def capture_of(row: RowMapping) -> Capture:
    """Return a row of `core_captures` as a capture."""
    values = {name: value for name, value in row.items() if name not in _OF_STORE}
    return Capture(partition=values.pop("partition_key"), step=values.pop("step_name"), **values)
