"""`spine worker run`, `spine workers list`, `spine run --detach` and `spine runs park`."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from sqlalchemy import insert

from spine.core.adapters.database import get_adapter
from spine.core.clock import utc_now
from spine.storage.tables.workers import workers
from spine.testing import FakePlugin
from tests.projects import DEADLINE_SECONDS, Project, wait_until
from tests.prometheus import scrape, value
from tests.scheduling.table_queue import jobs, make_project

FLOWS = """
import time
from pathlib import Path
from spine.framework.params import ParamDef
from spine.orchestration import Step, Workflow, workflow_registry

HERE = Path(__file__).parent

def first(context, config):
    (HERE / "begun").touch()
    while not (HERE / "go").exists():
        time.sleep(0.02)

def last(context, config):
    return {"said": context.get_param("word")}

def refuse(params, tick=None):
    raise LookupError("no week")

steps = [Step.lambda_("a", first), Step.lambda_("b", last)]
workflow_registry.register(Workflow("slow", steps, params=[ParamDef("word", str, "what", default="hi")], queue="gpu"))
workflow_registry.register(Workflow("unresolved", steps, resolve_params=refuse))
"""


@pytest.fixture
def project(tmp_path: Path, installed_plugin: Callable[..., FakePlugin], monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project on a run queue, which processes know too."""

    def install(*arguments: Any, **options: Any) -> FakePlugin:
        made = installed_plugin(*arguments, **options)
        monkeypatch.setenv("PYTHONPATH", str(made.folder))
        return made

    return make_project(tmp_path / "project", install, f"sqlite:///{tmp_path / 'x.db'}", FLOWS)


@pytest.fixture
def plain(tmp_path: Path) -> Project:
    """A project whose scheduler executes its runs."""
    made = Project(tmp_path / "plain")
    made.write("spine.toml", '[spine]\nmodules = ["flows"]\n')
    made.write("flows.py", FLOWS)
    return made


def record_worker(project: Project, **facts: Any) -> None:
    """Record a worker of another machine."""
    now = utc_now()
    row = {
        "project": "",
        "process": "far.boot.1/7/1",
        "folder": "/srv/a/very/long/folder/of/the/project",
        "executor": "table",
        "queues": ["default"],
        "concurrency": 4,
        "workflows": {"slow": "0"},
        "started_at": now,
        "seen_at": now,
        **facts,
    }
    with get_adapter(f"sqlite:///{project.root.parent / 'x.db'}") as adapter, adapter.engine.begin() as connection:
        connection.execute(insert(workers).values(**row))


def status(project: Project, run_id: str) -> str:
    return str(project.call("runs", "show", run_id, "--json").json["status"])


@contextmanager
def service(project: Project, *arguments: str) -> Iterator[Popen[str]]:
    process = project.start(*arguments)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=DEADLINE_SECONDS)


def test_without_a_queue_as_executor_a_worker_is_one_sentence(plain: Project) -> None:
    outcome = plain.call("worker", "run")
    assert outcome.code == 2
    assert outcome.sentence == (
        f"{plain.root}/spine.toml: scheduler.executor: 'threads' has no queue for workers: set it to 'procrastinate', "
        "after pip install spine-executor-procrastinate"
    )


def test_an_executor_that_is_not_installed_is_one_sentence_with_the_command(
    plain: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain.write("spine.toml", '[spine]\nmodules = ["flows"]\n[scheduler]\nexecutor = "procrastinate"\n')
    monkeypatch.setenv("SPINE_PLUGINS_DISABLED", "executor-procrastinate")
    for command in (("worker", "run"), ("run", "slow", "--detach")):
        outcome = plain.call(*command)
        assert (outcome.code, "'procrastinate'" in outcome.sentence) == (2, True), outcome.err


@pytest.mark.parametrize("queues", ["", ",", "a b", "gpu,", "../x", "a" * 65])
def test_wrong_names_of_queues_are_refused(project: Project, queues: str) -> None:
    outcome = project.call("worker", "run", "--queues", queues)
    assert outcome.code == 2
    assert "Invalid value for '--queues': queue " in outcome.err


@pytest.mark.parametrize("address", ["", "x", "80a", ":", "host:", "65536", "-1", "9" * 5000, "1.5", "\u0663", "a:b:c"])
@pytest.mark.parametrize("command", ["worker", "scheduler"])
def test_wrong_addresses_of_health_are_refused(project: Project, command: str, address: str) -> None:
    outcome = project.call(command, "run", "--health", address)
    assert outcome.code == 2
    assert "is no address: write a port, such as 8080, or HOST:PORT" in outcome.err


@pytest.mark.slow
def test_a_worker_answers_executes_and_drains(project: Project) -> None:
    with service(project, "worker", "run", "--queues", "gpu,typo", "--concurrency", "2", "--health", "0") as process:
        assert process.stderr is not None
        health = process.stderr.readline()
        assert health.startswith("health: http://127.0.0.1:")
        assert process.stderr.readline() == "2 runs at once, from gpu, typo; stop with Ctrl-C\n"
        assert process.stderr.readline() == "Warning: no workflow of this project has the queue 'typo'\n"
        url = health.split()[1].removesuffix("/healthz")
        wait_until(lambda: scrape(f"{url}/readyz") == (200, '{"status": "ok"}\n'))
        assert scrape(f"{url}/healthz") == (200, '{"status": "ok"}\n')
        assert value(scrape(f"{url}/metrics")[1], "spine_worker_slots") == 2
        detached = project.call("run", "slow", "--detach", "-p", "word=ho", "--json")
        assert (detached.code, detached.err) == (0, "")
        run_id = detached.json["run_id"]
        wait_until(lambda: (project.root / "begun").exists())
        [row] = project.call("workers", "list", "--json").json
        assert (row["runs"], row["queues"], row["state"]) == ([run_id], ["gpu", "typo"], "working")
        assert (row["differs"], len(row["version"])) == ([], 8)
        shown = project.call("workers", "list").out
        assert f"/{process.pid}" in shown
        assert "1 of 2" in shown
        process.send_signal(signal.SIGTERM)
        wait_until(lambda: "stopping" in project.call("workers", "list").out)
        project.write("go", "")
        assert process.wait(DEADLINE_SECONDS) == 0
    assert status(project, run_id) == "PENDING"
    assert project.call("workers", "list", "--json").json == []
    with service(project, "-q", "worker", "run"):
        wait_until(lambda: status(project, run_id) == "COMPLETED")


def test_a_worker_without_workflows_says_that_it_executes_nothing(project: Project) -> None:
    project.write("flows.py", "")
    with service(project, "worker", "run") as process:
        assert process.stderr is not None
        process.stderr.readline()
        said = process.stderr.readline()
        assert said == "Warning: this project has no workflow, so it executes no run: see [spine] modules\n"


def test_no_worker_is_an_empty_list_and_a_hint(project: Project) -> None:
    outcome = project.call("workers", "list")
    assert (outcome.code, outcome.out) == (0, "no worker lives: start one with spine worker run\n")
    assert project.call("workers", "list", "--json").json == []


def test_the_table_of_workers_fits_a_terminal_and_names_what_differs(project: Project) -> None:
    record_worker(project, workflows={f"finra.flow_{number}": "0" for number in range(9)}, queues=["default", "gpu"])
    head, row = project.call("workers", "list").out.splitlines()
    assert head.split() == ["worker", "state", "executes", "queues", "version", "differs", "started_at"]
    assert row.startswith("far/7   working  0 of 4    default, gpu  ")
    assert "finra.flow_0, finra.flow_1, 9 more" in row
    [whole] = project.call("workers", "list", "--json").json
    assert whole["differs"] == [*(f"finra.flow_{number}" for number in range(9)), "slow", "unresolved"]
    assert (whole["process"], whole["folder"]) == ("far.boot.1/7/1", "/srv/a/very/long/folder/of/the/project")


def test_a_detached_run_is_enqueued_and_its_id_printed_with_a_warning_if_nobody_lives(project: Project) -> None:
    outcome = project.call("run", "slow", "--detach")
    assert outcome.code == 0
    run_id = outcome.out.split()[1]
    assert outcome.out == f"run {run_id} of slow is PENDING: follow it with spine runs watch {run_id}\n"
    assert outcome.err == "Warning: no worker lives that would execute it: spine worker run\n"
    with get_adapter(f"sqlite:///{project.root.parent / 'x.db'}") as adapter:
        assert jobs(adapter) == [run_id]
    assert not (project.root / "begun").exists()


def test_a_worker_of_another_queue_or_that_stops_is_none(project: Project) -> None:
    record_worker(project)
    record_worker(project, process="far.boot.1/8/1", queues=["gpu"], stopping_at=utc_now())
    outcome = project.call("run", "slow", "--detach", "--json")
    assert outcome.json["status"] == "PENDING"
    assert outcome.err == "Warning: no worker lives that would execute it: spine worker run --queues gpu\n"
    record_worker(project, process="far.boot.1/9/1", queues=["gpu"])
    assert project.call("run", "slow", "--detach").err == ""


@pytest.mark.slow
def test_without_a_queue_a_scheduler_executes_a_detached_run(plain: Project) -> None:
    plain.write("go", "")
    outcome = plain.call("run", "slow", "--detach", "--json")
    assert outcome.err == "Warning: no scheduler lives that would execute it: spine scheduler run\n"
    run_id = outcome.json["run_id"]
    assert outcome.json == {"run_id": run_id, "workflow": "slow", "status": "PENDING"}
    with service(plain, "scheduler", "run", "--health", "0") as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("health: http://127.0.0.1:")
        wait_until(lambda: status(plain, run_id) == "COMPLETED")


@pytest.mark.parametrize("option", ["--refresh", "--dry-run"])
def test_what_only_a_run_here_can_do_is_refused(plain: Project, option: str) -> None:
    outcome = plain.call("run", "slow", "--detach", option)
    assert outcome.code == 2
    assert "--detach leaves the run to another process: give neither --refresh nor --dry-run" in outcome.err


def test_stale_runs_cannot_be_detached(plain: Project) -> None:
    outcome = plain.call("run", "--stale", "--detach")
    assert outcome.code == 2
    assert "--stale runs workflows with the parameters that they had" in outcome.err


def test_a_key_gives_the_first_run_whatever_its_state_and_refuses_other_parameters(plain: Project) -> None:
    plain.write("go", "")
    first = plain.call("run", "slow", "--key", "k", "--json").json
    again = plain.call("run", "slow", "--key", "k", "--detach", "--json")
    assert again.json == {"run_id": first["run_id"], "workflow": "slow", "status": "COMPLETED"}
    assert again.err == ""
    other = plain.call("run", "slow", "--key", "k", "--detach", "-p", "word=ho")
    assert other.code != 0
    assert "which has another word: use another key" in other.sentence


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("slwo",), "did you mean 'slow'"),
        (("unresolved",), "no week"),
        (("slow", "-p", "wrod=x"), "wrod"),
        (("slow", "--schedule", "s"), "needs the time of a tick"),
    ],
)
def test_a_run_that_could_not_begin_is_not_stored(project: Project, arguments: tuple[str, ...], says: str) -> None:
    outcome = project.call("run", *arguments, "--detach")
    assert outcome.code != 0
    assert says in outcome.sentence
    assert project.call("runs", "list", "--json").json == []
    with get_adapter(f"sqlite:///{project.root.parent / 'x.db'}") as adapter:
        assert jobs(adapter) == []


@pytest.mark.slow
def test_a_run_of_a_process_is_asked_to_park_and_resumed_later(plain: Project) -> None:
    with service(plain, "run", "slow") as process:
        wait_until(lambda: (plain.root / "begun").exists())
        [run] = plain.call("runs", "list", "--json").json
        outcome = plain.call("runs", "park", run["run_id"][:20], "--json")
        assert outcome.json == {"run_id": run["run_id"], "park_requested": True}
        plain.write("go", "")
        process.wait(DEADLINE_SECONDS)
    shown = plain.call("runs", "show", run["run_id"], "--json").json
    assert shown["status"] in ("PENDING", "COMPLETED")
    if shown["status"] == "PENDING":
        assert plain.call("runs", "recover").code == 0
    assert status(plain, run["run_id"]) == "COMPLETED"
    again = plain.call("runs", "park", run["run_id"])
    assert again.code == 1
    assert again.sentence == (f"run {run['run_id']} is COMPLETED: only a run that a process executes can be parked")


def test_a_run_that_is_not_there_cannot_be_parked(plain: Project) -> None:
    assert "no run 'gone'" in plain.call("runs", "park", "gone").sentence


def test_a_run_in_the_queue_is_cancelled_at_once(project: Project) -> None:
    run_id = project.call("run", "slow", "--detach", "--json").json["run_id"]
    assert project.call("runs", "cancel", run_id, "--grace", "600").code == 0
    assert status(project, run_id) == "CANCELLED"
