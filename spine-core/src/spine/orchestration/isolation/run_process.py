"""Run on an executor of other processes: passed by its id, and acquired there under a new lease."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from spine.framework.trigger_source import TriggerSource
from spine.orchestration.ended_run import ended_run
from spine.orchestration.executors.base import Task
from spine.orchestration.isolation.project_address import close_kept_project, current_address, project_at
from spine.orchestration.stop import Stop, StopReason


def run_task(run_id: str, owner: str, on_crash: str, max_crashes: int) -> Task:
    """Return the task that executes a run of the current project, whose lease the process `owner` holds."""
    arguments = {
        "project": current_address(),
        "run_id": run_id,
        "owner": owner,
        "on_crash": on_crash,
        "max_crashes": max_crashes,
    }
    return Task(execute_run_there, arguments)


def execute_run_there(
    project: dict[str, str], run_id: str, owner: str, on_crash: str, max_crashes: int
) -> dict[str, Any]:
    """Execute the rest of a run in this process and return its end; SIGTERM parks it, then ends the process."""
    with _parking() as stop, project_at(project) as opened:
        runner = opened.runner(triggered_by=TriggerSource.SCHEDULER, park_waits=True)
        result = runner.proceed(run_id, on_crash=on_crash, max_crashes=max_crashes, stop=stop, handed_by=owner)
        return ended_run(result)


@contextmanager
def _parking() -> Iterator[Stop]:
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():  # only the main thread may handle signals
        yield stop
        return
    before = signal.signal(signal.SIGTERM, lambda _number, _frame: stop.request(StopReason.PARK))
    try:
        yield stop
    finally:
        signal.signal(signal.SIGTERM, before)
        if stop.reason is StopReason.PARK:
            close_kept_project()
            os.kill(os.getpid(), signal.SIGTERM)
