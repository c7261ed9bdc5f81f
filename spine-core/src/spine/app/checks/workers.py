"""Workers for the runs that wait in a run queue: they live, have the right code, and share the store."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from spine.app.checks.check import Finding, edit, ok, warn
from spine.app.workers import has_queue
from spine.core.errors import SpineError
from spine.core.plain_text import counted
from spine.storage.clock import StoreClock
from spine.storage.workers import Lack, Workers, stranded

if TYPE_CHECKING:
    from spine.app.application import Application


def check_workers(project: Application) -> Iterator[Finding]:
    """Report runs that no living worker can take, and machines that do not share the store of captures."""
    workers = Workers(project.history)
    living, waiting = workers.living(), workers.waiting()
    is_used = _has_queue(project)
    if not living and not waiting and not is_used:
        return
    if waiting and not is_used:
        total = counted(sum(row["runs"] for row in waiting), "run")
        says = f"{total} in a queue, and scheduler.executor {project.settings.scheduler.executor!r} has none"
        yield warn("workers", says, edit(project.settings.path))
        return
    faults = [*_without_worker(living, waiting), *_apart(project, living)]
    yield from faults
    if not faults:
        yield ok("workers", f"living: {len(living)}; {_depth(project, waiting)}")


def _has_queue(project: Application) -> bool:
    try:
        return has_queue(project)
    except SpineError:
        return False  # the check of the scheduler's executor says why


def _without_worker(living: list[dict[str, Any]], waiting: list[dict[str, Any]]) -> Iterator[Finding]:
    if waiting and not living:
        total = sum(row["runs"] for row in waiting)
        yield warn("workers", f"{counted(total, 'run')} in the queue, and no worker lives", "spine worker run")
        return
    for row in stranded(living, waiting):
        says = f"{counted(row['runs'], 'run')} of {row['workflow_name']} in queue {row['queue']!r}"
        if row["lacks"] is Lack.QUEUE:
            yield warn("workers", f"{says}: no worker takes that queue", f"spine worker run --queues {row['queue']}")
        else:
            fix = f"spine runs list --workflow {shlex.quote(row['workflow_name'])}"
            yield warn("workers", f"{says}: no worker has its code; resume with --force, or cancel", fix)


def _apart(project: Application, living: list[dict[str, Any]]) -> Iterator[Finding]:
    hosts = sorted({worker["process"].partition("/")[0].partition(".")[0] for worker in living})
    if len(hosts) > 1 and project.settings.store is not None:
        says = f"workers live on {', '.join(hosts)}, and the store is the folder {project.settings.store}"
        missing = "unless they share that folder, captures of one are missing on the others"
        yield warn("workers", f"{says}: {missing}", edit(project.settings.path))


def _depth(project: Application, waiting: list[dict[str, Any]]) -> str:
    if not waiting:
        return "no run waits in the queue"
    oldest = min(row["since"] for row in waiting)
    age = (StoreClock(project.adapter).now() - oldest).total_seconds()
    return f"{counted(sum(row['runs'] for row in waiting), 'run')} in the queue, the oldest since {age:.0f} s"
