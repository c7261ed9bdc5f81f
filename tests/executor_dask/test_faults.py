"""Workers that are killed, hang, leak or differ, and a scheduler that is lost."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import pytest

from spine.core.errors import ConfigError, NetworkError, OrchestrationError, is_retryable
from spine.core.errors import TimeoutError as SpineTimeoutError
from spine.orchestration.executors.base import Task
from spine.project import open_project
from spine.testing.conformance import executor_tasks as tasks
from spine.testing.conformance.gate import Gate
from spine_executor_dask.executor import DaskExecutor
from tests.executor_dask.conftest import FORKED, WORKER, DaskCluster
from tests.projects import DEADLINE_SECONDS, Project, wait_until

FLOWS = """
import os
import signal
import time
from pathlib import Path
from spine import Step, Workflow, workflow_registry

DIES = "{dies}"

def body(context, item):
    marks = Path(context.params["marks"])
    with (marks / str(item)).open("a") as file:
        file.write("x")
    if item == 40 and (DIES == "always" or (DIES == "once" and (marks / "40").read_text() == "x")):
        os.kill(os.getpid(), signal.SIGKILL)
    if DIES == "slow":
        time.sleep(0.005)
    return {{"double": 2 * item}}

workflow_registry.register(Workflow(
    "w",
    [Step.map("each", "items", function=body, executor="dask", max_concurrency=3, tolerated_failures={tolerated})],
    defaults={{"items": list(range({count})), "marks": ""}},
))
"""


def results_of(project: Project) -> dict[int, tuple[str, Any]]:
    """Return the status and the output of each item of the latest run, as the last attempt left them."""
    with open_project(project.root, {}) as opened:
        rows = opened.database.query("SELECT item_index, status, output FROM core_workflow_items ORDER BY item_index")
    return {row["item_index"]: (row["status"], row["output"]) for row in rows}


def run_map(project: Project, tmp_path: Path) -> tuple[int, str]:
    (tmp_path / "marks").mkdir()
    done = project.run("run", "w", "-p", f"marks={tmp_path / 'marks'}")
    return done.code, done.out + done.err


@pytest.mark.slow
def test_an_item_whose_worker_is_killed_once_is_tried_again(
    make_project: Callable[..., Project], tmp_path: Path
) -> None:
    project = make_project(FLOWS.format(dies="once", tolerated=0, count=90), "workers = 3\n")
    code, said = run_map(project, tmp_path)
    assert code == 0, said
    expected = {item: ("COMPLETED", f'{{"double":{2 * item}}}') for item in range(90)}
    assert results_of(project) == expected
    assert (tmp_path / "marks" / "40").read_text() == "xx"


@pytest.mark.slow
def test_an_item_that_always_kills_its_worker_fails_alone(make_project: Callable[..., Project], tmp_path: Path) -> None:
    options = "workers = 3\nallowed_failures = 2\n"
    project = make_project(FLOWS.format(dies="always", tolerated=1, count=90), options)
    code, said = run_map(project, tmp_path)
    assert code == 0, said
    found = results_of(project)
    assert [item for item, (status, _) in found.items() if status != "COMPLETED"] == [40]
    assert found[40][0] == "FAILED"
    assert (tmp_path / "marks" / "40").read_text() in ("xxx", "xxxx"), "three times alone, and once in a batch"
    others = [(tmp_path / "marks" / str(item)).read_text() for item in found if item != 40]
    assert max(map(len, others)) <= 3  # those of its batch run again alone, and an answer that was not sent yet is lost


@pytest.mark.slow
def test_an_item_that_hangs_is_late_and_its_worker_comes_back() -> None:
    executor = DaskExecutor(1, timeout=5.0)  # an import counts, and takes a second on a busy machine
    with Gate() as gate:
        late = executor.submit(Task(tasks.wait_at, {"gate": gate.address, "name": "late"}))
        next_one = executor.submit(Task(tasks.square, {"number": 3}))
        with pytest.raises(SpineTimeoutError, match="no result after 5 s") as caught:
            late.result(DEADLINE_SECONDS)
    assert is_retryable(caught.value)
    assert next_one.result(DEADLINE_SECONDS) == 9
    executor.close()


@pytest.mark.slow
def test_a_frozen_worker_is_restarted() -> None:
    executor = DaskExecutor(1, timeout=5.0)
    pid = executor.submit(Task(os.getpid)).result(DEADLINE_SECONDS)
    with Gate() as gate:
        frozen = executor.submit(Task(tasks.wait_at, {"gate": gate.address, "name": "frozen"}))
        assert gate.arrival(DEADLINE_SECONDS) == "frozen"
        os.kill(pid, signal.SIGSTOP)
        assert isinstance(frozen.exception(DEADLINE_SECONDS), SpineTimeoutError)
    assert executor.submit(Task(os.getpid)).result(DEADLINE_SECONDS) != pid
    executor.close()


@pytest.mark.slow
def test_an_abandoned_task_ends_as_if_its_worker_had_died() -> None:
    executor = DaskExecutor(2)
    with Gate() as gate:
        hung = executor.submit(Task(tasks.wait_at, {"gate": gate.address, "name": "hung"}))
        assert gate.arrival(DEADLINE_SECONDS) == "hung"
        other = executor.submit(Task(tasks.wait_at, {"gate": gate.address, "name": "other"}))
        assert gate.arrival(DEADLINE_SECONDS) == "other"
        executor.abandon(hung)
        with pytest.raises(OrchestrationError, match="worker process died") as caught:
            hung.result(DEADLINE_SECONDS)
        assert caught.value.retryable
        gate.open()
        assert other.result(DEADLINE_SECONDS) == "other"
    executor.close()


def leak() -> int:
    kept = []
    while True:
        kept.append(b"x" * (1 << 20))
        time.sleep(0.001)


@pytest.mark.slow
def test_an_item_that_leaks_memory_is_ended() -> None:
    executor = DaskExecutor(2, max_memory=400 << 20, allowed_failures=1)
    leaking = executor.submit(Task(leak))
    others = [executor.submit(Task(tasks.square, {"number": number})) for number in range(20)]
    error = leaking.exception(DEADLINE_SECONDS)
    assert isinstance(error, OrchestrationError)
    assert "out of memory" in str(error)
    assert [other.result(DEADLINE_SECONDS) for other in others] == [number * number for number in range(20)]
    executor.close()


@pytest.mark.slow
def test_items_run_on_a_cluster_of_other_processes(cluster: DaskCluster) -> None:
    executor = DaskExecutor(3, address=cluster.start(3, *WORKER))
    pids = {executor.submit(Task(os.getpid)).result(DEADLINE_SECONDS) for _ in range(6)}
    executor.close()
    assert os.getpid() not in pids
    assert all(map(psutil.pid_exists, pids))  # the cluster stays


@pytest.mark.slow
def test_no_more_than_max_workers_run_on_a_larger_cluster(cluster: DaskCluster) -> None:
    executor = DaskExecutor(1, address=cluster.start(2, *WORKER))
    with Gate() as gate:
        futures = [executor.submit(Task(tasks.wait_at, {"gate": gate.address, "name": str(n)})) for n in range(3)]
        assert gate.arrival(DEADLINE_SECONDS) == "0"
        assert gate.arrival(1.0) is None
        gate.open()
        assert [future.result(DEADLINE_SECONDS) for future in futures] == ["0", "1", "2"]
    executor.close()


def test_a_cluster_that_is_not_there_is_a_network_error() -> None:
    executor = DaskExecutor(2, address="tcp://127.0.0.1:9", connect_seconds=1.0)
    with pytest.raises(NetworkError, match="cannot be reached"):
        executor.submit(Task(tasks.square, {"number": 3}))
    executor.close()


@pytest.mark.slow
def test_a_cluster_without_workers_is_a_network_error(cluster: DaskCluster) -> None:
    executor = DaskExecutor(2, address=cluster.start(0), connect_seconds=2.0)
    with pytest.raises(NetworkError, match="has no worker: start dask worker"):
        executor.submit(Task(tasks.square, {"number": 3}))
    executor.close()


@pytest.mark.slow
def test_a_cluster_whose_workers_all_end_fails_its_tasks_and_names_the_remedy(cluster: DaskCluster) -> None:
    executor = DaskExecutor(2, address=cluster.start(1, *WORKER), connect_seconds=10.0)
    with Gate() as gate:
        futures = [executor.submit(Task(tasks.wait_at, {"gate": gate.address, "name": str(n)})) for n in range(4)]
        gate.arrival(DEADLINE_SECONDS)
        cluster.processes[1].terminate()  # in order: a nanny starts no other worker
        for future in futures:
            error = future.exception(DEADLINE_SECONDS)
            assert isinstance(error, OrchestrationError)
            assert "has no worker left: start dask worker, and resume the run" in str(error)
            assert is_retryable(error)
    executor.close()


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(DEADLINE_SECONDS)


@pytest.mark.slow
def test_a_task_that_interrupts_its_process_fails_alone() -> None:
    executor = DaskExecutor(1)
    interrupted = executor.submit(Task(interrupt))
    other = executor.submit(Task(tasks.square, {"number": 3}))
    assert other.result(DEADLINE_SECONDS) == 9
    assert isinstance(interrupted.exception(DEADLINE_SECONDS), OrchestrationError)
    executor.close()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Mismatched versions")  # which Dask says, and goes on
@pytest.mark.parametrize("name", ["spine-core", "spine-executor-dask", "distributed"])
def test_a_worker_of_another_version_is_refused_with_both(name: str, cluster: DaskCluster, tmp_path: Path) -> None:
    described = tmp_path / "old" / f"{name.replace('-', '_')}-0.0.1.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.0.1\n")
    cluster.environ = {"PYTHONPATH": os.pathsep.join([str(described.parent), cluster.path])}
    executor = DaskExecutor(2, address=cluster.start(1, *WORKER))
    with pytest.raises(ConfigError, match=rf"{name} 0\.0\.1.*, and this process has .*{name} {version(name)}"):
        executor.submit(Task(tasks.square, {"number": 3}))
    executor.close()


@pytest.mark.slow
@pytest.mark.parametrize("options", [("--nthreads", "2"), ("--nthreads", "1", "--no-nanny")])
def test_workers_with_several_threads_or_without_a_nanny_are_refused(
    options: tuple[str, ...], cluster: DaskCluster
) -> None:
    executor = DaskExecutor(2, address=cluster.start(1, *options, *WORKER[2:]))
    with pytest.raises(ConfigError, match="start it with dask worker --nthreads 1 --nanny"):
        executor.submit(Task(tasks.square, {"number": 3}))
    executor.close()


@pytest.mark.slow
def test_a_worker_killed_on_a_cluster_fails_its_item_only(cluster: DaskCluster) -> None:
    cluster.environ = FORKED
    executor = DaskExecutor(2, address=cluster.start(2, *WORKER))
    dies = executor.submit(Task(tasks.die))
    others = [executor.submit(Task(tasks.square, {"number": number})) for number in range(40)]
    assert [other.result(DEADLINE_SECONDS) for other in others] == [number * number for number in range(40)]
    error = dies.exception(DEADLINE_SECONDS)
    assert isinstance(error, OrchestrationError)
    assert is_retryable(error)
    executor.close()


@pytest.mark.slow
def test_with_a_worker_killed_and_the_scheduler_lost_a_resumed_run_has_each_result_once_and_in_order(
    make_project: Callable[..., Project], cluster: DaskCluster, tmp_path: Path
) -> None:
    address, marks = cluster.start(3, *WORKER), tmp_path / "marks"
    marks.mkdir()
    project = make_project(FLOWS.format(dies="slow", tolerated=0, count=1000), f'address = "{address}"\n')
    with project.start("run", "w", "-p", f"marks={marks}") as running:
        wait_until(lambda: len(list(marks.iterdir())) > 150)
        children = psutil.Process(cluster.processes[1].pid).children()
        [worker] = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
        worker.kill()  # its nanny starts another one
        wait_until(lambda: len(list(marks.iterdir())) > 300)
        cluster.kill_scheduler()
        out, err = running.communicate(timeout=DEADLINE_SECONDS)
    assert running.returncode == 1, err
    assert "was lost: start it again" in out + err
    before = {item for item, (status, _) in results_of(project).items() if status == "COMPLETED"}
    assert 250 < len(before) < 1000
    executed = {int(path.name) for path in marks.iterdir()}
    cluster.stop()
    assert cluster.start(3, *WORKER, port=int(address.rpartition(":")[2])) == address
    done = project.run("runs", "resume", "latest")
    assert done.code == 0, done.err
    found = results_of(project)
    assert list(found.items()) == [(item, ("COMPLETED", f'{{"double":{2 * item}}}')) for item in range(1000)]
    again = {item for item in range(1000) if (marks / str(item)).read_text() != "x"}
    assert again <= executed  # only what had begun
    assert len(again) <= 200  # and was not recorded: of a group and of the batches that ran, 0.2 s each
    [step] = project.run("runs", "show", "latest", "--json").json["steps"][-1:]
    assert [result["double"] for result in step["outputs"]["results"]] == [2 * item for item in range(1000)]


CHANGED = """
import os
import signal
from pathlib import Path
from spine import Step, Workflow, workflow_registry

def body(context, item):
    if item == 3 and CHANGES:
        file = Path(__file__)
        file.write_text(file.read_text().replace("CHANGES = True", "CHANGES = False"))
        os.kill(os.getpid(), signal.SIGKILL)
    return item

CHANGES = {changes}
workflow_registry.register(Workflow(
    "w", [Step.map("each", "items", function=body, executor="dask", max_concurrency=2, tolerated_failures={tolerated})],
    defaults={{"items": list(range(8))}},
))
"""


@pytest.mark.slow
def test_a_worker_with_other_code_of_the_project_is_refused_until_it_is_restarted(
    make_project: Callable[..., Project], cluster: DaskCluster
) -> None:
    address = cluster.start(1, *WORKER)
    project = make_project(CHANGED.format(changes=False, tolerated=0), f'address = "{address}"\n')
    assert project.run("run", "w").code == 0
    (project.root / "flows.py").write_text(CHANGED.format(changes=False, tolerated=0) + "VERSION = 2\n")
    refused = project.run("run", "w")
    assert refused.code == 1
    said = refused.out + refused.err
    assert "has other code of the project than this process: bring its folder up to date there, and restart" in said
    cluster.stop()
    assert cluster.start(1, *WORKER, port=int(address.rpartition(":")[2])) == address
    assert project.run("runs", "resume", "latest").code == 0


@pytest.mark.slow
@pytest.mark.parametrize("tolerated", [0, 8])
def test_items_on_a_worker_that_came_back_with_other_code_fail_as_the_step_tolerates(
    tolerated: int, make_project: Callable[..., Project]
) -> None:
    project = make_project(CHANGED.format(changes=True, tolerated=tolerated), "workers = 1\n")
    done = project.run("run", "w")
    assert done.code == (0 if tolerated else 1), done.err
    with open_project(project.root, {}) as opened:
        rows = opened.database.query("SELECT status, error, error_category FROM core_workflow_items")
    errors = [(row["error_category"], row["error"]) for row in rows if row["status"] == "FAILED"]
    assert errors
    assert all(category == "CONFIG" and "other code of the project" in error for category, error in errors)


CAPTURES = """
from spine import Step, Workflow, capture, pipeline, workflow_registry

def body(context, item):
    return {"rows": capture("rows", [{"item": item}], partition={"item": str(item)}).row_count}

@pipeline("load")
def load(params):
    return capture("rows", [{"item": 1}])

workflow_registry.register(Workflow("map", [Step.map("each", "items", function=body, executor="dask")],
    defaults={"items": [1, 2, 3]}))
workflow_registry.register(Workflow("pipeline", [Step.pipeline("load", "load", executor="dask")]))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "elsewhere", "said"),
    [
        ("STORE", "captures", "the worker has written its file to another folder than"),
        ("DATABASE", "sqlite:///other.db", "has another database than run"),
    ],
)
def test_no_run_completes_whose_captures_a_worker_kept_on_its_own_machine(
    setting: str, elsewhere: str, said: str, make_project: Callable[..., Project], cluster: DaskCluster, tmp_path: Path
) -> None:
    other = elsewhere.replace("///", f"///{tmp_path}/") if "///" in elsewhere else str(tmp_path / elsewhere)
    cluster.environ = {f"SPINE__SPINE__{setting}": other}
    project = make_project(CAPTURES, f'address = "{cluster.start(1, *WORKER)}"\n')
    for workflow in ("map", "pipeline"):
        done = project.run("run", workflow)
        assert done.code == 1
        assert said in done.out + done.err
    assert project.call("captures", "list", "--json").json == []
