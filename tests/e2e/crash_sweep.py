"""Kill a process that runs a workflow, at store writes and at random moments, and check the result of a resume.

Usage: python -m tests.e2e.crash_sweep FOLDER DATABASE_URL... with the environment variables STEP (every n-th
write, both before and after it) and RANDOM (how many random moments). `{n}` in a URL is the number of the case.
Prints a report as JSON. The cases are forks of this process, which has everything imported and nothing open.
"""

from __future__ import annotations

import collections
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet  # noqa: F401 - before the forks

from spine.app import open_project
from spine.orchestration import WorkflowRunner, workflow_registry
from spine.orchestration.run_store import RunStore
from spine.storage.migrate import upgrade
from spine.storage.runs.store import SqlRunStore
from tests.e2e.forks import fork

SETTINGS = """
[spine]
database = "{url}"
modules = ["crash_flows"]
[alerts]
on_failure = "none"
"""
COMPARED = ("name", "partition_key", "revision", "content_hash", "row_count")


class Killing(SqlRunStore):
    """A run store whose process dies at its n-th write, `before` it or after it."""

    def __init__(self, adapter: Any, at: float, before: bool) -> None:
        super().__init__(adapter)
        self.writes = 0
        self._at = at
        self._before = before

    def create(self, *arguments: Any) -> Any:
        return self._write(lambda: SqlRunStore.create(self, *arguments))

    def commit(self, batch: Any) -> None:
        self._write(lambda: SqlRunStore.commit(self, batch))

    def _write(self, write: Callable[[], Any]) -> Any:
        self.writes += 1
        dies = self.writes == self._at
        if dies and self._before:
            os.kill(os.getpid(), signal.SIGKILL)
        found = write()
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)
        return found


class Case:
    """One project folder, with a database of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        (folder / "spine.toml").write_text(SETTINGS.format(url=url))
        shutil.copy(Path(__file__).with_name("crash_flows.py"), folder)
        (folder / "ran.log").touch()
        fork(self._upgrade)

    def start(self, at: float = float("inf"), before: bool = False) -> None:
        with open_project(self.folder) as project:
            store = Killing(project.history, at, before)
            project.scope.provide(RunStore, store)  # type: ignore[type-abstract]
            WorkflowRunner().execute(workflow_registry.get("crash.all"))
            (self.folder / "writes").write_text(str(store.writes))

    def recover(self) -> None:
        with open_project(self.folder) as project:
            project.runner().recover(max_crashes=10)

    def look(self) -> dict[str, Any]:
        """Return the runs, the finished steps and items, and the captures with their bytes."""
        with open_project(self.folder) as project:
            query = project.adapter.query
            runs = query("SELECT run_id, workflow_name, status, parent_run_id FROM core_workflow_runs")
            steps = query(
                "SELECT s.step_name, s.status, r.workflow_name FROM core_workflow_steps s "
                "JOIN core_workflow_runs r ON r.run_id = s.run_id"
            )
            items = query("SELECT item_index, status FROM core_workflow_items")
            captures = query(
                "SELECT name, partition_key, revision, content_hash, row_count, location FROM core_captures"
            )
            store = project.payloads
        made = sorted(
            (*(str(row[key]) for key in COMPARED), store.place(row["location"]).read_bytes().hex()) for row in captures
        )
        return {
            "runs": [(row["workflow_name"], row["status"], row["parent_run_id"] is None) for row in runs],
            "steps": [(row["workflow_name"], row["step_name"], row["status"]) for row in steps],
            "items": [(row["item_index"], row["status"]) for row in items],
            "captures": made,
        }

    def _upgrade(self) -> None:
        with open_project(self.folder) as project:
            upgrade(project.database)

    def ran(self) -> collections.Counter[str]:
        return collections.Counter((self.folder / "ran.log").read_text().split())


def finished(state: dict[str, Any]) -> set[str]:
    """Return the names under which the side file has what the store calls finished."""
    own = {"crash.all": "{step}"}
    names = {
        own.get(workflow, "{workflow}/{step}").format(workflow=workflow, step=step)
        for workflow, step, status in state["steps"]
        if status == "COMPLETED"
    }
    return names | {f"each[{index}]" for index, status in state["items"] if status == "COMPLETED"}


def examine(case: Case, expected: dict[str, Any], what: str) -> list[str]:
    """Resume the run of a process that died and return a sentence for each broken guarantee."""
    before, ran_before = case.look(), case.ran()
    if not before["runs"]:
        return []  # it died before there was a run
    done = finished(before)
    fork(case.recover)
    after, ran_after = case.look(), case.ran()
    faults = []
    again = sorted(name for name in done if ran_after[name] != ran_before[name])
    if again:
        faults.append(f"{what}: finished and ran again: {', '.join(again)}")
    if after["captures"] != expected["captures"]:
        faults.append(f"{what}: other captures than the undisturbed run")
    if any(status != "COMPLETED" for _, status, _ in after["runs"]):
        faults.append(f"{what}: runs are {after['runs']}")
    if any(status == "RUNNING" for _, _, status in after["steps"]):
        faults.append(f"{what}: a step is still RUNNING")
    return faults


def sweep(folder: Path, url: str, every: int, randomly: int) -> dict[str, Any]:
    number = iter(range(10**6))

    def new_case() -> Case:
        count = next(number)
        return Case(folder / str(count), url.replace("{n}", str(count)))

    undisturbed = new_case()
    begin = time.monotonic()
    if not fork(undisturbed.start):
        return {"faults": ["the undisturbed run failed"], "cases": 1, "writes": 0}
    taken = time.monotonic() - begin
    expected = undisturbed.look()
    writes = int((undisturbed.folder / "writes").read_text())
    faults, cases = [], 0
    for at in range(1, writes + 1, every):
        for before in (True, False):
            case = new_case()
            fork(lambda case=case, at=at, before=before: case.start(at, before))
            faults += examine(case, expected, f"killed {'before' if before else 'after'} write {at}")
            cases += 1
            shutil.rmtree(case.folder)
    chance = random.Random(7)
    for _ in range(randomly):
        case, moment = new_case(), chance.uniform(0.02, taken * 1.1)
        fork(case.start, kill_after=moment)
        faults += examine(case, expected, f"killed after {moment:.3f} s")
        cases += 1
        shutil.rmtree(case.folder)
    return {"url": url.partition(":")[0], "writes": writes, "cases": cases, "faults": faults}


if __name__ == "__main__":
    every, randomly = int(os.environ.get("STEP", "1")), int(os.environ.get("RANDOM", "0"))
    reports = [
        sweep(Path(sys.argv[1]) / str(position), url, every, randomly) for position, url in enumerate(sys.argv[2:])
    ]
    print(json.dumps(reports, indent=2))
