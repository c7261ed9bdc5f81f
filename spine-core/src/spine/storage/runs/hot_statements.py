"""The statements of the commits that every run makes, declared for each shape of such a commit."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count, islice
from typing import Any

from attrs import frozen
from sqlalchemy import Column, ColumnElement, Interval, Table, and_, case, func, insert, literal_column, select, update

from spine.db.driver_statement import in_row
from spine.storage.runs.rows import (
    RUN_COLUMNS,
    RUN_COMPLETED,
    RUN_ENDED,
    RUN_STARTED,
    STEP_COMPLETED,
    STEP_ENDED,
    STEP_STARTED,
)
from spine.storage.tables.runs import definitions, events, logs, runs, steps

_ONE: ColumnElement[int] = literal_column("1")
_NONE: ColumnElement[int] = literal_column("0")
_EMPTY: ColumnElement[Any] = literal_column("'{}'")  # in JSON
_LEASE = Column("lease_time", Interval)  # of a row, to be added to the server's time
_STEP_COLUMNS = tuple(steps.c.keys())
_EVENT_COLUMNS, _LOG_COLUMNS = (
    tuple(column.name for column in table.c if column.name != "id") for table in (events, logs)
)


@frozen
class Shape:
    """The rows that a commit writes, by table.

    `has_local_clock` is False where the server's clock sets the times of leases. With `recovers`, there must be no open
    incident.
    """

    opens: bool
    takes: bool
    has_run: bool
    ends: bool
    completes: bool
    ends_tick: bool
    recovers: bool
    has_local_clock: bool
    completed: int
    failed: int
    started: int
    skipped: int
    events: int
    logs: int


@frozen
class Part:
    """One statement of a commit; as a guard, the whole commit fails unless it `finds` a row, or none.

    An update that is a guard must find its row by `key`.
    """

    statement: Any
    is_guard: bool = False
    finds: bool = True
    key: Column[Any] | None = None


def parts_of(shape: Shape) -> list[Part]:
    """Return the statements of a commit in their order. Row 0 has the ids, one row follows for each row written.

    The rows are those of: the end of a tick, the run, steps that completed, failed, start or were skipped, events,
    lines of the log.
    """
    number = count(1)
    found = [_no_incident()] if shape.recovers else []
    if shape.ends_tick:  # the claim of ticks also locks the schedule before any run, so the two cannot deadlock
        found += _tick_ends(next(number), has_local_clock=shape.has_local_clock)
    if shape.opens:
        found += [_known_definition(), _new_run(next(number), has_local_clock=shape.has_local_clock)]
    elif shape.takes:
        found.append(_taken_run(next(number), has_local_clock=shape.has_local_clock))
    else:
        found.append(_changed_run(next(number), _run_columns(shape)) if shape.has_run else _held_run())
    found += [_ended_step(next(number), STEP_COMPLETED) for _ in range(shape.completed)]
    found += [_ended_step(next(number), STEP_ENDED) for _ in range(shape.failed)]
    found += _inserted(steps, STEP_STARTED, list(islice(number, shape.started)), outputs=_EMPTY, metrics=_EMPTY)
    found += _inserted(steps, _STEP_COLUMNS, list(islice(number, shape.skipped)))
    found += _inserted(events, _EVENT_COLUMNS, list(islice(number, shape.events)))
    found += _inserted(logs, _LOG_COLUMNS, list(islice(number, shape.logs)))
    return found


def in_one(parts: Sequence[Part]) -> Any:
    """Return one statement of PostgreSQL that makes all changes, or fails with a division by zero if a guard does.

    The rows of guards and keys are locked in the order of the parts.
    """
    conditions, changes = [], []
    for position, part in enumerate(parts):
        name = f"part_{position}"
        if part.is_guard and not part.finds:
            conditions.append(~part.statement.exists())
        elif part.is_guard or part.key is not None:
            rows = part.statement if part.key is None else part.statement.returning(part.key)
            found = select(func.count()).select_from(rows.cte(name)).scalar_subquery()
            conditions.append(found == _ONE if part.is_guard else found >= _NONE)
        else:
            changes.append(part.statement.cte(name))
    holds = case((and_(*conditions), _ONE), else_=_NONE)
    return select(_ONE.op("/")(holds)).add_cte(*changes)


def _no_incident() -> Part:
    from spine.storage.tables.alerts import alert_incidents as incidents  # a run that does not end needs none

    own = incidents.c.project == in_row(0, incidents.c.project)
    return Part(select(incidents.c.id).where(own, incidents.c.resolved_at.is_(None)), is_guard=True, finds=False)


def _tick_ends(row: int, *, has_local_clock: bool) -> list[Part]:
    from spine.storage.tables.schedules import schedule_runs, schedules

    last = {name: in_row(row, schedules.c[name]) for name in ("last_run_at", "last_run_status")}
    ended = {name: in_row(row, schedule_runs.c[name], f"tick_{name}") for name in ("status", "error")}
    now = in_row(row, schedule_runs.c.completed_at, "now") if has_local_clock else func.clock_timestamp()
    noted = update(schedules).where(schedules.c.id == in_row(row, schedules.c.id, "schedule_id")).values(last)
    of_run = schedule_runs.c.run_id == in_row(0, runs.c.run_id)
    done = update(schedule_runs).where(of_run).values(**ended, completed_at=now)
    return [Part(noted, key=schedules.c.id), Part(done, key=schedule_runs.c.id)]


def _known_definition() -> Part:
    known = definitions.c.definition_hash == in_row(0, definitions.c.definition_hash)
    return Part(select(definitions.c.definition_hash).where(known), is_guard=True)


def _new_run(row: int, *, has_local_clock: bool) -> Part:
    values: dict[str, Any] = {name: in_row(row, runs.c[name]) for name in (*RUN_COLUMNS, "project")}
    values |= _lease(row, has_local_clock=has_local_clock)
    values["created_at"] = in_row(row, runs.c.created_at) if has_local_clock else func.clock_timestamp()
    return Part(insert(runs).values(values))


def _taken_run(row: int, *, has_local_clock: bool) -> Part:
    values: dict[str, Any] = {name: in_row(row, runs.c[name]) for name in RUN_STARTED}
    values |= _lease(row, has_local_clock=has_local_clock)
    same = runs.c.run_id == in_row(0, runs.c.run_id)
    change = update(runs).where(
        same, *untouched(in_row(row, runs.c.lease_owner, "taken_from"), in_row(0, runs.c.fence))
    )
    return Part(change.values(values), is_guard=True, key=runs.c.run_id)


def untouched(holder: Any, new_fence: Any) -> list[Any]:
    """Return the conditions that a prepared run is as it was when it was read; `new_fence` is that after its start."""
    asked = (runs.c.cancel_requested_at.is_(None), runs.c.park_requested_at.is_(None))
    return [runs.c.status == "PENDING", runs.c.lease_owner == holder, runs.c.fence == new_fence - _ONE, *asked]


def _lease(row: int, *, has_local_clock: bool) -> dict[str, Any]:
    held = {name: in_row(row, runs.c[name]) for name in ("lease_owner", "fence")}
    until = in_row(row, runs.c.lease_expires_at) if has_local_clock else func.clock_timestamp() + in_row(row, _LEASE)
    return {**held, "lease_expires_at": until}


def _run_columns(shape: Shape) -> Sequence[str]:
    """Return the columns of a run that its owner changes."""
    if shape.completes:
        return RUN_COMPLETED
    return RUN_ENDED if shape.ends else RUN_COLUMNS


def _changed_run(row: int, names: Sequence[str]) -> Part:
    values = {name: in_row(row, runs.c[name]) for name in names}
    return Part(update(runs).where(*_is_held()).values(values), is_guard=True, key=runs.c.run_id)


def _held_run() -> Part:
    return Part(select(runs.c.run_id).where(*_is_held()).with_for_update(key_share=True), is_guard=True)


def _is_held() -> list[Any]:
    return [runs.c[name] == in_row(0, runs.c[name]) for name in ("run_id", "fence")]


def _ended_step(row: int, names: Sequence[str]) -> Part:
    values = {name: in_row(row, steps.c[name]) for name in names}
    same = steps.c.step_id == in_row(row, steps.c.step_id)
    return Part(update(steps).where(same).values(values), is_guard=True, key=steps.c.step_id)


def _inserted(table: Table, names: Sequence[str], rows: Sequence[int], **constants: Any) -> list[Part]:
    values = [{**{name: in_row(row, table.c[name]) for name in names}, **constants} for row in rows]
    return [Part(insert(table).values(values))] if rows else []
