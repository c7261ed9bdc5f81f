"""The commits that every run makes: its start, the end of a step with the start of the next one, its end.

SQLAlchemy's work around such a statement costs more than the statement. These are compiled once for each shape of a
commit, and executed by the driver: on SQLite in one transaction, on PostgreSQL as one statement that commits by itself,
in one round trip. If a guard fails, such as the fence, nothing is written; the usual commit then finds out why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from spine.core.clock import utc_now
from spine.db.driver_statement import DriverStatement, autocommitting, driver_connection
from spine.orchestration.records import Batch, StepRecord
from spine.orchestration.status import StepStatus, WorkflowStatus
from spine.storage.clock import StoreClock
from spine.storage.history import History
from spine.storage.runs.group_commit import Execution, GroupCommit
from spine.storage.runs.hot_statements import Part, Shape, in_one, parts_of
from spine.storage.runs.rows import event_row, log_row, run_row, step_row

Rows = Sequence[Mapping[str, Any]]

_MOST_ROWS = 8  # of a table
_ORDER = {
    status: number
    for number, status in enumerate((StepStatus.COMPLETED, StepStatus.FAILED, StepStatus.RUNNING, StepStatus.SKIPPED))
}
_DIVISION_BY_ZERO = "22012"  # https://www.postgresql.org/docs/current/errcodes-appendix.html


class HotCommits:
    """The commits of usual shapes in one history."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._clock = StoreClock(history.adapter)
        self._known: dict[Shape, Callable[[Rows], bool]] = {}
        self._group = GroupCommit(history.adapter)
        self._make = _MAKERS.get(history.adapter.db_type)

    def commit(self, batch: Batch, *, recovers: bool) -> bool:
        """Commit a batch and return True; False, with nothing written, if its shape is not usual or a guard fails.

        With `recovers`, the success of its run resolves alerts: there is a guard that no incident is open.
        """
        if self._make is None or not _is_usual(batch):
            return False
        shape = self._shape(batch, recovers=recovers)
        commit = self._known.get(shape)
        if commit is None:
            commit = self._known[shape] = self._make(self._history, parts_of(shape), self._group)
        return commit(self._rows(batch, shape))

    def _shape(self, batch: Batch, *, recovers: bool) -> Shape:
        run, kinds = batch.run, [step.status for step in batch.steps]
        return Shape(
            opens=batch.is_of_new_run,
            takes=batch.opening is not None and not batch.is_of_new_run,
            has_run=run is not None,
            ends=run is not None and run.status.has_ended,
            completes=run is not None and run.status is WorkflowStatus.COMPLETED,
            ends_tick=run is not None and run.status.has_ended and run.schedule_id is not None,
            recovers=recovers,
            has_local_clock=self._clock.is_local(),
            completed=kinds.count(StepStatus.COMPLETED),
            failed=kinds.count(StepStatus.FAILED),
            started=kinds.count(StepStatus.RUNNING),
            skipped=kinds.count(StepStatus.SKIPPED),
            events=len(batch.events),
            logs=len(batch.logs),
        )

    def _rows(self, batch: Batch, shape: Shape) -> Rows:
        """Return the rows in the order that `parts_of` says."""
        run, project = batch.run, self._history.project
        ids = {"run_id": batch.run_id, "fence": batch.fence, "project": project}
        rows: list[Mapping[str, Any]] = [ids]
        if run is not None and shape.ends_tick:
            from spine.storage.schedules.ends import tick_row  # only runs of schedules need it

            rows.append({**tick_row(run), "now": utc_now()})
        if run is not None:
            rows.append(run_row(run))
        if run is not None and batch.opening is not None:
            ids["definition_hash"] = run.definition_hash
            now, lease_time = utc_now(), timedelta(seconds=batch.opening.lease.seconds)
            held = {"lease_owner": batch.opening.lease.owner, "lease_time": lease_time, "fence": batch.fence}
            held |= {"created_at": now, "lease_expires_at": now + lease_time, "project": project}
            held |= {"taken_from": batch.opening.taken_from}
            rows[-1] = {**rows[-1], **held}
        rows += map(step_row, sorted(batch.steps, key=lambda step: _ORDER[step.status]))
        rows += map(event_row, batch.events)
        rows += map(log_row, batch.logs)
        return rows


def _is_usual(batch: Batch) -> bool:
    if batch.items is not None or batch.staged or batch.alerts or batch.removed:
        return False
    if max(len(batch.steps), len(batch.events), len(batch.logs)) > _MOST_ROWS:
        return False
    if batch.opening is not None and batch.run is not None and batch.run.status.has_ended:
        return False
    once = len({step.step_id for step in batch.steps}) == len(batch.steps)
    return once and all(step.status in _ORDER and not _is_awake(step) for step in batch.steps)


def _is_awake(step: StepRecord) -> bool:
    """Return True for an attempt that goes on after it waited."""
    return step.status is StepStatus.RUNNING and step.transition.wake_at is not None


class _Transaction:
    """A commit of several statements on SQLite."""

    def __init__(self, history: History, parts: Sequence[Part], group: GroupCommit) -> None:
        self._group = group
        self._parts = [(part, DriverStatement(part.statement, history.engine.dialect)) for part in parts]

    def __call__(self, rows: Rows) -> bool:
        return self._group.commit([Execution(part, ready.sql, ready.parameters(rows)) for part, ready in self._parts])


class _Statement:
    """A commit of one statement of PostgreSQL, outside of a transaction."""

    def __init__(self, history: History, parts: Sequence[Part], _group: GroupCommit) -> None:
        self._history = history
        self._ready = DriverStatement(in_one(parts), history.engine.dialect)

    def __call__(self, rows: Rows) -> bool:
        adapter, parameters = self._history.adapter, self._ready.parameters(rows)
        with driver_connection(adapter) as connection, autocommitting(adapter, connection) as cursor:
            try:
                cursor.execute(self._ready.sql, parameters)
            except Exception as error:
                if getattr(error, "sqlstate", None) == _DIVISION_BY_ZERO:
                    return False
                raise
        return True


_MAKERS: dict[str, type[_Transaction] | type[_Statement]] = {"sqlite": _Transaction, "postgresql": _Statement}
