"""Runs whose process has died."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding, ok, warn
from spine.storage.clock import SteadyClock, StoreClock
from spine.storage.runs.queries import is_abandoned, list_running

if TYPE_CHECKING:
    from spine.app.application import Application

_MOST_SHOWN = 5


def check_runs(project: Application) -> Iterator[Finding]:
    """Yield a finding for each of the first abandoned runs, and the number of all others."""
    now = SteadyClock(StoreClock(project.adapter)).now
    running = list_running(project.history)
    abandoned = [run for run in running if is_abandoned(run, now)]
    for run in abandoned[:_MOST_SHOWN]:
        says = f"{run['run_id']} of {run['workflow_name']} is RUNNING, and its process has ended"
        backfill = run["backfill_id"]  # resumes its runs
        fix = f"spine backfills resume {backfill}" if backfill else f"spine runs resume {run['run_id']}"
        yield warn("run", says, fix)
    if len(abandoned) > _MOST_SHOWN:
        yield warn("runs", f"{len(abandoned) - _MOST_SHOWN} more runs of ended processes", "spine runs recover")
    if not abandoned:
        yield ok("runs", f"{len(running)} running, none of a process that has ended")
