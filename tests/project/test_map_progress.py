"""Progress of maps, read from the store by another process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from spine.project import open_project
from spine.project.runs import items_progress
from tests.projects import DEADLINE_SECONDS, Project, wait_until

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)

FLOWS = """
import time
from pathlib import Path
from spine import Step, Workflow, workflow_registry

def body(context, item):
    if item == 1:
        raise ValueError("no")
    if item == 900:
        while not Path("go").exists():
            time.sleep(0.01)
    return item

def many(context):
    return range(1000)

each = Step.map("each", many, function=body, executor="EXECUTOR", max_concurrency=1, tolerated_failures=1)
workflow_registry.register(Workflow("w", [each]))
"""


def _row(done: int, total: int | None, earlier: int = 0) -> dict[str, Any]:
    items = {"done": done, "failed": 1, "total": total, "earlier": earlier}
    return {"step_name": "each", "started_at": NOW - timedelta(seconds=10), "metrics": {"items": items}}


def test_the_rate_is_that_of_this_attempt_and_gives_the_time_that_is_left() -> None:
    found = items_progress(_row(500, 1500, earlier=300), NOW)
    assert found == {
        "step_name": "each",
        "done": 500,
        "failed": 1,
        "total": 1500,
        "per_second": 20.0,
        "seconds_left": 50.0,
    }


def test_without_a_total_or_a_rate_no_time_is_left_to_tell() -> None:
    assert items_progress(_row(500, None), NOW)["seconds_left"] is None
    assert items_progress(_row(0, 1500), NOW)["per_second"] is None
    assert items_progress(_row(5, 1500), NOW - timedelta(seconds=10))["seconds_left"] is None


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_another_process_sees_how_far_a_map_is(tmp_path: Path, executor: str) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", '[spine]\nmodules = ["flows"]\n')
    project.write("flows.py", FLOWS.replace("EXECUTOR", executor))
    running = project.start("run", "w")
    least = 900 if executor == "threads" else 2  # another process answers when its batch has ended
    seen: list[Any] = []

    def look(read: Callable[[], list[Any]]) -> bool:
        seen[:] = read()
        return bool(seen) and seen[0]["done"] >= least

    wait_until((tmp_path / ".spine" / "spine.db").exists)
    with open_project(tmp_path, {}) as opened:
        wait_until(lambda: bool(opened.runs.list()))
        run_id = opened.runs.find("latest")["run_id"]
        wait_until(lambda: look(lambda: opened.runs.progress(run_id)))
        [found] = seen
        assert (found["step_name"], found["failed"], found["total"]) == ("each", 1, 1000)
        assert least <= found["done"] <= 900
        assert found["per_second"] > 0
        assert found["seconds_left"] is not None
        (tmp_path / "go").touch()
        running.communicate(timeout=DEADLINE_SECONDS)
        assert running.returncode == 0
        assert opened.runs.progress(run_id) == []
        assert opened.runs.steps(run_id)[0]["metrics"] == {}
