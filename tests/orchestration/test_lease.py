"""Processes of this host: who works, who has ended, and who only has the PID of another; with and without `/proc`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from spine.orchestration import lease
from spine.orchestration.lease import is_gone, local_pid, process_name, works_here
from tests.projects import wait_until

SLEEPS = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture(params=["proc", "ps"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """Look at processes through `/proc`, and as on macOS, which has none, through ps(1)."""
    if request.param == "ps":
        monkeypatch.setattr(lease, "PROC", tmp_path)
    lease._own_start.cache_clear()
    yield request.param
    lease._own_start.cache_clear()


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen(SLEEPS)
    yield started
    started.kill()
    started.wait()


def name_of(pid: int) -> str:
    state = lease.process_state(pid)
    assert state is not None
    return f"{process_name().rsplit('/', 2)[0]}/{pid}/{state.started}"


def test_a_process_knows_itself() -> None:
    assert not is_gone(process_name())
    assert local_pid(process_name()) == os.getpid()
    assert works_here(process_name())
    assert not process_name().endswith(lease._UNKNOWN_START)


def test_a_process_with_the_pid_of_one_that_ended_is_another() -> None:
    host, pid, start = process_name().rsplit("/", 2)
    earlier = str(int(start) - 1) if start.isdigit() else start.replace("-20", "-19")
    assert is_gone(f"{host}/{pid}/{earlier}")
    assert local_pid(f"{host}/{pid}/{earlier}") is None


def test_a_process_that_was_killed_is_gone_also_before_its_parent_waits_for_it(
    child: subprocess.Popen[bytes],
) -> None:
    name = name_of(child.pid)
    assert not is_gone(name)
    child.kill()
    wait_until(lambda: is_gone(name))
    assert child.returncode is None  # nobody has waited: it is a zombie


def test_a_stopped_process_is_there_and_does_not_work(child: subprocess.Popen[bytes]) -> None:
    name = name_of(child.pid)
    assert works_here(name)
    child.send_signal(signal.SIGSTOP)
    wait_until(lambda: not works_here(name))
    assert not is_gone(name)


def test_a_process_whose_start_cannot_be_told_is_not_taken_for_gone(
    way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name = process_name()
    monkeypatch.setattr(lease, "PROC", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))  # no ps(1)
    assert not is_gone(name)
    host, _pid, start = name.rsplit("/", 2)
    assert is_gone(f"{host}/999999999/{start}")
