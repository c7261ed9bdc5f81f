"""`project.schedules.scheduler()`: a scheduler that a program drives, one for each project in a process."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from spine.core.errors import ScheduleError
from spine.core.scope import Scope, use_scope
from spine.project import Project, open_project
from spine.project.scheduler import ProjectScheduler
from spine.scheduling.tick import TickStatus
from spine.testing import FixedClock, make_project
from tests.projects import Project as Calls
from tests.projects import wait_until

FLOWS = """
from spine.orchestration import Step, Workflow, workflow_registry
from spine.project import current_project

workflow_registry.register(Workflow("w", [Step.lambda_("a", lambda c, k: {"name": current_project().name})]))
"""
SETTINGS = '[schedules.s]\nworkflow = "w"\nevery = "1s"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project", flows=FLOWS, settings=SETTINGS)


def beat_until_done(project: Project, scheduler: ProjectScheduler) -> None:
    def is_done() -> bool:
        scheduler.beat()
        return [tick.status for tick in project.schedules.history(limit=1)] == [TickStatus.COMPLETED]

    wait_until(is_done)


def test_a_beat_starts_what_is_due_and_says_when_the_next_is_wanted(folder: Path, fixed_clock: FixedClock) -> None:
    with open_project(folder) as project:
        scheduler = project.schedules.scheduler()
        assert scheduler.status == {}
        assert 0 < scheduler.beat() <= 1
        assert scheduler.status["ticks"] == 0
        fixed_clock.advance(1)
        beat_until_done(project, scheduler)
        assert scheduler.status["ticks"] == 1
        assert scheduler.park()


def test_a_beat_in_a_thread_that_knows_another_scope_is_one_of_its_project(
    folder: Path, fixed_clock: FixedClock
) -> None:
    with open_project(folder) as project:
        scheduler = project.schedules.scheduler()
        fixed_clock.advance(1)

        def work() -> None:
            with use_scope(Scope()):
                scheduler.beat()

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        wait_until(lambda: bool(project.runs.list(status="COMPLETED")))
        [run] = project.runs.list()
        [step] = project.runs.steps(run["run_id"])
        assert step["status"] == "COMPLETED"
        scheduler.park()


def test_the_command_line_shows_it_until_it_is_parked(folder: Path) -> None:
    with open_project(folder) as project:
        scheduler = project.schedules.scheduler()
        scheduler.beat()
        [row] = Calls(folder).call("scheduler", "run", "--status", "--json").json
        assert row["well"]
        scheduler.park()
        assert Calls(folder).call("scheduler", "run", "--status", "--json").json == []


def test_a_second_one_in_the_process_is_refused_until_the_first_is_parked(folder: Path) -> None:
    with open_project(folder) as project:
        first = project.schedules.scheduler()
        with pytest.raises(ScheduleError, match="has a scheduler in this process already"):
            project.schedules.scheduler()
        assert first.park()
        with pytest.raises(ScheduleError, match="is parked: make another one"):
            first.beat()
        second = project.schedules.scheduler()
        second.beat()
        assert second.park()


def test_one_that_could_not_be_made_does_not_stand_in_the_way(folder: Path) -> None:
    settings = (folder / "spine.toml").read_text()
    (folder / "spine.toml").write_text(settings + '[scheduler]\nexecutor = "inline"\n')
    with open_project(folder) as project, pytest.raises(Exception, match="would block the ticks"):
        project.schedules.scheduler()
    (folder / "spine.toml").write_text(settings)
    with open_project(folder) as project:
        assert project.schedules.scheduler().park()


def test_the_end_of_the_project_parks_it_with_a_warning(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with open_project(folder) as project:
        scheduler = project.schedules.scheduler()
        scheduler.beat()
    assert scheduler.is_over
    assert [record.levelno for record in caplog.records if "is closed while a scheduler" in record.message] == [
        logging.WARNING
    ]
    with pytest.raises(ScheduleError, match="is closed"):
        scheduler.beat()
    with pytest.raises(ScheduleError, match="is closed"):
        project.schedules.scheduler()


def test_one_that_is_parked_lets_the_project_end_without_a_word(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with open_project(folder) as project:
        scheduler = project.schedules.scheduler()
        scheduler.beat()
        scheduler.park()
    assert "is closed while" not in caplog.text


def test_a_database_that_is_away_at_the_end_is_a_warning(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with open_project(folder) as project:
        scheduler = project.schedules.scheduler()
        scheduler.beat()
        project.database.execute("ALTER TABLE core_schedulers RENAME TO gone")
        assert scheduler.park()
        assert "could not leave its database" in caplog.text
        project.database.execute("ALTER TABLE gone RENAME TO core_schedulers")
        assert project.schedules.scheduler().park()


def test_a_beat_that_waits_for_its_database_holds_the_end_up_for_no_longer_than_the_grace(folder: Path) -> None:
    with open_project(folder) as project:
        scheduler = project.schedules.scheduler()
        begun, over = threading.Event(), threading.Event()

        def wait() -> None:
            begun.set()
            over.wait()

        scheduler._scheduler.check = wait
        thread = threading.Thread(target=scheduler.beat)
        thread.start()
        begun.wait()
        assert scheduler.park(0)
        over.set()
        thread.join()
        with pytest.raises(ScheduleError, match="is parked"):
            scheduler.beat()
