"""Retention: deletes old history in batches, and keeps rows that are still referenced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, delete, func, select

from spine.framework.lineage import Direction, EdgeKind
from spine.framework.sources.fetches import FetchStatus
from spine.orchestration.lease import is_gone, local_pid
from spine.orchestration.status import WorkflowStatus
from spine.scheduling.backfill import BackfillStatus
from spine.scheduling.occurrence import OccurrenceKind
from spine.scheduling.tick import TickStatus
from spine.storage.clock import StoreClock
from spine.storage.history import History
from spine.storage.schedules.rows import IS_ACTIVE
from spine.storage.tables.alerts import alert_deliveries, alert_incidents, alert_silences, alerts
from spine.storage.tables.backfills import backfills
from spine.storage.tables.captures import captures
from spine.storage.tables.lineage import lineage, quality_results
from spine.storage.tables.runs import executions, runs
from spine.storage.tables.schedules import schedule_runs, schedules
from spine.storage.tables.sources import rejects, source_fetches

BATCH_ROWS = 500
_LATELY = timedelta(days=1)
_ENDED_RUNS = [status.name for status in WorkflowStatus if status.has_ended]
_GOOD_RUNS = [status.name for status in WorkflowStatus if status.is_good]
_OPEN_TICKS = [status.name for status in TickStatus if status.is_open]
_GOOD_FETCHES = [status.name for status in FetchStatus if status.is_good]

Query = Select[str]


def prune(
    history: History,
    before: datetime,
    *,
    dry_run: bool = False,
    progress: Callable[[str, int], None] = lambda _table, _rows: None,
) -> dict[str, int]:
    """Delete history of the project that ended before an aware time; return the number of rows by table.

    A dry run only counts them.

    Kept are: runs that a capture or an alert not yet delivered refers to, or one that a completed run resolves by
    finding its run, and those below a run that is open; the newest successful fetch of each source and locator with its
    run, since the next run compares with it; the newest run that completed of each partition of a workflow that
    declares them, and the runs of a backfill that can be resumed, since those partitions would be run again; runs that
    a schedule after their workflow has not looked at, and the ticks of occurrences that a schedule still looks at; the
    executions of pipelines that still work; alerts of open incidents; and the lineage of captures.
    Steps, events, executions, rejects and results of checks go with their run. A batch is a transaction, so writers
    wait for one batch at most; `progress` is called after each.
    """
    deleted: dict[str, int] = {}
    for table, key, query in _old(history, before):
        name = table.name
        if dry_run:
            with history.reader.connect() as connection:
                deleted[name] = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
            continue
        deleted[name] = 0
        while ids := _next_batch(history, query):
            with history.engine.begin() as connection:
                count = _delete(connection, table, key, query, ids)
            deleted[name] += count
            progress(name, deleted[name])
            if not count:
                break  # what was found is needed again
    return deleted


def kept_since(history: History, age: timedelta) -> datetime:
    """Return the time before which history is older than `age`, for the prune of the scheduler.

    The age counts from the newest run that is older than a day. If that is long ago, either nothing ran since, or the
    clock has been put ahead, and what it calls old is not.
    """
    now = StoreClock(history.adapter).now()
    lately = now - _LATELY
    times = ((runs, runs.c.started_at), (executions, executions.c.created_at))
    with history.reader.connect() as connection:
        newest = [
            connection.execute(select(func.max(time)).where(history.own(table), time < lately)).scalar()
            for table, time in times
        ]
    return max((moment for moment in newest if moment is not None), default=now) - age


def _old(history: History, before: datetime) -> Iterator[tuple[Table, str, Query]]:
    """Yield each table with its key and the query for the keys that may be deleted."""
    undelivered, open_incidents = undelivered_alerts(), open_incident_ids()
    is_open = alerts.c.id.in_(undelivered) | (alerts.c.resolved_at.is_(None) & alerts.c.incident_id.in_(open_incidents))
    open_alerts = select(alerts.c.run_id).where(is_open, alerts.c.run_id.is_not(None))
    captured = select(captures.c.run_id).where(captures.c.run_id.is_not(None))
    open_runs = select(runs.c.run_id).where(runs.c.status.not_in(_ENDED_RUNS))
    newest = _newest_fetches(history)
    compared = select(source_fetches.c.run_id).where(
        source_fetches.c.id.in_(newest), source_fetches.c.run_id.is_not(None)
    )
    may_go_on = select(backfills.c.id).where(
        backfills.c.status != BackfillStatus.COMPLETED.value,
        backfills.c.completed_at.is_(None) | (backfills.c.completed_at >= before),
    )
    old_runs = select(runs.c.run_id).where(
        history.own(runs),
        runs.c.completed_at < before,
        runs.c.status.in_(_ENDED_RUNS),
        runs.c.run_id.not_in(captured),
        runs.c.run_id.not_in(open_alerts),
        runs.c.run_id.not_in(compared),
        runs.c.parent_run_id.is_(None) | runs.c.parent_run_id.not_in(open_runs),
        runs.c.partition_lock.is_(None) | runs.c.run_id.not_in(_newest_of_partitions(history)),
        runs.c.backfill_id.is_(None) | runs.c.backfill_id.not_in(may_go_on),
        *(~after for after in _followed(history)),
    )
    kept_runs = select(runs.c.run_id)
    of_no_run = rejects.c.run_id.is_(None) & (rejects.c.created_at < before)  # of a script or a single pipeline
    yield rejects, "id", select(rejects.c.id).where(history.own(rejects), rejects.c.run_id.in_(old_runs) | of_no_run)
    is_gone = quality_results.c.run_id.is_(None) | quality_results.c.run_id.not_in(kept_runs)
    old_results = quality_results.c.run_id.in_(old_runs) | (is_gone & (quality_results.c.checked_at < before))
    yield quality_results, "id", select(quality_results.c.id).where(history.own(quality_results), old_results)
    yield lineage, "id", _old_lineage(history, before, old_runs)
    yield runs, "run_id", old_runs
    ended = [status.value for status in BackfillStatus if status.has_ended]
    complete = (history.own(backfills), backfills.c.completed_at < before, backfills.c.status.in_(ended))
    yield backfills, "id", select(backfills.c.id).where(*complete)
    yield (
        source_fetches,
        "id",
        select(source_fetches.c.id).where(
            history.own(source_fetches),
            source_fetches.c.started_at < before,
            source_fetches.c.id.not_in(newest),
            source_fetches.c.id.not_in(select(lineage.c.reference).where(lineage.c.kind == EdgeKind.FETCH.value)),
            source_fetches.c.run_id.is_(None) | source_fetches.c.run_id.not_in(kept_runs),
        ),
    )
    yield (
        executions,
        "id",
        select(executions.c.id).where(
            history.own(executions),
            # one without an end is of a process that was killed, or still works
            func.coalesce(executions.c.completed_at, executions.c.created_at) < before,
            executions.c.run_id.is_(None),
            executions.c.id.not_in(_working_executions(history)),
        ),
    )
    yield (
        schedule_runs,
        "id",
        select(schedule_runs.c.id).where(
            history.own(schedule_runs),
            schedule_runs.c.scheduled_at < before,
            schedule_runs.c.status.not_in(_OPEN_TICKS),
            (schedule_runs.c.cause == "") | schedule_runs.c.schedule_id.not_in(_looks_back(schedule_runs)),
        ),
    )
    with_ticks = select(schedule_runs.c.schedule_id)
    yield (
        schedules,
        "id",
        select(schedules.c.id).where(
            history.own(schedules), schedules.c.gone_at < before, schedules.c.id.not_in(with_ticks)
        ),
    )
    yield (
        alerts,
        "id",
        select(alerts.c.id).where(
            history.own(alerts),
            alerts.c.created_at < before,
            alerts.c.id.not_in(undelivered),
            alerts.c.incident_id.is_(None) | alerts.c.incident_id.not_in(open_incidents),
        ),
    )
    resolved = (history.own(alert_incidents), alert_incidents.c.resolved_at < before)
    yield alert_incidents, "id", select(alert_incidents.c.id).where(*resolved)
    over = (history.own(alert_silences), alert_silences.c.ends_at < before)
    yield alert_silences, "id", select(alert_silences.c.id).where(*over)


def _working_executions(history: History) -> list[str]:
    """Return the executions whose process works on this host, or may on another one: it has a day there."""
    running = (history.own(executions), executions.c.completed_at.is_(None), executions.c.process.is_not(None))
    query = select(executions.c.id, executions.c.process, executions.c.created_at).where(*running)
    with history.reader.connect() as connection:
        lately = StoreClock(history.adapter).read(connection) - _LATELY
        return [
            row.id
            for row in connection.execute(query)
            if local_pid(row.process) is not None or (row.created_at > lately and not is_gone(row.process))
        ]


def _old_lineage(history: History, before: datetime, old_runs: Query) -> Query:
    """Return the query for edges of steps whose run is deleted, and none of whose captures exists."""
    is_kept = lineage.c.reference.in_(select(captures.c.capture_id)) & (lineage.c.direction == Direction.WRITE.name)
    is_gone = lineage.c.run_id.not_in(select(runs.c.run_id)) & lineage.c.run_id.not_in(select(executions.c.id))
    return select(lineage.c.id).where(
        history.own(lineage),
        lineage.c.at < before,
        lineage.c.run_id.in_(old_runs) | is_gone,
        lineage.c.run_id.not_in(select(lineage.c.run_id).where(is_kept)),
    )


def _followed(history: History) -> list[ColumnElement[bool]]:
    """Return the conditions of runs that a schedule after their workflow has still to look at."""
    kind = (history.own(schedules), *IS_ACTIVE, schedules.c.schedule_type == OccurrenceKind.WORKFLOW.value)
    with history.reader.connect() as connection:
        found = connection.execute(select(schedules.c.definition, schedules.c.last_tick_at).where(*kind)).all()
    return [
        and_(runs.c.workflow_name == row.definition["on_workflow"], runs.c.completed_at > row.last_tick_at)
        for row in found
    ]


def _looks_back(ticks: Table) -> Query:
    """Return the query for the schedule of a tick, if it would decide the tick's occurrence again without it."""
    since = func.coalesce(schedules.c.last_tick_at, ticks.c.scheduled_at)
    looks = (schedules.c.gone_at.is_(None), since <= ticks.c.scheduled_at)
    return select(schedules.c.id).where(schedules.c.id == ticks.c.schedule_id, *looks).correlate(ticks)


def undelivered_alerts() -> Query:
    """Return the query for the alerts of which a delivery waits, in all projects."""
    waiting = (alert_deliveries.c.status == "THROTTLED") & alert_deliveries.c.next_retry_at.is_not(None)
    return select(alert_deliveries.c.alert_id).where((alert_deliveries.c.status == "PENDING") | waiting)


def open_incident_ids() -> Query:
    """Return the query for the incidents that are not resolved, in all projects."""
    return select(alert_incidents.c.id).where(alert_incidents.c.resolved_at.is_(None))


def _newest_of_partitions(history: History) -> Query:
    newest = (runs.c.completed_at.desc(), runs.c.run_id.desc())
    rank = func.row_number().over(partition_by=runs.c.partition_lock, order_by=newest).label("rank")
    good = (history.own(runs), runs.c.partition_lock.is_not(None), runs.c.status.in_(_GOOD_RUNS))
    ranked = select(runs.c.run_id, rank).where(*good).subquery()
    return select(ranked.c.run_id).where(ranked.c.rank == 1)


def _newest_fetches(history: History) -> Query:
    successful = (history.own(source_fetches), source_fetches.c.status.in_(_GOOD_FETCHES))
    ranked = (
        select(
            source_fetches.c.id,
            func.row_number()
            .over(
                partition_by=(source_fetches.c.source_name, source_fetches.c.source_locator),
                order_by=(source_fetches.c.started_at.desc(), source_fetches.c.id.desc()),
            )
            .label("rank"),
        )
        .where(*successful)
        .subquery()
    )
    return select(ranked.c.id).where(ranked.c.rank == 1)


def _next_batch(history: History, query: Query) -> list[str]:
    with history.reader.connect() as connection:
        return [row[0] for row in connection.execute(query.limit(BATCH_ROWS))]


def _delete(connection: Connection, table: Table, key: str, query: Query, ids: list[str]) -> int:
    """Delete those of the rows that may still be deleted, and return their number; they are locked meanwhile."""
    column = table.c[key]
    locked = select(column).where(column.in_(ids)).order_by(column).with_for_update()
    connection.execute(locked).all()
    still = connection.execute(query.where(column.in_(ids))).scalars().all()
    found: int = connection.execute(delete(table).where(column.in_(still))).rowcount if still else 0
    return found
