"""Code of a workflow that a scheduler calls: it fails or delays the ticks of its own schedule only."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from spine.app import Application, open_project
from spine.orchestration.lease import process_name
from spine.scheduling.tick import TickRecord, TickStatus
from spine.storage.schedules.rows import tick_row
from spine.storage.tables.schedules import schedule_runs
from spine.testing import FixedClock
from tests.projects import DEADLINE_SECONDS, Project, wait_until

FLOWS = """
import time
from pathlib import Path
from spine.orchestration import Step, Workflow, workflow_registry

HERE = Path(__file__).parent

class Panic(BaseException):
    pass

def panic(params):
    raise Panic("no week")

def hang(params):
    (HERE / "called").touch()
    deadline = time.monotonic() + 600
    while not (HERE / "go").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return params

def load(context, config):
    pass

for name, resolve in (("w", None), ("panics", panic), ("hangs", hang)):
    workflow_registry.register(Workflow(name, [Step.lambda_("a", load)], resolve_params=resolve))
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = Project(tmp_path)
    project.write("flows.py", FLOWS)
    yield project
    project.write("go", "")


def declare(project: Project, *workflows: str, more: str = "") -> None:
    tables = [f'[schedules.{name}]\nworkflow = "{name}"\nevery = "1s"\n{more}\n' for name in workflows]
    project.write("spine.toml", '[spine]\nmodules = ["flows"]\n' + "".join(tables))


def ticks(application: Application, name: str) -> list[TickRecord]:
    return application.schedules.history(name)


def test_an_error_of_any_kind_in_resolve_params_is_a_failed_tick_with_an_alert(
    project: Project, fixed_clock: FixedClock
) -> None:
    declare(project, "panics")
    with open_project(project.root) as application:
        service = application.scheduler()
        fixed_clock.advance(1)
        wait_until(lambda: service.fire() > 0)
        [tick] = ticks(application, "panics")
        assert (tick.status, tick.error) == (TickStatus.FAILED, "Panic: no week")
        [alert] = [sent.alert for sent in application.alerts.list_alerts()]
        assert alert.title == "schedule panics could not start panics"


@pytest.mark.slow
def test_resolve_params_that_hangs_delays_no_other_schedule_and_fails_its_own_tick_in_time(
    project: Project, fixed_clock: FixedClock
) -> None:
    declare(project, "hangs", "w")
    with open_project(project.root) as application:
        service = application.scheduler()
        fixed_clock.advance(1)
        assert service.fire() == 1
        assert service.pool.wait(DEADLINE_SECONDS)
        assert [tick.status for tick in ticks(application, "w")] == [TickStatus.COMPLETED]
        assert ticks(application, "hangs") == []
        fixed_clock.advance(30)
        service.fire()
        [tick] = ticks(application, "hangs")
        assert tick.status is TickStatus.FAILED
        assert tick.error == "resolve_params of workflow 'hangs' did not return within 30 s ([scheduler] call_seconds)"
        titles = {sent.alert.title for sent in application.alerts.list_alerts()}
        assert "schedule hangs could not start hangs" in titles


def test_a_tick_whose_resolve_params_is_slow_is_on_time(project: Project, fixed_clock: FixedClock) -> None:
    declare(project, "hangs", more="misfire_grace_seconds = 1")
    with open_project(project.root) as application:
        service = application.scheduler()
        fixed_clock.advance(1)
        assert service.fire() == 0
        wait_until((project.root / "called").exists)
        fixed_clock.advance(20)
        project.write("go", "")
        wait_until(lambda: service.fire() > 0)
        assert service.pool.wait(DEADLINE_SECONDS)
        assert ticks(application, "hangs")[-1].status is TickStatus.COMPLETED


def test_a_queued_tick_whose_resolve_params_hangs_holds_up_nothing_and_fails_with_an_alert(
    project: Project, fixed_clock: FixedClock
) -> None:
    declare(project, "hangs", more='overlap = "queue"')
    with open_project(project.root) as application:
        record, service = application.schedules.get("hangs"), application.scheduler()
        tick = TickRecord(record.id, record.name, application.schedules.now(), TickStatus.PENDING)
        with application.adapter.engine.begin() as connection:
            connection.execute(schedule_runs.insert(), {**tick_row(tick), "project": ""})
        assert service.start_queued()
        assert [tick.status for tick in ticks(application, "hangs")] == [TickStatus.PENDING]
        fixed_clock.advance(30)
        service.start_queued()
        [failed] = ticks(application, "hangs")
        assert (failed.status, failed.run_id) == (TickStatus.FAILED, None)
        [alert] = [sent.alert for sent in application.alerts.list_alerts()]
        assert alert.title == "schedule hangs could not start hangs"


@pytest.mark.slow
def test_sigterm_ends_a_scheduler_whose_resolve_params_hangs(project: Project) -> None:
    declare(project, "hangs")
    service = project.start("scheduler", "run")
    wait_until((project.root / "called").exists)
    service.send_signal(signal.SIGTERM)
    service.communicate(timeout=DEADLINE_SECONDS)
    assert service.returncode == 0
    assert not (project.root / "go").exists()


def test_resolve_params_that_ended_three_processes_is_not_called_again_before_the_schedule_is_resumed(
    project: Project, fixed_clock: FixedClock
) -> None:
    project.write("go", "")
    declare(project, "hangs")
    with open_project(project.root) as application:
        store, service = application.schedules, application.scheduler()
        host_and_pid = process_name().rpartition("/")[0]
        for started in (1, 2, 3):  # earlier processes, which are gone
            store.begin_call(store.get("hangs").id, f"{host_and_pid}/{started}")
        fixed_clock.advance(1)
        wait_until(lambda: service.fire() > 0)
        [tick] = ticks(application, "hangs")
        assert tick.status is TickStatus.FAILED
        assert tick.error == (
            "resolve_params of workflow 'hangs' was not called: 3 processes ended while it worked; correct it, then "
            "run spine schedules resume hangs"
        )
        assert not (project.root / "called").exists()
        [alert] = [sent.alert for sent in application.alerts.list_alerts()]
        assert alert.title == "schedule hangs could not start hangs"
        store.resume("hangs", fixed_clock.now())
        fixed_clock.advance(1)
        wait_until(lambda: service.fire() > 0)
        assert service.pool.wait(DEADLINE_SECONDS)
        assert ticks(application, "hangs")[0].status is TickStatus.COMPLETED
