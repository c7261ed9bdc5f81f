"""The state of a project on one page: its workflows, what runs, what comes next, and what an operator has to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from spine.app.health_file import read_health
from spine.app.outdated import outdated
from spine.core.errors import SpineError
from spine.orchestration.registry import workflow_registry
from spine.orchestration.status import WorkflowStatus
from spine.project.page import Row, Rows
from spine.scheduling.backfill import BackfillStatus
from spine.storage.alerts.queries import count_open_incidents
from spine.storage.alerts.unsent import count_open as count_open_alerts
from spine.storage.clock import SteadyClock, StoreClock
from spine.storage.runs import queries
from spine.storage.schedules.schedulers import Schedulers
from spine.storage.workers import stranded

if TYPE_CHECKING:
    from spine.project.project import Project
    from spine.scheduling.record import ScheduleRecord

LAST = 10  # runs of a workflow
_MOST = 50  # rows of a list
_MOST_BACKFILLS = 1_000
_OPEN = [status.name for status in WorkflowStatus if status.is_open]


def overview(project: Project, last: int = LAST) -> dict[str, Any]:
    """Return the state of a project.

    `workflows` has for each its newest runs as `last`, `failing_since` with the `error` if the newest that has ended
    failed, and `next_run_at`, which `is_overdue` if no scheduler has started it. `running` are the newest of the
    `open_runs` that no other run started, `abandoned` all of those whose process is gone. `incidents` have the newest
    alert of each of the newest of the `open_incidents`; `unsent` alerts of open ones were delivered by no channel, of
    which `overdue` wait for a process. `stranded` are runs in queues that none of the `workers` takes, and what they
    lack, `ill_schedulers` those of this machine that are not well. `stale` are the names of captures, `stale_in_turn`
    those that were made from these.
    """
    schedules = _schedules(project)
    active = [schedule for schedule in schedules if schedule.is_active]
    history = project.application.history
    now = project.now()
    found = queries.list_runs(history, status=_OPEN, only_top=True, limit=_MOST)
    clock = SteadyClock(StoreClock(project.application.adapter)).now
    running = [{**run, "is_abandoned": queries.is_abandoned(run, clock)} for run in found]
    top = [run for run in queries.list_running(history) if run["parent_run_id"] is None]
    newest = queries.newest_runs(history, _names(project, schedules), last)
    health = read_health(project.application.settings.root)
    workers, waiting = project.workers.list(), project.workers.waiting()
    unsent, overdue = count_open_alerts(history)
    backfills = project.backfills.list(unfinished=True, limit=_MOST_BACKFILLS)
    return {
        "project": project.name,
        "workflows": [_workflow(name, runs, active, now) for name, runs in newest.items()],
        "running": running,
        "open_runs": queries.count_open(history),
        "abandoned": [{**run, "is_abandoned": True} for run in top if queries.is_abandoned(run, clock)],
        "active_schedules": [schedule.name for schedule in active],
        "overdue_schedules": [schedule.name for schedule in active if schedule.is_overdue(now)],
        **_schedulers(project),
        "ill_schedulers": [
            {name: row[name] for name in ("process", "last_error")} for row in health if not row["well"]
        ],
        "outdated_schedulers": outdated(project.application.settings, health),
        "workers": workers,
        "waiting_for_worker": sum(row["runs"] for row in waiting),
        "stranded": stranded(workers, waiting),
        "incidents": project.alerts.list(only_open=True, newest_of_incident=True, limit=_MOST),
        "open_incidents": count_open_incidents(history),
        "unsent": unsent,
        "overdue": overdue,
        "backfills": [row for row in backfills if row["status"] != BackfillStatus.RUNNING.name],
        "stale": sorted({stale.capture.name for stale in project.captures.stale()}),
        "stale_in_turn": sorted({stale.capture.name for stale in project.captures.stale_in_turn()}),
    }


def _names(project: Project, schedules: Sequence[ScheduleRecord]) -> list[str]:
    """Return the workflows that are registered, else those that schedules name."""
    try:
        return list(workflow_registry.list_workflows())
    except SpineError:
        return sorted({schedule.target_name for schedule in schedules})


def _workflow(name: str, last: Rows, active: Sequence[ScheduleRecord], now: datetime) -> Row:
    own = [schedule for schedule in active if schedule.target_name == name and schedule.next_run_at is not None]
    following = min(own, key=lambda schedule: schedule.next_run_at or now, default=None)
    failed = _failing(last)
    return {
        "name": name,
        "last": [
            {key: run[key] for key in ("run_id", "status", "outcome", "started_at", "partition_key")} for run in last
        ],
        "failing_since": failed[-1]["started_at"] if failed else None,
        "failed_runs": len(failed),
        "failed_run": failed[0]["run_id"] if failed else None,
        "error": f"{failed[0]['error_step']}: {failed[0]['error']}" if failed else None,
        "next_run_at": following and following.next_run_at,
        "is_overdue": following is not None and following.is_overdue(now),
    }


def _failing(last: Rows) -> Rows:
    """Return the newest runs that failed one after the other, of those that have ended and were not cancelled."""
    found = []
    for run in last:
        status = WorkflowStatus[run["status"]]
        if status.has_failed:
            found.append(run)
        elif status.is_good:
            break
    return found


def _schedules(project: Project) -> Sequence[ScheduleRecord]:
    try:
        return project.schedules.list()
    except SpineError:
        # a declaration or a module is at fault, which the command or doctor says: schedulers run what was recorded
        return project.application.recorded_schedules.list_schedules()


def _schedulers(project: Project) -> dict[str, Any]:
    try:
        found = project.schedules.schedulers()
    except SpineError:
        found = Schedulers(project.application.history, str(project.root), "")
    return {"schedulers": found.living(), "scheduler_seen_at": found.last_seen()}
