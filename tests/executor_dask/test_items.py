"""Items of a map on a cluster that is started here: values, errors, logs and captures as on other executors."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import ValidationError
from spine.orchestration.executors.base import Task
from spine.orchestration.executors.processes import ProcessExecutor
from spine.orchestration.step_result import StepResult
from spine.project import open_project
from spine.testing.conformance import executor_tasks as tasks
from spine.testing.conformance.gate import Gate
from spine_executor_dask.executor import DaskExecutor
from spine_executor_dask.sent_error import error_from_json, error_to_json
from spine_executor_dask.worker import is_cancelled
from tests.projects import Project, wait_until

FLOWS = """
import logging
from spine import Step, Workflow, capture, workflow_registry
from spine.core.errors import SourceNotFoundError

logger = logging.getLogger("flows")

def body(context, item):
    logger.info("item %s begins", item)
    print("printed by", item)
    capture("squares", [{"n": item, "square": item * item, "id": f"00{item}"}], partition={"n": str(item)})
    if item == 3:
        try:
            {}["missing"]
        except KeyError as error:
            raise SourceNotFoundError("no file for 3") from error
    if item == 4:
        return 1 // 0
    return {"square": item * item}

workflow_registry.register(Workflow("w", [
    Step.map("each", "items", function=body, executor="EXECUTOR", max_concurrency=2, tolerated_failures=2),
], defaults={"items": [1, 2, 3, 4, 5, 6]}))
"""

EXECUTORS = ("threads", "processes", "dask")


def items_of(project: Project) -> list[dict[str, Any]]:
    """Return the items of the only run in their order, without times and ids."""
    with open_project(project.root, {}) as opened:
        rows = opened.database.query("SELECT * FROM core_workflow_items ORDER BY item_index")
    return [{key: value for key, value in row.items() if key != "run_id" and not key.endswith("_at")} for row in rows]


def logs_of(project: Project) -> list[str]:
    """Return the lines of the latest run, without times and ids, sorted."""
    lines = project.call("runs", "logs", "latest", "--json").json
    return sorted(repr({key: line[key] for key in line if key not in ("id", "timestamp", "run_id")}) for line in lines)


def payloads_of(project: Project) -> dict[str, bytes]:
    store = project.root / ".spine" / "captures"
    rows = project.call("captures", "list", "--json", "-n", "1000").json
    return {f"{row['name']} {row['partition_key']}": (store / row["location"]).read_bytes() for row in rows}


@pytest.mark.slow
def test_what_items_leave_is_the_same_on_threads_and_processes(
    make_project: Callable[..., Project],
) -> None:
    found = {}
    for executor in EXECUTORS:
        project = make_project(FLOWS.replace("EXECUTOR", executor), name=executor)
        assert project.run("run", "w").code == 0
        rows = [repr(row).replace(str(project.root), "ROOT") for row in (*items_of(project), *logs_of(project))]
        found[executor] = (rows, payloads_of(project))
    assert found["dask"][0] == found["processes"][0]
    assert found["dask"][1] == found["processes"][1] == found["threads"][1]
    assert len(found["dask"][1]) == 4
    assert "no file for 3" in str(found["dask"][0])
    assert "return 1 // 0" in str(found["dask"][0])


HOSTILE = [
    "nul \0 in it",
    "lone \ud800 surrogate",
    "\u2028\u2029\x1b[31m",
    10**4199,
    -(2**70),
    1e308,
    -0.0,
    {"__class__": "x", "$ref": "\0", "": []},
    "x" * 3_000_000,
]


@pytest.fixture(scope="module")
def dask() -> Any:
    executor = DaskExecutor(2)
    yield executor
    executor.close()


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_values_arrive_as_they_are(value: Any, dask: DaskExecutor) -> None:
    assert repr(dask.submit(Task(tasks.give, {"value": value})).result(600)) == repr({"value": value})


REFUSED = [float("nan"), float("inf"), 10**4300, b"bytes", object()]


@pytest.mark.parametrize("value", REFUSED, ids=range(len(REFUSED)))
def test_values_that_json_cannot_hold_are_refused_as_by_processes(value: Any, dask: DaskExecutor) -> None:
    processes = ProcessExecutor(1)
    said = []
    for executor in (dask, processes):
        with pytest.raises(ValidationError) as caught:
            executor.submit(Task(tasks.give, {"value": value}))
        said.append(re.sub("0x[0-9a-f]+", "", str(caught.value)))
    processes.close()
    assert said[0] == said[1]


class OddError(Exception):
    def __init__(self, first: object, second: object) -> None:
        super().__init__(f"{first} {second}")
        self.first = first


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


ERRORS = [
    OddError("a", "b"),
    OddError(object(), "b"),
    FileNotFoundError(2, "No such file or directory", "a\0.csv"),
    KeyError("\ud800"),
    KeyError(("a", 1)),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
    ExceptionGroup("two", [ValueError("a"), ConnectionError("b")]),
    ValidationError("bad", field="x.y"),
    MemoryError(),
    ValueError("x" * 3_000_000),
    ConnectionResetError(104, "reset"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_as_json_keeps_its_facts(error: Exception) -> None:
    caught = raised(error)
    ours, expected = StepResult.raised(error_from_json(error_to_json(caught))), StepResult.raised(caught)
    assert ours.failure == expected.failure
    assert str(expected.error)[:1000] in str(ours.error)
    assert (ours.error_category, ours.retryable) == (expected.error_category, expected.retryable)


def test_an_error_keeps_its_class_and_attributes() -> None:
    found = error_from_json(error_to_json(raised(ValidationError("bad", field="x.y").with_context(step="s", row=3))))
    assert (type(found), str(found), found.field) == (ValidationError, "bad", "x.y")
    assert (found.context.step, found.context.metadata) == ("s", {"row": 3})
    file = error_from_json(error_to_json(raised(FileNotFoundError(2, "No such file", "a.csv"))))
    assert (type(file), file.filename) == (FileNotFoundError, "a.csv")


@given(st.text(), st.integers(-(2**80), 2**80) | st.floats(allow_nan=False))
def test_errors_of_any_text_come_back(text: str, value: float) -> None:
    found = error_from_json(error_to_json(raised(OddError(text, value))))
    assert str(found) == f"{text} {value}"


def report_when_cancelled(gate: list[Any]) -> bool:
    from spine.testing.conformance.gate import pass_gate

    pass_gate(gate, "begun")
    wait_until(is_cancelled)
    return True


def test_a_running_task_is_told_that_it_was_cancelled(dask: DaskExecutor) -> None:
    with Gate() as gate:
        future = dask.submit(Task(report_when_cancelled, {"gate": gate.address}))
        assert gate.arrival(600) == "begun"
        gate.open()
        assert not future.cancel()
        assert future.result(600) is True
    assert not is_cancelled()


def test_everything_listens_on_the_loopback_only(dask: DaskExecutor) -> None:
    assert dask.submit(Task(tasks.square, {"number": 2})).result(600) == 4
    here = psutil.Process()
    listening = [
        connection.laddr.ip
        for process in (here, *here.children(recursive=True))
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 3
    assert set(listening) == {"127.0.0.1"}


@pytest.mark.slow
def test_the_command_line_imports_nothing_of_dask_until_an_item_needs_it(make_project: Callable[..., Project]) -> None:
    project = make_project(FLOWS.replace("EXECUTOR", "dask"))
    script = (
        "import sys; from spine.testing.command_line import call;"
        "assert call(*sys.argv[1:]).code == 0;"
        "found = {name.split('.')[0] for name in sys.modules} & {'dask', 'distributed', 'tornado'};"
        "assert not found, found"
    )
    for arguments in (["--help"], ["plugins", "list"], ["--project", str(project.root), "workflows", "list"]):
        subprocess.run([sys.executable, "-c", script, *arguments], check=True, cwd=project.root)


@pytest.mark.slow
def test_no_process_is_left(make_project: Callable[..., Project], tmp_path: Path) -> None:
    before = set(psutil.Process().children())  # such as a cluster that tests share
    executor = DaskExecutor(2)
    pids = [executor.submit(Task(os.getpid)).result(600) for _ in range(4)]
    executor.close()
    wait_until(lambda: not any(map(psutil.pid_exists, pids)))
    children = set(psutil.Process().children()) - before
    assert not [child for child in children if "spine-dask" in " ".join(child.cmdline())]
