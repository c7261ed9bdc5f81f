"""Interrupts and errors of the executor whose tasks run in processes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from spine.core.classification import ErrorCategory
from spine.core.errors import OrchestrationError, SpineError
from spine.orchestration.executors.base import Task
from spine.orchestration.executors.processes import ProcessExecutor, call
from spine.orchestration.isolation.sent_error import SentError, send_error
from spine.testing.conformance import executor_tasks as tasks
from spine.testing.conformance.gate import Gate

SCRIPT = """
import os, signal
from spine.orchestration.executors.base import Task
from spine.orchestration.executors.processes import ProcessExecutor
from spine.testing.conformance import executor_tasks as tasks
from spine.testing.conformance.gate import Gate

if __name__ == "__main__":
    with Gate() as gate:
        executor = ProcessExecutor(2)
        future = executor.submit(Task(tasks.wait_at, {"gate": gate.address, "name": "alive"}))
        gate.arrival(600)
        try:
            os.killpg(0, signal.SIGINT)
            future.result(600)
        except KeyboardInterrupt:
            print("interrupted")
        gate.open()
        print(future.result(600))
        executor.close()
"""


@pytest.mark.slow
def test_an_interrupt_of_the_terminal_reaches_the_parent_only(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, start_new_session=True, check=False
    )
    assert (done.stdout, done.stderr) == ("interrupted\nalive\n", "")


def test_an_error_shows_where_in_the_child_it_was_raised():
    executor = ProcessExecutor(1)
    try:
        error = executor.submit(Task(tasks.fail, {"how": "value"})).exception(600)
    finally:
        executor.close()
    (note,) = error.__notes__
    assert note.startswith("In the worker process:\nTraceback")
    assert "executor_tasks.py" in note


def test_the_next_task_of_a_busy_worker_can_be_cancelled(tmp_path):
    ran, executor = tmp_path / "ran", ProcessExecutor(1)
    with Gate() as gate:
        first = executor.submit(Task(tasks.wait_at, {"gate": gate.address, "name": "first"}))
        gate.arrival(600)
        arguments = {"gate": gate.address, "name": "next", "file": str(ran)}
        cancelled = executor.submit(Task(tasks.wait_and_touch, arguments)).cancel()
        gate.open()
        executor.close()
    assert (cancelled, first.result(0), ran.exists()) == (True, "first", False)


def test_a_worker_that_dies_fails_only_the_task_that_it_ran():
    executor = ProcessExecutor(1)
    dies, others = (
        executor.submit(Task(tasks.die)),
        [executor.submit(Task(tasks.square, {"number": 3})) for _ in range(5)],
    )
    executor.close()
    assert isinstance(dies.exception(0), OrchestrationError)
    assert [other.result(0) for other in others] == [9] * 5


def test_a_module_that_exits_when_it_is_imported_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "leaves_at_import.py").write_text("raise SystemExit(5)")
    monkeypatch.syspath_prepend(tmp_path)
    sent = call("leaves_at_import:task", "{}")
    assert isinstance(sent, SentError)
    with pytest.raises(OrchestrationError, match=r"the module of leaves_at_import:task called sys.exit\(5\)"):
        raise sent.restore()


class Unspeakable(ConnectionError):
    def __str__(self):
        raise RuntimeError("no words")

    def __reduce__(self):
        raise RuntimeError("no pickling")


def test_an_error_of_which_nothing_can_be_had_keeps_its_category():
    restored = send_error(Unspeakable()).restore()
    assert type(restored) is SpineError
    assert (str(restored), restored.category, restored.retryable) == ("Unspeakable", ErrorCategory.NETWORK, True)
