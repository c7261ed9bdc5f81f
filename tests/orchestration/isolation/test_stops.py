"""Stops of runs whose step works in a process of its own, here or in a worker of an executor."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spine.orchestration import Step, Workflow, WorkflowRunner, WorkflowStatus
from spine.orchestration.stop import Stop, StopReason
from tests.projects import wait_until

FLOWS = """
import pathlib
import time
from spine import pipeline

def work(params):
    folder = pathlib.Path(params["folder"])
    (folder / "begun").touch()
    while not (folder / "go").exists():
        time.sleep(0.01)
    return {"done": True}

pipeline("work")(work)
"""
STEPS = {
    "own process": Step.pipeline("s", "work", timeout=3600),
    "executor": Step.pipeline("s", "work", executor="processes"),
}

pytestmark = pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)


class WatchedStop(Stop):
    """Stop that counts how often it was looked at."""

    looks = 0

    @property
    def reason(self) -> StopReason | None:
        self.looks += 1
        return super().reason


@pytest.fixture
def stop(scratch_project: Any, tmp_path: Path) -> Iterator[WatchedStop]:
    scratch_project(flows=FLOWS)
    yield WatchedStop()
    (tmp_path / "go").touch()


def execute(step: Step, folder: Path, stop: WatchedStop, *reasons: StopReason, go: bool) -> Any:
    """Run a step and one after it, and stop the run for these reasons while the step works."""

    def ask() -> None:
        wait_until((folder / "begun").exists)
        for reason in reasons:
            stop.request(reason)
        asked = stop.looks
        wait_until(lambda: stop.looks > asked + 1 or ended.is_set())
        if go:
            (folder / "go").touch()

    ended, asking = threading.Event(), threading.Thread(target=ask)
    asking.start()
    workflow = Workflow("w", [step, Step.lambda_("after", lambda context, config: None)])
    result = WorkflowRunner().execute(workflow, {"folder": str(folder)}, stop=stop)
    ended.set()
    asking.join()
    return result


def test_a_run_is_parked_after_the_step(step: Step, stop: WatchedStop, tmp_path: Path) -> None:
    parked = execute(step, tmp_path, stop, StopReason.PARK, go=True)
    assert (parked.status, parked.completed_steps) == (WorkflowStatus.PENDING, ["s"])
    assert parked.context.get_output("s") == {"done": True}


@pytest.mark.parametrize("before", [[], [StopReason.PARK]], ids=["running", "to be parked"])
def test_a_run_is_cancelled_at_once(step: Step, before: list[StopReason], stop: WatchedStop, tmp_path: Path) -> None:
    cancelled = execute(step, tmp_path, stop, *before, StopReason.CANCEL, go=False)
    assert (cancelled.status, cancelled.completed_steps) == (WorkflowStatus.CANCELLED, [])
