"""A distribution that implements every hook, installed with pip: all of it works, on each database."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from spine.app import open_project as open_application
from spine.core.adapters.database import get_adapter
from spine.project import open_project
from spine.testing import FixedClock
from tests.projects import Project, clean_environ, wait_until
from tests.toys import install, installed_here

SETTINGS = """
[spine]
modules = ["flows"]
database = "{url}"
[runs]
lease_seconds = 5
[scheduler]
executor = "{executor}"
workers = 2
[executors.far]
type = "toyqueue"
queue = "x"
[listeners.log]
type = "toylog"
path = "events.jsonl"
[calendars.days]
type = "toydays"
closed = ["2026-11-27"]
[sources.numbers]
type = "file"
path = "numbers.csv"
"""
FLOWS = """
import os, time
from pathlib import Path
from spine.core.errors import OrchestrationError
from spine.framework.captures import capture
from spine.framework.pipelines import PipelineResult, pipeline
from spine.framework.sources import source_registry
from spine.orchestration import RetryPolicy, Step, StepResult, Workflow, workflow_registry

HERE = Path(__file__).parent

def note(context, config):
    with (HERE / "ran").open("a") as file:
        file.write(config["step"] + "\\n")

def slow(context, config):
    note(context, config)
    deadline = time.monotonic() + 60
    while (HERE / "hold").exists() and time.monotonic() < deadline:
        time.sleep(0.02)

@pipeline("ingest")
def ingest(params):
    fetched = source_registry.get("numbers").fetch()
    capture("raw", fetched.data)
    return {"record_count": len(fetched.data)}

def flaky(context, config):
    capture("tried", [{"run": context.run_id}])
    if not (HERE / context.run_id).exists():
        (HERE / context.run_id).touch()
        raise OrchestrationError("not yet", retryable=True)
    return StepResult.ok()

def step(name, function):
    return Step.lambda_(name, function, config={"step": name})

again = Step.lambda_("flaky", flaky, retry_policy=RetryPolicy(max_attempts=2, initial_delay_seconds=0.01))
workflow_registry.register(
    Workflow("w", [step("a", note), step("b", slow), Step.pipeline("ingest", "ingest"), again, step("c", note)])
)
workflow_registry.register(Workflow("quick", [step("q", note)]))
workflow_registry.register(Workflow("broken", [Step.lambda_("x", lambda context, config: StepResult.fail("no luck"))]))
each = Step.map("each", lambda context: [1, 2, 3], function=lambda context, item: note(context, {"step": "m"}),
                executor="far")
workflow_registry.register(Workflow("many", [each]))
"""
HOURLY = '[schedules.s]\nworkflow = "quick"\nevery = "1h"\n'
OFTEN = '[schedules.s]\nworkflow = "w"\nevery = "1s"\n'


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install("good", tmp_path_factory.mktemp("toy"))


@pytest.fixture
def here(toy: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The toy is installed in this process and in those that it starts."""
    monkeypatch.setenv("PYTHONPATH", str(toy))
    with installed_here(toy):
        yield


def make(folder: Path, tables: str = "", *, url: str = "sqlite:///spine.db", executor: str = "far") -> Project:
    project = Project(folder)
    project.write("spine.toml", SETTINGS.format(url=url, executor=executor) + tables)
    project.write("flows.py", FLOWS)
    project.write("numbers.csv", "n\n1\n2\n")
    assert project.call("db", "upgrade").code == 0
    return project


def rows(project: Project, query: str) -> list[dict[str, Any]]:
    with open_application(project.root) as application:
        return application.adapter.query(query)


def ran(project: Project) -> list[str]:
    path = project.root / "ran"
    return path.read_text().split() if path.exists() else []


def told(project: Project) -> list[dict[str, Any]]:
    path = project.root / "events.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@contextmanager
def process(project: Project, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    started = project.start(*arguments)
    try:
        yield started
    finally:
        started.kill()
        started.communicate(timeout=20)


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_it_is_listed_and_everything_that_it_provides_loads_and_fits() -> None:
    done = Project(Path.cwd()).run("plugins", "list", "--json")
    [listed] = [row for row in done.json if row["name"] == "toy-good"]
    assert (listed["state"], listed["reason"], done.err) == ("ok", None, "")
    assert sorted((item["kind"], item["name"]) for item in listed["provides"]) == [
        ("calendar", "toydays"),
        ("command", "toy-work"),
        ("executor", "toyqueue"),
        ("listener", "toylog"),
        ("migration", "toy"),
    ]
    done = Project(Path.cwd()).run("plugins", "check", "toy-good")
    assert (done.code, done.out) == (0, "1 plugin with 5 items: all load and fit\n")


@pytest.mark.usefixtures("here")
def test_its_command_has_help_and_the_help_of_spine_does_not_import_it() -> None:
    script = "import sys\nfrom spine.cli.main import main\ntry:\n    main({})\nexcept SystemExit:\n    pass\n"
    script += "print([name for name in sys.modules if name.startswith('spine_toy')])"

    def python(*arguments: str) -> str:
        command = [sys.executable, "-c", script.format(list(arguments))]
        return subprocess.run(command, env=clean_environ(), capture_output=True, text=True, check=True).stdout

    assert python("--help").endswith("\n[]\n")
    helped = python("toy-work", "--help")
    assert helped.startswith("Usage: spine toy-work [OPTIONS]")
    assert "spine_toy_good.worker" in helped
    assert "spine_toy_good.event_log" not in helped


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_its_tables_are_a_branch_that_upgrade_status_and_check_know(tmp_path: Path, database_url: str) -> None:
    project = make(tmp_path / "project", url=database_url)
    done = project.call("db", "status", "--json")
    assert (done.code, done.err) == (0, "")
    assert (done.json["up_to_date"], done.json["plugins"]["toy"]) == (True, "toy1 of toy1")
    assert project.call("db", "check").code == 0
    assert rows(project, "SELECT version_num FROM toy_schema_version") == [{"version_num": "toy1"}]
    with open_application(project.root) as application, application.history.adapter.transaction() as connection:
        connection.execute("DROP TABLE toy_jobs")
    done = project.call("db", "check")
    assert done.code == 1
    assert "toy_jobs" in done.out


@pytest.mark.usefixtures("here")
def test_a_tick_its_run_and_its_job_are_committed_together_and_a_worker_executes_it(
    tmp_path: Path, database_url: str, fixed_clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixed_clock.set(datetime(2026, 11, 26, 10, 30, tzinfo=UTC))
    project = make(tmp_path / "project", HOURLY, url=database_url)
    with open_application(project.root) as application:
        scheduler = application.scheduler()
        fixed_clock.advance(1800)
        executor = type(scheduler.pool.executor)
        enqueue = executor.enqueue  # type: ignore[attr-defined]

        def enqueue_and_fail(*arguments: Any, **options: Any) -> None:
            enqueue(*arguments, **options)
            raise RuntimeError("no luck")

        with monkeypatch.context() as patch:
            patch.setattr(executor, "enqueue", enqueue_and_fail)
            scheduler.fire()
        tables = ("core_workflow_runs", "core_schedule_runs", "toy_jobs")
        assert [application.adapter.query(f"SELECT * FROM {table}") for table in tables] == [[], [], []]
        scheduler.fire()
        scheduler.recover()  # it is the queue's: nothing to recover
        [tick] = application.schedules.history()
        assert application.adapter.query("SELECT run_id, queue FROM toy_jobs") == [
            {"run_id": tick.run_id, "queue": "x"}
        ]
        assert application.adapter.query("SELECT status FROM core_workflow_runs") == [{"status": "PENDING"}]
    worked = project.call("toy-work", "--once")
    assert (worked.code, worked.out) == (0, f"{tick.run_id} COMPLETED\n"), worked.err
    [ended] = project.call("schedules", "history", "--json").json
    assert (ended["run_id"], ended["status"]) == (tick.run_id, "COMPLETED")
    assert rows(project, "SELECT * FROM toy_jobs") == []
    assert ran(project) == ["q"]


@pytest.mark.usefixtures("here")
def test_its_calendar_skips_the_ticks_of_a_closed_day(tmp_path: Path, fixed_clock: FixedClock) -> None:
    fixed_clock.set(datetime(2026, 11, 26, 22, 0, tzinfo=UTC))
    project = make(tmp_path / "project", HOURLY + 'calendar = "days"\n')
    with open_application(project.root) as application:
        scheduler = application.scheduler()
        for number in range(1, 4):
            fixed_clock.advance(3600)
            wait_until(lambda: scheduler.fire() >= 0 and len(application.schedules.history()) == number)  # noqa: B023
        found = [(f"{tick.scheduled_at:%d %H}", tick.status.name) for tick in application.schedules.history()]
        assert found == [("27 01", "SKIPPED"), ("27 00", "SKIPPED"), ("26 23", "RUNNING")]
        [reason] = {tick.skip_reason for tick in application.schedules.history(limit=2)}
        assert reason == "2026-11-27 is no business day of calendar days"
        assert len(application.adapter.query("SELECT * FROM toy_jobs")) == 1


@pytest.mark.usefixtures("here")
def test_a_run_without_a_schedule_and_the_items_of_a_map_do_not_pass_through_the_queue(tmp_path: Path) -> None:
    project = make(tmp_path / "project")
    done = project.call("run", "many", "--json")
    assert (done.code, done.json["status"]) == (0, "COMPLETED"), done.err
    assert ran(project) == ["m"] * 3
    assert rows(project, "SELECT * FROM toy_jobs") == []


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_the_run_of_a_worker_that_was_killed_is_enqueued_again_and_no_finished_step_runs_twice(tmp_path: Path) -> None:
    project = make(tmp_path / "project", OFTEN)
    project.write("hold", "")
    with open_application(project.root) as application:
        scheduler = application.scheduler()
        wait_until(lambda: scheduler.fire() > 0)
        application.schedules.pause("s")
    with process(project, "toy-work"):
        wait_until(lambda: ran(project) == ["a", "b"])
    (project.root / "hold").unlink()
    [run] = project.call("runs", "list", "--json").json
    assert run["status"] == "RUNNING"
    with open_application(project.root) as application:
        scheduler = application.scheduler()
        wait_until(lambda: scheduler.recover() or application.adapter.query("SELECT * FROM toy_jobs") != [])
        scheduler.recover()
        assert application.adapter.query("SELECT run_id FROM toy_jobs") == [{"run_id": run["run_id"]}]
    assert project.call("toy-work", "--once").out == f"{run['run_id']} COMPLETED\n"
    assert ran(project) == ["a", "b", "b", "c"]
    assert_told_of_what_was_committed(project, killed=True)


def assert_told_of_what_was_committed(project: Project, *, killed: bool = False) -> None:
    """The listener's file and the tables say the same, each event once.

    Of a process that was killed, the listener may lack events that were committed just before.
    """
    lines = told(project)
    found = Counter((line["type"], line["run"] or line.get("run_id")) for line in lines)
    expected: Counter[tuple[str, Any]] = Counter()
    for event_type, query in (
        (None, "SELECT event_type, run_id FROM core_workflow_events"),
        ("fetch.recorded", "SELECT run_id FROM core_source_fetches"),
        ("capture.committed", "SELECT run_id FROM core_captures"),
        ("tick.decided", "SELECT run_id FROM core_schedule_runs"),
    ):
        expected.update((event_type or row["event_type"], row["run_id"]) for row in rows(project, query))
    alerts = Counter(row["id"] for row in rows(project, "SELECT id FROM core_alerts"))
    assert Counter(line["alert_id"] for line in lines if line["type"] == "alert.raised") == alerts
    apart = ("alert.", "step.items")  # what is not in a table of its own
    told_of = Counter({key: count for key, count in found.items() if not key[0].startswith(apart)})
    assert told_of <= expected if killed else told_of == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    "executor",
    ["processes", "far", "threads"],
)
@pytest.mark.usefixtures("here")
def test_its_listener_is_told_of_each_committed_event_once(tmp_path: Path, executor: str) -> None:
    project = make(
        tmp_path / "project", OFTEN + '[schedules.t]\nworkflow = "broken"\nevery = "1s"\n', executor=executor
    )
    query = "SELECT schedule_name FROM core_schedule_runs WHERE status IN ('COMPLETED', 'FAILED')"

    def ended() -> set[str]:
        with get_adapter(f"sqlite:///{project.root}/spine.db") as adapter:
            return {row["schedule_name"] for row in adapter.query(query)}

    with process(project, "scheduler", "run") as scheduler:
        if executor == "far":
            with process(project, "toy-work") as worker:
                wait_until(lambda: ended() == {"s", "t"})
                worker.terminate()
                worker.communicate(timeout=30)
        wait_until(lambda: ended() == {"s", "t"})
        scheduler.terminate()
        scheduler.communicate(timeout=30)
        assert scheduler.returncode == 0
    assert project.call("run", "w").code == 0
    assert project.call("run", "broken").code == 1
    assert project.call("schedules", "trigger", "s").code == 0
    kinds = {line["type"] for line in told(project)}
    wanted = {"run.started", "run.completed", "run.failed", "step.started", "step.retrying", "step.completed"}
    assert wanted | {"fetch.recorded", "capture.committed", "tick.decided", "alert.raised"} <= kinds
    assert_told_of_what_was_committed(project)


@pytest.mark.usefixtures("here")
def test_pages_of_runs_and_events_give_each_once_and_the_rows_that_sql_has(tmp_path: Path, database_url: str) -> None:
    project = make(tmp_path / "project", url=database_url)
    with open_project(project.root) as opened:
        for number in range(17):
            opened.run("broken" if number % 5 == 0 else "quick")
        database = opened.database
        found, before = [], None
        while True:
            page = opened.runs.list(before=before, limit=5)
            found += page.rows
            before = page.next
            if before is None:
                break
        newest = "SELECT run_id, workflow_name, status FROM core_workflow_runs ORDER BY started_at DESC, run_id DESC"
        assert [{key: row[key] for key in ("run_id", "workflow_name", "status")} for row in found] == database.query(
            newest
        )
        events: list[dict[str, Any]] = []
        while more := opened.events(events[-1]["id"] if events else 0, limit=7):
            events += more
        assert [row["id"] for row in events] == [
            row["id"] for row in database.query("SELECT id FROM core_workflow_events ORDER BY id")
        ]
        assert [row["run_id"] for row in opened.runs.list(status="FAILED", limit=100)] == [
            row["run_id"] for row in found if row["status"] == "FAILED"
        ]
        one = found[0]["run_id"]
        assert [row["step_name"] for row in opened.runs.steps(one)] == ["q"]
        assert opened.runs.events(one) == [row for row in events if row["run_id"] == one]
        ids = {row["id"] for row in database.query("SELECT id FROM core_alerts")}
        assert {row["id"] for row in opened.alerts.list(limit=100)} == ids
