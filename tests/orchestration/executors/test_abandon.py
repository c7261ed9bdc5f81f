"""Workers whose tasks do not return are replaced, and no other task notices."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import Future
from pathlib import Path
from threading import Event

import pytest

from spine.core.errors import OrchestrationError
from spine.orchestration.executors import processes
from spine.orchestration.executors.base import Task
from spine.orchestration.executors.processes import ProcessExecutor
from spine.orchestration.executors.threads import ThreadExecutor
from spine.testing.conformance import executor_tasks as tasks
from spine.testing.conformance.gate import Gate
from tests.projects import wait_until

_SECONDS = 600


def test_an_abandoned_thread_is_replaced_and_ends_with_its_task() -> None:
    executor, begun, go = ThreadExecutor(1), Event(), Event()

    def hang() -> str:
        begun.set()
        go.wait(_SECONDS)
        return "late"

    hung = executor.submit(Task(hang))
    assert begun.wait(_SECONDS)
    waiting = executor.submit(Task(lambda: "next"))
    executor.abandon(hung)
    assert waiting.result(_SECONDS) == "next"
    executor.close()  # does not wait for it
    assert not hung.done()
    go.set()
    assert hung.result(_SECONDS) == "late"


@pytest.mark.slow
def test_an_abandoned_process_is_killed_and_others_go_on() -> None:
    executor = ProcessExecutor(2)
    with Gate() as gate:
        hung = executor.submit(Task(tasks.wait_at, {"gate": gate.address, "name": "hung"}))
        gate.arrival(_SECONDS)
        other = executor.submit(Task(tasks.wait_at, {"gate": gate.address, "name": "other"}))
        gate.arrival(_SECONDS)
        executor.abandon(hung)
        with pytest.raises(OrchestrationError, match="worker process died") as caught:
            hung.result(_SECONDS)
        assert caught.value.retryable
        gate.open()
        assert other.result(_SECONDS) == "other"
    executor.close()


def test_a_program_that_an_abandoned_process_started_is_killed_with_it(tmp_path: Path) -> None:
    file, executor = tmp_path / "pid", ProcessExecutor(1)
    script = f"echo $$ > {file}.new; mv {file}.new {file}; exec sleep 600"
    hung = executor.submit(Task(subprocess.call, {"args": ["sh", "-c", script]}))
    wait_until(file.exists)
    executor.abandon(hung)
    with pytest.raises(OrchestrationError, match="worker process died"):
        hung.result(_SECONDS)
    wait_until(lambda: _is_over(int(file.read_text())))
    executor.close()


def test_a_process_is_killed_once_it_is_known_to_have_started(monkeypatch: pytest.MonkeyPatch) -> None:
    known: Future[int] = Future()
    killed: list[int] = []
    monkeypatch.setattr(processes.ProcessPoolExecutor, "submit", lambda *_args: known)
    monkeypatch.setattr(os, "killpg", lambda group, _signal: killed.append(group))
    worker = processes._Worker()
    worker.kill()
    assert killed == []
    known.set_result(17)
    assert killed == [17]


def _is_over(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
