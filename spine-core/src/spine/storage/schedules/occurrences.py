"""The Occurrences in SQL: they are read from the tables that record them, so none is lost between two writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, Table, exists, func, insert, or_, select

from spine.core.ids import new_id
from spine.orchestration.status import WorkflowStatus
from spine.scheduling.occurrence import Occurrence, OccurrenceKind, OccurrenceTrigger, RunEnd
from spine.scheduling.record import ScheduleRecord
from spine.scheduling.tick import TickStatus
from spine.storage.clock import StoreClock
from spine.storage.history import History
from spine.storage.schedules.rows import IS_ACTIVE, schedule_of
from spine.storage.tables.captures import captures
from spine.storage.tables.events import emitted_events
from spine.storage.tables.runs import runs
from spine.storage.tables.schedules import schedule_runs as ticks
from spine.storage.tables.schedules import schedules
from spine.storage.types import of_row

_UNCHANGED = "unchanged"  # RunRecord.outcome
_GOOD = [status.name for status in WorkflowStatus if status.is_good]
_FAILED = [status.name for status in WorkflowStatus if status.has_failed]
_RUN_END = runs.c.run_id + ":" + runs.c.status  # a run that failed may be resumed, and complete


class SqlOccurrences:
    """Occurrences of a project."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._clock = StoreClock(history.adapter)

    def waiting(self) -> Sequence[ScheduleRecord]:
        kinds = [kind.value for kind in OccurrenceKind]
        query = select(schedules).where(self._history.own(schedules), *IS_ACTIVE, schedules.c.schedule_type.in_(kinds))
        with self._history.reader.connect() as connection:
            return [schedule_of(row) for row in connection.execute(query.order_by(schedules.c.id)).mappings()]

    def undecided(self, record: ScheduleRecord, trigger: OccurrenceTrigger, limit: int) -> Sequence[Occurrence]:
        table, at, cause, query, read = self._look_up(record, trigger)
        has_tick = exists().where(ticks.c.schedule_id == record.id, ticks.c.cause == cause)
        query = (
            query.where(self._history.own(table), at > record.last_tick_at, ~has_tick).order_by(at, cause).limit(limit)
        )
        with self._history.reader.connect() as connection:
            return [read(row) for row in connection.execute(query).mappings()]

    def open_ticks(self, schedule_id: str) -> int:
        is_open = [status.value for status in TickStatus if status.is_open]
        query = select(func.count()).where(ticks.c.schedule_id == schedule_id, ticks.c.status.in_(is_open))
        with self._history.reader.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def emit(self, name: str, key: str, values: Mapping[str, str]) -> bool:
        same = (self._history.own(emitted_events), emitted_events.c.name == name, emitted_events.c.key == key)
        with self._history.engine.begin() as connection:
            self._history.lock(connection, "spine.events")
            if connection.execute(select(emitted_events.c.id).where(*same)).first() is not None:
                return False
            row: dict[str, Any] = {"id": new_id(), "name": name, "key": key, "values": dict(values)}
            row |= {"project": self._history.project, "emitted_at": self._clock.read(connection)}
            connection.execute(insert(emitted_events), [row])
            return True

    def makers_of(self, names: Sequence[str]) -> dict[str, list[str]]:
        """Return by capture the workflows whose runs have made it."""
        query = (
            select(captures.c.name, runs.c.workflow_name)
            .join(runs, runs.c.run_id == captures.c.run_id)
            .where(self._history.own(captures), captures.c.name.in_(names))
            .distinct()
        )
        found: dict[str, list[str]] = {}
        with self._history.reader.connect() as connection:
            for row in connection.execute(query.order_by(captures.c.name, runs.c.workflow_name)):
                found.setdefault(row.name, []).append(row.workflow_name)
        return found

    def _look_up(
        self, record: ScheduleRecord, trigger: OccurrenceTrigger
    ) -> tuple[Table, ColumnElement[Any], ColumnElement[Any], Select[Any], Callable[[RowMapping], Occurrence]]:
        if trigger.kind is OccurrenceKind.CAPTURE:
            joined = captures.outerjoin(runs, runs.c.run_id == captures.c.run_id)
            query = select(captures, runs.c.execution).select_from(joined).where(captures.c.name == trigger.name)
            return captures, captures.c.captured_at, captures.c.capture_id, query, _capture_of
        if trigger.kind is OccurrenceKind.WORKFLOW:
            query = select(runs).where(runs.c.workflow_name == trigger.name, _ended(trigger.when))
            return runs, runs.c.completed_at, _RUN_END, query, _run_of
        name = trigger.name if trigger.kind is OccurrenceKind.EVENT else name_of_files(record.id)
        query = select(emitted_events).where(emitted_events.c.name == name)
        return emitted_events, emitted_events.c.emitted_at, emitted_events.c.id, query, _event_of


def name_of_files(schedule_id: str) -> str:
    """Return the name of the events of files that a schedule waits for; no event that is emitted by hand has it."""
    return f"file:{schedule_id}"


def _ended(when: Sequence[RunEnd]) -> ColumnElement[bool]:
    completed = runs.c.status.in_(_GOOD)
    is_unchanged = func.coalesce(runs.c.outcome, "") == _UNCHANGED
    conditions: dict[RunEnd, ColumnElement[bool]] = {
        RunEnd.COMPLETED: completed & ~is_unchanged,
        RunEnd.UNCHANGED: completed & is_unchanged,
        RunEnd.FAILED: runs.c.status.in_(_FAILED),
    }
    return or_(*(conditions[end] for end in when))


@of_row
def _capture_of(row: RowMapping) -> Occurrence:
    values = {"capture": row["name"], "capture_id": row["capture_id"], "revision": str(row["revision"])}
    return Occurrence(row["capture_id"], row["captured_at"], values, row["partition_key"], _chain(row["execution"]))


@of_row
def _run_of(row: RowMapping) -> Occurrence:
    values = {"run_id": row["run_id"], "outcome": (row["outcome"] or row["status"]).lower()}
    cause = f"{row['run_id']}:{row['status']}"
    return Occurrence(cause, row["completed_at"], values, row["partition_key"], _chain(row["execution"]))


@of_row
def _event_of(row: RowMapping) -> Occurrence:
    values = {"event": row["name"], "event_key": row["key"], **row["values"]}
    return Occurrence(row["id"], row["emitted_at"], values, {})


def _chain(execution: Mapping[str, Any] | None) -> list[str]:
    kept = (execution or {}).get("context", {}).get("schedule") or {}
    return [*kept.get("chain", ())]
