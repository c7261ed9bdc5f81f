"""Kill a process that captures, at random moments, and look at the captures after each kill.

Usage: python -m tests.e2e.capture_sweep FOLDER KILLS URL: the number of kills, and the URL of the history.
Prints a report as JSON. The cases are forks of this process, which has everything imported and nothing open.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow.parquet  # noqa: F401 - before the forks

from spine import open_project
from spine.core.adapters.database import get_adapter
from spine.framework.captures import read_capture
from spine.framework.captures.store import capture_store
from spine.framework.captures.verify import verify_captures
from spine.storage.migrate import upgrade
from tests.e2e.forks import fork

SETTINGS = """
[spine]
name = "{name}"
database = "{url}"
modules = ["flows"]
[alerts]
on_failure = "none"
[runs]
max_crashes = 1000
"""
ROWS = 2000


class Case:
    """A project folder with a history of its own; on a server, the cases are projects of one database."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.url = url = url.replace("{folder}", str(folder))
        (folder / "spine.toml").write_text(SETTINGS.format(name=f"case-{folder.name}", url=url))
        shutil.copy(Path(__file__).with_name("capture_flows.py"), folder / "flows.py")
        self.fork(self._upgrade)

    def fork(self, work: Callable[[], Any], kill_after: float | None = None) -> bool:
        """Run `work` in a fork; with `kill_after`, kill it so long after it has begun. Return True if it ended well."""
        return fork(work, self.folder / "begun", kill_after)

    def start(self) -> None:
        with open_project(self.folder) as project:
            (self.folder / "begun").touch()
            project.run("captures")

    def resume(self) -> None:
        with open_project(self.folder) as project:
            (self.folder / "begun").touch()
            project.recover()

    def look(self) -> tuple[str | None, list[str], dict[str, int]]:
        """Return the status of the run, the faults of the captures, and the number of revisions of each name."""
        answer = self.folder / "answer.json"

        def work() -> None:
            with open_project(self.folder) as project:
                answer.write_text(json.dumps(examine(project)))

        assert self.fork(work)
        status, faults, revisions = json.loads(answer.read_text())
        return status, faults, revisions

    def _upgrade(self) -> None:
        with get_adapter(self.url) as history:
            upgrade(history)


def examine(project: Any) -> tuple[str | None, list[str], dict[str, int]]:
    runs = project.runs.list().rows
    made = project.captures.list()
    revisions: dict[str, int] = {}
    for capture in made:
        revisions[capture.name] = revisions.get(capture.name, 0) + 1
    adds = {name: revisions.get(name, 0) for name in ("log", "state", "last")}
    faults = []
    if len(set(adds.values())) > 1:
        faults.append(f"captures of one step are visible apart: {adds}")
    steps = adds["log"]
    for revision in range(1, steps + 1):
        ids = read_capture("log", revision=revision).table["id"].to_pylist()
        if ids != list(range(revision * ROWS)):
            faults.append(f"revision {revision} of log has {len(ids)} rows")
        state = read_capture("state", revision=revision).table
        expected = {row % (2 * ROWS): row // ROWS for row in range(revision * ROWS)}
        if dict(zip(state["id"].to_pylist(), state["n"].to_pylist(), strict=True)) != expected:
            faults.append(f"revision {revision} of state has other rows")
    if steps and len(set(read_capture("log").table["_load_id"].to_pylist())) != steps:
        faults.append("the load ids of log are not one for each revision")
    items = [capture for capture in made if capture.name == "items"]
    if any(capture.revision != 1 or capture.row_count != 1 for capture in items):
        faults.append("an item has appended twice")
    faults += [str(fault) for fault in verify_captures(capture_store().payloads, made)]
    return (runs[0]["status"] if runs else None), faults, revisions


def sweep(folder: Path, kills: int, url: str) -> dict[str, Any]:
    number = count()
    undisturbed = Case(folder / "undisturbed", url)
    begin = time.monotonic()
    if not undisturbed.fork(undisturbed.start):
        return {"faults": ["the undisturbed run failed"], "kills": 0}
    taken = time.monotonic() - begin
    _, faults, expected = undisturbed.look()
    chance, killed = random.Random(11), 0
    while killed < kills:
        case = Case(folder / str(next(number)), url)
        work, status = case.start, None
        while killed < kills and status != "COMPLETED":
            moment = chance.uniform(0, taken)
            killed += not case.fork(work, kill_after=moment)
            status, found, _ = case.look()
            faults += [f"case {case.folder.name}, killed after {moment:.3f} s: {fault}" for fault in found]
            work = case.start if status is None else case.resume
        case.fork(work)
        status, found, revisions = case.look()
        faults += [f"case {case.folder.name}: {fault}" for fault in found]
        if status != "COMPLETED" or revisions != expected:
            faults.append(f"case {case.folder.name} ended {status}, with {revisions}")
        shutil.rmtree(case.folder)
    return {"database": url.partition(":")[0], "seconds": round(taken, 2), "kills": killed, "faults": faults}


if __name__ == "__main__":
    print(json.dumps(sweep(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]), indent=2))
