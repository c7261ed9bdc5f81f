"""The service: due runs start once, and interrupted runs are resumed."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import insert, text, update

from spine.app import Application, open_project
from spine.orchestration.lease import Lease
from spine.orchestration.registry import target_workflow
from spine.scheduling.firing import NewRun
from spine.scheduling.scheduler import Status
from spine.scheduling.tick import TickRecord, TickStatus
from spine.storage.schedules.rows import tick_row
from spine.storage.tables.schedules import schedule_runs, schedules
from spine.testing import FixedClock
from tests.projects import DEADLINE_SECONDS, Project, wait_until

FLOWS = """
import os, time
from pathlib import Path
from spine.framework.pipelines import pipeline
from spine.orchestration import Step, StepResult, Workflow, workflow_registry

HERE = Path(__file__).parent

def load(context, config):
    with (HERE / "ran").open("a") as file:
        file.write(context.run_id + "\\n")

def slow(context, config):
    load(context, config)
    deadline = time.monotonic() + 600
    while not (HERE / "go").exists() and time.monotonic() < deadline:
        time.sleep(0.02)

def fail(context, config):
    return StepResult.fail("broken")

def resolve(params):
    raise KeyError("week")

def resolve_once(params):
    if (HERE / "resolved").exists():
        raise KeyError("week")
    (HERE / "resolved").touch()
    return params

def end(params):
    raise SystemExit("no week")

def stages():
    return [Step.lambda_("a", load), Step.lambda_("b", slow), Step.lambda_("c", slow)]

for name, step in (("w", load), ("broken", fail)):
    workflow_registry.register(Workflow(name, [Step.lambda_("a", step)]))
workflow_registry.register(Workflow("stages", stages()))
workflow_registry.register(Workflow("waiting", [Step.wait("pause", 1), Step.lambda_("a", load)]))
workflow_registry.register(Workflow("unresolved", [Step.lambda_("a", load)], resolve_params=resolve))
workflow_registry.register(Workflow("ended", [Step.lambda_("a", load)], resolve_params=end))
workflow_registry.register(Workflow("later", [Step.lambda_("a", load)], resolve_params=resolve_once))

@pipeline("p")
def one(params):
    (HERE / "piped").write_text(str(params.get("week")))
"""


def make(tmp_path: Path, schedules: str) -> Project:
    project = Project(tmp_path)
    project.write("spine.toml", f'[spine]\nmodules = ["flows"]\n{schedules}')
    project.write("flows.py", FLOWS)
    return project


def ran(tmp_path: Path) -> list[str]:
    path = tmp_path / "ran"
    return path.read_text().split() if path.exists() else []


def fire_until_done(application: Application, clock: FixedClock) -> list[TickStatus]:
    """Let the ticks of a second come, and return how the last of them ended."""
    service = application.scheduler()
    clock.advance(1)
    wait_until(service.fire)
    assert service.pool.wait(DEADLINE_SECONDS)
    return [tick.status for tick in application.schedules.history(limit=1)]


@pytest.mark.parametrize(
    ("target", "status"),
    [('workflow = "w"', TickStatus.COMPLETED), ('workflow = "broken"', TickStatus.FAILED)],
)
def test_a_tick_ends_as_its_run_does(tmp_path: Path, fixed_clock: FixedClock, target: str, status: TickStatus) -> None:
    make(tmp_path, f'[schedules.s]\n{target}\nevery = "1s"')
    with open_project(tmp_path) as application:
        assert fire_until_done(application, fixed_clock) == [status]


def test_a_pipeline_is_run_with_the_parameters_of_its_schedule(tmp_path: Path, fixed_clock: FixedClock) -> None:
    make(tmp_path, '[schedules.s]\npipeline = "p"\nevery = "1s"\nparams = { week = "2026-01-05" }')
    with open_project(tmp_path) as application:
        assert fire_until_done(application, fixed_clock) == [TickStatus.COMPLETED]
    assert (tmp_path / "piped").read_text() == "2026-01-05"


@pytest.mark.slow
@pytest.mark.parametrize(("workflow", "reason"), [("unresolved", "KeyError: 'week'"), ("ended", "SystemExit: no week")])
def test_parameters_that_cannot_be_resolved_are_a_failed_tick_and_an_alert(
    tmp_path: Path, fixed_clock: FixedClock, workflow: str, reason: str
) -> None:
    make(tmp_path, f'[schedules.s]\nworkflow = "{workflow}"\nevery = "1s"')
    with open_project(tmp_path) as application:
        assert fire_until_done(application, fixed_clock) == [TickStatus.FAILED]
        tick = application.schedules.history()[0]
        assert (tick.error, tick.completed_at is not None) == (reason, True)
        [alert] = [sent.alert for sent in application.alerts.list_alerts()]
        assert alert.title == f"schedule s could not start {workflow}"
        assert reason in alert.message


def test_a_tick_that_the_database_refuses_holds_up_no_other_and_the_scheduler_is_not_well(
    tmp_path: Path, fixed_clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    tables = [f'[schedules.{name}]\nworkflow = "w"\nevery = "1s"\n' for name in ("a", "b")]
    make(tmp_path, "".join(tables))
    with open_project(tmp_path) as application:
        record, seen, stop = application.schedules.get("a"), list[Status](), Event()
        refuse = f"BEFORE INSERT ON core_schedule_runs WHEN NEW.schedule_id = '{record.id}'"
        with application.adapter.engine.begin() as connection:
            connection.execute(text(f"CREATE TRIGGER refuse {refuse} BEGIN SELECT RAISE(ABORT, 'no'); END"))

        def beat(status: Status) -> None:
            seen.append(status)
            stop.set()

        service = application.scheduler(beat)
        fixed_clock.advance(1)
        service.run(stop)
        assert application.schedules.history("b")
        assert f"schedule {record.name} could not be fired" in str(seen[0].last_error)
        assert seen[0].ticks == 1
        assert service.pool.wait(DEADLINE_SECONDS)
    assert f"schedule {record.name} could not be fired" in caplog.text


def test_a_queued_tick_waits_for_the_end_of_a_blackout(tmp_path: Path) -> None:
    days = 'blackouts = ["00:00-12:00", "12:00-00:00"]'
    make(tmp_path, f'[schedules.s]\nworkflow = "w"\nevery = "1h"\noverlap = "queue"\n{days}')
    with open_project(tmp_path) as application:
        record, service = application.schedules.get("s"), application.scheduler()
        tick = TickRecord(record.id, record.name, application.schedules.now(), TickStatus.PENDING)
        with application.adapter.engine.begin() as connection:
            connection.execute(insert(schedule_runs), {**tick_row(tick), "project": ""})
        assert service.start_queued()
        assert application.schedules.history()[0].status is TickStatus.PENDING


@pytest.mark.slow
def test_a_scheduler_ends_when_it_is_asked_and_its_run_is_finished_by_the_next(tmp_path: Path) -> None:
    project = make(tmp_path, '[schedules.s]\nworkflow = "stages"\nevery = "1s"')
    first = project.start("scheduler", "run")
    wait_until(lambda: len(ran(tmp_path)) >= 2)
    first.send_signal(signal.SIGTERM)
    project.write("go", "")
    first.communicate(timeout=DEADLINE_SECONDS)
    assert first.returncode == 0
    second = project.start("scheduler", "run")
    try:
        wait_until(lambda: any(row["status"] == "COMPLETED" for row in history(project)))
    finally:
        second.send_signal(signal.SIGTERM)
        second.communicate(timeout=DEADLINE_SECONDS)
    counts = [ran(tmp_path).count(run_id) for run_id in set(ran(tmp_path))]
    assert max(counts) <= 3  # each of the three steps once


def history(project: Project) -> list[dict[str, str]]:
    found: list[dict[str, str]] = project.call("schedules", "history", "--json").json
    return found


def test_a_run_is_not_taken_over_in_the_moment_after_the_clock_has_jumped(
    tmp_path: Path, fixed_clock: FixedClock
) -> None:
    make(tmp_path, '[schedules.s]\nworkflow = "w"\nevery = "1h"')
    with open_project(tmp_path) as application:
        record, service = application.schedules.get("s"), application.scheduler()
        runner, workflow = application.runner(), target_workflow("w")
        run = runner.prepare(workflow, schedule_id=record.id)
        application.schedules.trigger(
            record, NewRun(run, workflow.to_dict()), application.schedules.now(), Lease("elsewhere/boot/1/1", 60.0)
        )
        service.recover()
        fixed_clock.set(fixed_clock.now() + timedelta(hours=2))
        service.recover()
        assert len(service.pool) == 0
        fixed_clock.advance(3)  # its process has not renewed the lease
        service.recover()
        assert service.pool.wait(DEADLINE_SECONDS)
    assert ran(tmp_path) == [run.run_id]


@pytest.mark.slow
def test_a_run_whose_scheduler_was_killed_is_finished_by_another(tmp_path: Path) -> None:
    project = make(tmp_path, '[schedules.s]\nworkflow = "stages"\nevery = "1h"')
    with open_project(tmp_path) as application:
        record = application.schedules.get("s")
        runner, workflow = application.runner(), target_workflow("stages")
        run = runner.prepare(workflow, schedule_id=record.id)
        application.schedules.trigger(
            record, NewRun(run, workflow.to_dict()), application.schedules.now(), Lease("gone/1/1", 0.0)
        )
    first = project.start("scheduler", "run")
    wait_until(lambda: len(ran(tmp_path)) >= 2)
    first.kill()
    first.communicate(timeout=DEADLINE_SECONDS)
    project.write("go", "")
    second = project.start("scheduler", "run")
    try:
        wait_until(lambda: history(project)[0]["status"] == "COMPLETED")
    finally:
        second.kill()
        second.communicate(timeout=DEADLINE_SECONDS)
    assert len(ran(tmp_path)) <= 4  # three steps, of which the killed one began twice


@pytest.mark.slow
def test_waits_are_woken_and_the_status_is_told(tmp_path: Path) -> None:
    project = make(tmp_path, '[schedules.s]\nworkflow = "waiting"\nevery = "1h"')
    assert project.call("scheduler", "run", "--status").code == 1
    project.call("run", "waiting", "--json")
    service = project.start("scheduler", "run")
    try:
        wait_until(lambda: len(ran(tmp_path)) >= 1)
        wait_until(lambda: project.call("scheduler", "run", "--status", "--json").code == 0)
        [row] = project.call("scheduler", "run", "--status", "--json").json
        assert row["well"]
    finally:
        service.send_signal(signal.SIGTERM)
        service.communicate(timeout=DEADLINE_SECONDS)
    assert project.call("scheduler", "run", "--status", "--json").json == []


def test_a_missed_tick_raises_one_alert(tmp_path: Path, fixed_clock: FixedClock) -> None:
    make(tmp_path, '[schedules.s]\nworkflow = "w"\nevery = "1s"\nmisfire_grace_seconds = 0')
    with open_project(tmp_path) as application:
        service = application.scheduler()
        fixed_clock.advance(2.2)
        service.fire()
        missed = [tick for tick in application.schedules.history() if tick.status is TickStatus.MISSED]
        assert len(missed) >= 1
        [alert] = [sent.alert for sent in application.alerts.list_alerts()]
        assert alert.title.startswith("schedule s missed")


def test_a_queued_tick_whose_run_cannot_be_prepared_is_failed_and_holds_nothing_up(tmp_path: Path) -> None:
    make(tmp_path, '[schedules.s]\nworkflow = "later"\nevery = "1h"\noverlap = "queue"')
    with open_project(tmp_path) as application:
        record, service = application.schedules.get("s"), application.scheduler()
        (tmp_path / "resolved").touch()
        tick = TickRecord(record.id, record.name, application.schedules.now(), TickStatus.PENDING)
        with application.adapter.engine.begin() as connection:
            connection.execute(insert(schedule_runs), {**tick_row(tick), "project": ""})
        wait_until(lambda: not service.start_queued())
        [found] = application.schedules.history()
        assert (found.status, found.error, found.run_id) == (TickStatus.FAILED, "KeyError: 'week'", None)


def test_queued_ticks_start_as_far_as_there_is_room(tmp_path: Path) -> None:
    make(tmp_path, '[schedules.s]\nworkflow = "w"\nevery = "1h"\noverlap = "queue"\nmax_instances = 2')
    with open_project(tmp_path) as application:
        record, service = application.schedules.get("s"), application.scheduler()
        now = application.schedules.now()
        ticks = [
            TickRecord(record.id, record.name, now - timedelta(hours=number), TickStatus.PENDING) for number in range(3)
        ]
        with application.adapter.engine.begin() as connection:
            connection.execute(insert(schedule_runs), [{**tick_row(tick), "project": ""} for tick in ticks])
        service.pool.park(0)  # what is started stays as it is
        assert service.start_queued()
        statuses = [tick.status for tick in application.schedules.history()]
        assert statuses == [TickStatus.PENDING, TickStatus.RUNNING, TickStatus.RUNNING]


def test_any_number_of_schedules_that_cannot_be_read_holds_up_no_other(
    tmp_path: Path, fixed_clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spine.scheduling.scheduler._BATCH", 1)
    tables = [f'[schedules.{name}]\nworkflow = "w"\nevery = "1s"\n' for name in ("a", "b", "c")]
    make(tmp_path, "".join(tables))
    with open_project(tmp_path) as application:
        readable = application.schedules.get("c")
        change = update(schedules).where(schedules.c.id != readable.id).values(definition={"every": "1s", "new": 1})
        with application.adapter.engine.begin() as connection:
            connection.execute(change)
        assert fire_until_done(application, fixed_clock) == [TickStatus.COMPLETED]


def test_a_schedule_that_cannot_be_read_holds_up_no_other(
    tmp_path: Path, fixed_clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    tables = [f'[schedules.{name}]\nworkflow = "w"\nevery = "1s"\n' for name in ("a", "b")]
    make(tmp_path, "".join(tables))
    with open_project(tmp_path) as application:
        broken = application.schedules.get("a")
        change = update(schedules).where(schedules.c.id == broken.id).values(definition={"every": "1s", "new": 1})
        with application.adapter.engine.begin() as connection:
            connection.execute(change)
        assert fire_until_done(application, fixed_clock) == [TickStatus.COMPLETED]
        assert {tick.schedule_name for tick in application.schedules.history()} == {"b"}
    assert "unknown key 'new'" in caplog.text


@pytest.mark.slow
def test_a_schedule_whose_workflow_is_gone_fails_its_ticks_and_holds_up_no_other(
    tmp_path: Path, fixed_clock: FixedClock
) -> None:
    project = make(tmp_path, "")
    for name, workflow in (("a", "broken"), ("b", "w")):
        assert project.run("schedules", "add", name, "--workflow", workflow, "--every", "1s").code == 0
    fixed_clock.set(datetime.now(UTC))
    project.write("flows.py", FLOWS.replace('"broken", fail', '"other", fail'))
    with open_project(tmp_path) as application:
        fire_until_done(application, fixed_clock)
        found = {tick.schedule_name: tick for tick in application.schedules.history()}
    assert found["b"].status is TickStatus.COMPLETED
    assert found["a"].status is TickStatus.FAILED
    assert "workflow 'broken' not found" in str(found["a"].error)


def test_hours_of_a_wrong_clock_stop_a_schedule_for_no_longer(tmp_path: Path, fixed_clock: FixedClock) -> None:
    make(tmp_path, '[schedules.s]\nworkflow = "w"\nevery = "2s"')
    with open_project(tmp_path) as application:
        service, right = application.scheduler(), fixed_clock.now()
        fixed_clock.set(right + timedelta(days=30))
        assert service.fire()
        assert service.pool.wait(DEADLINE_SECONDS)
        assert len(application.schedules.history(limit=10_000)) < 300
        fixed_clock.set(right)
        service.fire()
        fixed_clock.advance(2)
        assert service.fire() == 1
        assert service.pool.wait(DEADLINE_SECONDS)
        titles = [sent.alert.title for sent in application.alerts.list_alerts()]
        assert "schedule s was ahead of time and counts from now" in titles


def test_an_error_of_the_store_is_logged_once_and_its_end_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make(tmp_path, '[schedules.s]\nworkflow = "w"\nevery = "1h"')
    caplog.set_level("INFO", "spine.scheduling")
    with open_project(tmp_path) as application:
        seen = list[Status]()
        service = application.scheduler(seen.append)
        service.beat()
        application.adapter.execute("ALTER TABLE core_schedules RENAME TO gone")
        service.beat()
        service.beat()
        application.adapter.execute("ALTER TABLE gone RENAME TO core_schedules")
        service.beat()
        service.park(0)
    assert [status.last_error is None for status in seen] == [True, False, False, True]
    told = [record.message.partition(":")[0] for record in caplog.records if "the ticks" in record.message]
    assert told == ["the ticks could not be decided, and are tried again", "the ticks are decided again"]
