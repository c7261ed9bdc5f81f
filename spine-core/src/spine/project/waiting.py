"""The reason why an open run that no process executes has not begun, or does not go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from spine.orchestration.run_queue import QUEUE_LEASE
from spine.orchestration.status import WorkflowStatus
from spine.project.page import Row
from spine.storage.runs import queries
from spine.storage.workers import Lack, stranded

if TYPE_CHECKING:
    from spine.project.project import Project


def waits_for(project: Project, run: Row) -> str | None:
    """Return what an open run waits for: a limit that others hold, a worker, or a process; None if it does not."""
    if WorkflowStatus[run["status"]] is WorkflowStatus.RUNNING or not WorkflowStatus[run["status"]].is_open:
        return None
    if run["wake_at"] is not None and run["wake_at"] > project.now():
        return None  # a time, which the run has
    held = queries.limit_holders(project.application.history, run["run_id"])
    if held:
        name, holders = next(iter(held.items()))
        return f"limit {name!r}, which {_runs(holders)} hold{'s' if len(holders) == 1 else ''}"
    if run["parent_run_id"] is not None:
        return None  # the process of that run executes it
    if run["lease_owner"] != QUEUE_LEASE.owner:
        return "a scheduler or worker with room, or spine runs resume"
    return _worker(project, run)


def _worker(project: Project, run: Row) -> str:
    facts: dict[str, Any] = {name: run[name] for name in ("queue", "workflow_name", "definition_hash")}
    lacking = stranded(project.workers.list(), [facts])
    lack = lacking[0]["lacks"] if lacking else None
    queue = run["queue"]
    said = {
        None: "a worker with room",
        Lack.WORKER: "a worker, and none lives: spine worker run",
        Lack.QUEUE: f"a worker that takes queue {queue!r}, and none does: spine worker run --queues {queue}",
        Lack.CODE: "a worker that has its code, and none does: resume it with --force, or cancel it",
    }
    return said[lack]


def _runs(ids: Sequence[str]) -> str:
    return f"run {ids[0]}" if len(ids) == 1 else f"{len(ids):,} runs, such as {ids[0]},"
