"""Old revisions of captures that are forgotten: their rows and edges; `captures gc` removes their files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, or_, select

from spine.framework.captures import Capture
from spine.framework.lineage import Direction, EdgeKind
from spine.orchestration.status import WorkflowStatus
from spine.storage.captures.awaited import awaited
from spine.storage.captures.in_use import used_since
from spine.storage.captures.store import find_captures
from spine.storage.history import History
from spine.storage.retention import open_incident_ids, undelivered_alerts
from spine.storage.tables.alerts import alerts
from spine.storage.tables.captures import captures
from spine.storage.tables.lineage import lineage
from spine.storage.tables.runs import runs
from spine.storage.types import in_parts

_OPEN_RUNS = [status.name for status in WorkflowStatus if status.is_open]
_OF_CAPTURES = [EdgeKind.CAPTURE.value, EdgeKind.REVISION.value]


def forget(
    history: History,
    name: str | None = None,
    *,
    keep: int | None = None,
    before: datetime | None = None,
    replaced_before: datetime | None = None,
    dry_run: bool = False,
) -> list[Capture]:
    """Forget revisions of one capture, or of all, and return them.

    Those beyond the newest `keep` of their partition, captured before an aware time `before`, and replaced before
    `replaced_before`; all that are given must hold. The current revision stays, and so does one that another capture
    was made from, of a run that has not ended, or of a run with an alert that is open or not yet delivered; one that
    was current when work in progress began, which may read it; and one about which a schedule has to start a run. A dry
    run only returns them.
    """
    with history.reader.connect() as connection:
        unused = [time for time in (used_since(connection), replaced_before) if time is not None]
        ids: set[str] = set(connection.execute(_old(history, name, keep, before, unused)).scalars())
        ids -= set(connection.execute(_of_busy_runs(history)).scalars())
        ids -= awaited(history, connection)
        while used := _used(connection, ids):
            ids -= used
        found = find_captures(connection, sorted(ids))
    if not dry_run:
        for part in in_parts(ids):
            with history.engine.begin() as connection:
                _forget(connection, part)
    return sorted(found, key=lambda made: (made.name, made.partition_key, made.revision))


def _old(
    history: History, name: str | None, keep: int | None, before: datetime | None, unused_since: Sequence[datetime]
) -> Select[Any]:
    newest_first = func.row_number().over(
        partition_by=(captures.c.name, captures.c.partition_key), order_by=captures.c.revision.desc()
    )
    ranked = (
        select(captures.c.capture_id, captures.c.captured_at, captures.c.replaced_at, newest_first.label("place"))
        .where(history.own(captures), *([] if name is None else [captures.c.name == name]))
        .subquery()
    )
    rules = [ranked.c.place > max(keep or 1, 1), *(ranked.c.replaced_at < time for time in unused_since)]
    if before is not None:
        rules.append(ranked.c.captured_at < before)
    return select(ranked.c.capture_id).where(*rules)


def _of_busy_runs(history: History) -> Select[Any]:
    is_open = or_(alerts.c.id.in_(undelivered_alerts()), alerts.c.incident_id.in_(open_incident_ids()))
    alerted = select(alerts.c.run_id).where(alerts.c.run_id.is_not(None), is_open)
    busy = select(runs.c.run_id).where(runs.c.status.in_(_OPEN_RUNS))
    by_reading = select(lineage.c.reference).where(
        lineage.c.direction == Direction.READ.name, or_(lineage.c.run_id.in_(busy), lineage.c.run_id.in_(alerted))
    )
    return select(captures.c.capture_id).where(
        history.own(captures),
        or_(captures.c.run_id.in_(busy), captures.c.run_id.in_(alerted), captures.c.capture_id.in_(by_reading)),
    )


def _used(connection: Connection, ids: Collection[str]) -> set[str]:
    """Return those of `ids` that a step has read whose captures are not all among them."""
    return {used for part in in_parts(ids) for used in _used_of(connection, part, ids)}


def _used_of(connection: Connection, part: Collection[str], ids: Collection[str]) -> Iterator[str]:
    read, made = lineage.alias("read"), lineage.alias("made")
    same_step = and_(made.c.run_id == read.c.run_id, made.c.step_name.is_not_distinct_from(read.c.step_name))
    query = (
        select(read.c.reference, made.c.reference.label("made"))
        .join(made, and_(same_step, made.c.direction == Direction.WRITE.name, made.c.kind.in_(_OF_CAPTURES)))
        .join(captures, captures.c.capture_id == made.c.reference)
        .where(read.c.direction == Direction.READ.name, read.c.reference.in_(part))
    )
    return (row.reference for row in connection.execute(query) if row.made not in ids)


def _forget(connection: Connection, ids: Collection[str]) -> None:
    connection.execute(delete(lineage).where(lineage.c.kind.in_(_OF_CAPTURES), lineage.c.reference.in_(ids)))
    connection.execute(delete(captures).where(captures.c.capture_id.in_(ids)))
