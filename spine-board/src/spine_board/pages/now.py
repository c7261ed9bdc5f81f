"""First page: what is wrong, what runs, and the last runs of each workflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from spine.core.plain_text import counted
from spine_board.pages.page import Page, PageContext
from spine_board.text import link

if TYPE_CHECKING:
    from spine.project import Project
    from spine_board.asked import Asked

LAST_RUNS = 30
_LISTED = 8  # of one kind of problem


@frozen
class Problem:
    """A thing to look at: its kind, what it is and where, and why."""

    kind: str
    state: str
    name: str
    target: str
    why: str = ""
    since: Any = None


def now(project: Project, _asked: Asked) -> PageContext:
    """Return the state of the project; workflows that fail come first, then those that never ran."""
    found = project.overview(LAST_RUNS)
    running = [{**run, "progress": project.runs.progress(run["run_id"])} for run in found["running"]]
    problems = list(_problems(found))
    return {
        "found": found,
        "workflows": sorted(found["workflows"], key=lambda row: (row["failing_since"] is None, row["name"])),
        "running": running,
        "problems": problems,
        "notes": list(_notes(found)),
        "places": range(LAST_RUNS),
    }


def _problems(found: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what an operator has to look at, the worst first."""
    for workflow in found["workflows"]:
        if workflow["failing_since"] is not None:
            runs = f"{counted(workflow['failed_runs'], 'run')} in a row: " if workflow["failed_runs"] > 1 else ""
            target = link("runs", workflow["failed_run"])
            yield Problem(
                "failing", "FAILED", workflow["name"], target, runs + workflow["error"], workflow["failing_since"]
            )
    for run in found["abandoned"]:
        name, target = run["workflow_name"], link("runs", run["run_id"])
        yield Problem("process gone", "GONE", name, target, "nobody executes the run", run["started_at"])
    failing = {workflow["name"] for workflow in found["workflows"] if workflow["failing_since"] is not None}
    for alert in found["incidents"]:
        if alert["source"] in failing:  # the same, told twice
            continue
        yield Problem(
            "incident", alert["severity"], alert["title"], link("alerts", alert["id"]), "", alert["created_at"]
        )
    for backfill in found["backfills"]:
        target = link("partitions", backfill["workflow_name"])
        why = f"the backfill is {backfill['status'].lower()}, and no process executes it"
        yield Problem("backfill", backfill["status"], backfill["workflow_name"], target, why, backfill["created_at"])
    yield from _services(found)


def _services(found: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the processes that are needed and not there, and alerts that nobody got."""
    for row in found["ill_schedulers"]:
        yield Problem("scheduler", "WARNING", "A scheduler is not well", "/schedules", row["last_error"])
    if found["schedulers"] and found["overdue_schedules"]:
        why = f"overdue: {', '.join(found['overdue_schedules'])}"
        yield Problem("scheduler", "WARNING", "Ticks are late", "/schedules", why)
    if found["active_schedules"] and not found["schedulers"] and not found["ill_schedulers"]:
        why = f"{counted(len(found['active_schedules']), 'active schedule')}: spine scheduler run"
        yield Problem("scheduler", "GONE", "No scheduler is alive", "/schedules", why)
    if found["waiting_for_worker"] and not found["workers"]:
        why = f"{counted(found['waiting_for_worker'], 'run')} in queues: spine worker run"
        yield Problem("worker", "GONE", "No worker is alive", link("runs", status="PENDING"), why)
    for row in found["stranded"] if found["workers"] else ():
        lack = f"no worker takes queue {row['queue']}" if row["lacks"] == "queue" else "no worker has their code"
        why = f"{counted(row['runs'], 'run')} in queues: {lack}"
        yield Problem(
            "worker", "WARNING", row["workflow_name"], link("workflows", row["workflow_name"]), why, row["since"]
        )
    if found["unsent"]:
        why = f"{counted(found['unsent'], 'alert')} not delivered"
        yield Problem("alerts", "WARNING", "Alerts wait", "/alerts", why)


def _notes(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is well, in a few words."""
    if found["schedulers"]:
        yield f"{counted(len(found['schedulers']), 'scheduler')}, {counted(len(found['active_schedules']), 'schedule')}"
    if found["workers"]:
        waiting = found["waiting_for_worker"]
        queued = f", {counted(waiting, 'run')} in queues" if waiting else ""
        yield f"{counted(len(found['workers']), 'worker')}{queued}"
    if found["stale"]:
        yield f"{counted(len(found['stale']), 'stale capture')}"


PAGES = [Page("/", "now.html", now, menu="Now")]
