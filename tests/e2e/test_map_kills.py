"""`kill -9` in the middle of a map of many items: what was committed never runs again."""

from __future__ import annotations

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from spine.project import open_project
from tests.projects import DEADLINE_SECONDS, Project, wait_until

Make = Callable[..., Project]

FLOWS = """
import os, time
from spine import Step, Workflow, capture, workflow_registry
from spine.orchestration.steptypes.map_items import CaptureItems

COUNT = 20_000

def make(context, config):
    capture("numbers", [{"n": number} for number in range(COUNT)])
    return {}

def listed(context):
    return range(COUNT)

def body(context, item):
    number = item["n"] if isinstance(item, dict) else item
    time.sleep(0.0005)
    file = os.open("ran", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{number}\\n".encode())
    os.close(file)
    if number % 5000 == 17:
        raise ValueError("is no number")
    return number * 2

for executor in ("inline", "threads", "processes"):
    for name, items in (("capture", CaptureItems("numbers")), ("list", listed)):
        each = Step.map("each", items, function=body, executor=executor, max_concurrency=2, tolerated_failures="1%",
                        collect="capture", capture="doubled")
        workflow_registry.register(Workflow(f"{executor}-{name}", [Step.lambda_("make", make), each]))
"""


def _committed(project: Project, status: str = "COMPLETED") -> list[int]:
    query = "SELECT item_index FROM core_workflow_items WHERE status = ? ORDER BY item_index"
    try:
        with closing(sqlite3.connect(project.root / ".spine/spine.db")) as connection:
            return [index for (index,) in connection.execute(query, (status,))]
    except sqlite3.OperationalError:  # the database is not made yet
        return []


def _ran(project: Project) -> list[int]:
    file: Path = project.root / "ran"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def _killed(project: Project, most: int, *command: str) -> None:
    """Start a command, and kill it when more than `most` items are committed."""
    before, ran_before = set(_committed(project)), len(_ran(project))
    process = project.start(*command)
    wait_until(lambda: len(_committed(project)) > most or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    process.kill()
    process.communicate(timeout=DEADLINE_SECONDS)
    assert not before & set(_ran(project)[ran_before:]), "a committed item ran again"


@pytest.mark.slow
@pytest.mark.parametrize("items", ["capture", "list"])
@pytest.mark.parametrize("executor", ["inline", "threads", "processes"])
def test_no_committed_item_runs_again_and_each_has_one_record(make_project: Make, executor: str, items: str) -> None:
    project = make_project('[spine]\nmodules = ["flows"]\n', FLOWS, f"{executor}-{items}")
    _killed(project, 2_000, "run", f"{executor}-{items}")
    _killed(project, 9_000, "runs", "resume", "latest")
    before, ran_before = set(_committed(project)), len(_ran(project))
    assert 9_000 < len(before) < 20_000
    done = project.run("runs", "resume", "latest", "--json")
    assert done.code == 0, done.err
    again = _ran(project)[ran_before:]
    assert not before & set(again), "a committed item ran again"
    assert max(Counter(again).values()) == 1
    failed = [17, 5017, 10017, 15017]
    assert _committed(project, "FAILED") == failed
    assert _committed(project) == [index for index in range(20_000) if index not in failed]
    with open_project(project.root, {}):
        from spine.framework.captures import read_capture

        table = read_capture("doubled").table
    assert table.column("_item").to_pylist() == list(range(20_000))
    values = table.column("value").to_pylist()
    assert values == [None if index in failed else index * 2 for index in range(20_000)]


SIZED = """
import os
from spine import Step, Workflow, workflow_registry
from spine.orchestration.steptypes.map_items import CaptureItems

def make(context, config):
    import pyarrow as pa
    from spine import capture
    count = context.params["count"]
    def batches():
        for start in range(0, count, 10_000):
            stop = min(start + 10_000, count)
            yield pa.table({"n": range(start, stop), "text": [f"item {n}" for n in range(start, stop)]})
    capture("numbers", batches())
    return {}

def body(context, item):
    return {"n": item["n"], "length": len(item["text"])}

for executor in ("threads", "processes"):
    workflow_registry.register(Workflow(executor, [
        Step.lambda_("make", make),
        Step.map("each", CaptureItems("numbers"), function=body, executor=executor, max_concurrency=2,
                 collect="capture", capture="lengths"),
    ], defaults={"count": 1000}))
"""

MEASURE = """
import json, resource, sys
from pathlib import Path
from spine.project import open_project
if __name__ == "__main__":
    found = []
    with open_project(Path("."), {}) as project:
        for count in (20_000, int(sys.argv[2])):
            result = project.run(sys.argv[1], {"count": count})
            assert result.error is None, result.error
            found.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    print(json.dumps(found))
"""
MOST_MIB = 200  # of which the writer of the capture has a row group, and pyarrow what it keeps


@pytest.mark.soak
@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_a_million_items_take_the_memory_of_a_few(make_project: Make, executor: str) -> None:
    import subprocess
    import sys

    project = make_project('[spine]\nmodules = ["flows"]\n', SIZED, executor)
    project.write("measure.py", MEASURE)
    done = subprocess.run(
        [sys.executable, "measure.py", executor, "1000000"],
        cwd=project.root,
        env=os.environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    few, many = json.loads(done.stdout)
    assert many - few < MOST_MIB, f"{few} MiB for 20,000 items, {many} MiB for 1,000,000"
