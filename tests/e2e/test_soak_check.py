"""The check of the soak finds each kind of fault that is planted in a sound store."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from spine.app import open_project
from spine.testing import FixedClock
from tests.e2e.soak import FLOWS, SCHEDULE, SETTINGS
from tests.e2e.soak_check import Findings, examine
from tests.projects import DEADLINE_SECONDS, Project, wait_until

Check = Callable[..., Findings]
FIRST = datetime(2026, 1, 1, 0, 0, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project that the first test makes and the others copy."""
    return tmp_path_factory.mktemp("soak") / "sound"


@pytest.fixture
def project(tmp_path: Path, sound: Path, fixed_clock: FixedClock) -> Project:
    """A project whose scheduler has run a workflow of every part, and one that fails."""
    if not sound.exists():
        work(Project(sound), fixed_clock)
    shutil.copytree(sound, tmp_path / "copy")
    return Project(tmp_path / "copy")


def work(project: Project, clock: FixedClock) -> None:
    tables = [SCHEDULE.format(name=name, every=4, overlap="allow") for name in ("soak.all", "soak.fails")]
    project.write("spine.toml", SETTINGS.format(url="sqlite:///spine.db") + "".join(tables))
    project.write("soak_flows.py", FLOWS.read_bytes())
    with open_project(project.root) as application:
        service = application.scheduler()
        clock.advance(4)
        assert service.fire() == 2

        def has_ended() -> bool:
            clock.advance(1)
            service.recover()
            application.send_alerts()
            return not examine(application.history).stuck

        wait_until(has_ended)
        assert service.pool.wait(DEADLINE_SECONDS)


@pytest.fixture
def check(project: Project) -> Check:
    """Return what is found after statements have damaged the store."""

    def after(*statements: str, **options: object) -> Findings:
        with sqlite3.connect(project.root / "spine.db") as connection:
            for statement in statements:
                assert connection.execute(statement).rowcount > 0, statement
        connection.close()
        with open_project(project.root) as application:
            return examine(application.history, **options)  # type: ignore[arg-type]

    return after


def test_a_sound_store_has_no_fault(check: Check) -> None:
    found = check()
    assert found.faults == {}
    assert (found.figures["ticks"], found.figures["runs"], found.figures["captures"]) == (2, 3, 4)
    assert (found.figures["completed"], found.figures["failed"]) == (2, 1)


OF_ALL = "(SELECT run_id FROM core_workflow_runs WHERE workflow_name = 'soak.all')"
COPY = "INSERT INTO {table} SELECT {columns} FROM {table} WHERE {condition}"
LOSSES = {
    "a tick": ["DELETE FROM core_schedule_runs WHERE schedule_name = 'soak.all'"],
    "a run of a tick": ["UPDATE core_schedule_runs SET run_id = NULL WHERE schedule_name = 'soak.all'"],
    "a capture": ["DELETE FROM core_captures WHERE name = 'numbers'"],
    "a capture of an item": [
        "DELETE FROM core_captures WHERE capture_id = (SELECT max(capture_id) FROM core_captures "
        "WHERE name = 'doubled')"
    ],
    "rows behind a cursor": ['UPDATE core_source_state SET value = \'{"type": "int", "value": 9}\''],
}
DOUBLES = {
    "a run of a tick": [
        "UPDATE core_workflow_runs SET schedule_id = (SELECT id FROM core_schedules WHERE name = 'soak.all'), "
        f"execution = (SELECT execution FROM core_workflow_runs WHERE run_id IN {OF_ALL}) "
        "WHERE workflow_name = 'soak.fails'"
    ],
    "a step": [
        "UPDATE core_workflow_steps SET step_name = 'tell', attempt = 9 WHERE step_name = 'flaky' "
        "AND status = 'COMPLETED'"
    ],
    "a finished step that ran again": [
        "UPDATE core_workflow_steps SET outputs = json_set(outputs, '$.token', 'other') WHERE step_name = 'flaky' "
        "AND status = 'COMPLETED'"
    ],
    "a capture": ["UPDATE core_captures SET revision = 2 WHERE name = 'numbers'"],
    "an alert": [
        "UPDATE core_alerts SET at_run_end = 1, run_id = "
        "(SELECT run_id FROM core_workflow_runs WHERE workflow_name = 'soak.fails')"
    ],
}
HANGS = {
    "a run": [f"UPDATE core_workflow_runs SET status = 'RUNNING' WHERE run_id IN {OF_ALL}"],
    "a wait": [f"UPDATE core_workflow_runs SET status = 'WAITING' WHERE run_id IN {OF_ALL}"],
    "a tick": ["UPDATE core_schedule_runs SET status = 'PENDING' WHERE schedule_name = 'soak.all'"],
    "a step": ["UPDATE core_workflow_steps SET status = 'RUNNING' WHERE step_name = 'pause'"],
    "an alert": ["UPDATE core_alert_deliveries SET status = 'PENDING'"],
}
SILENCES = {
    "a failure without an alert": ["DELETE FROM core_alert_deliveries", "DELETE FROM core_alerts WHERE at_run_end"],
    "an alert that went nowhere": ["DELETE FROM core_alert_deliveries"],
    "a failure without a reason": ["UPDATE core_workflow_runs SET error = NULL WHERE status = 'FAILED'"],
    "a missed tick": ["UPDATE core_schedule_runs SET status = 'MISSED', run_id = NULL"],
    "a step that was left out": ["DELETE FROM core_workflow_steps WHERE step_name = 'tell'"],
    "a row that was left out": [
        "UPDATE core_workflow_steps SET outputs = json_set(outputs, '$.doubled', json('[2]')) "
        "WHERE step_name = 'report'"
    ],
}


def test_a_tick_that_started_before_its_time_is_found(check: Check) -> None:
    assert len(check("UPDATE core_schedule_runs SET started_at = '2026-01-01T00:00:03.000000+00:00'").early) == 2


@pytest.mark.parametrize("planted", LOSSES)
def test_a_planted_loss_is_found(planted: str, check: Check) -> None:
    assert check(*LOSSES[planted]).lost


def test_a_reported_run_that_is_not_in_the_store_is_lost(check: Check) -> None:
    assert check(finished=["r1"]).lost == ["run r1 was reported as COMPLETED and is None"]


def test_a_tick_of_the_time_of_a_wrong_clock_is_not_lost_if_an_alert_says_so(check: Check) -> None:
    window = (FIRST - timedelta(seconds=1), FIRST + timedelta(seconds=1))
    gone = LOSSES["a tick"]
    assert check(*gone, excused=[window]).lost
    told = "UPDATE core_alerts SET fingerprint = 'ahead|soak.all' WHERE NOT at_run_end"
    assert check(told, excused=[window]).lost == []


@pytest.mark.parametrize("planted", DOUBLES)
def test_a_planted_double_is_found(planted: str, check: Check) -> None:
    assert check(*DOUBLES[planted]).doubled


@pytest.mark.parametrize("planted", HANGS)
def test_a_planted_hang_is_found(planted: str, check: Check) -> None:
    assert check(*HANGS[planted]).stuck


@pytest.mark.parametrize("planted", SILENCES)
def test_a_planted_silence_is_found(planted: str, check: Check) -> None:
    assert check(*SILENCES[planted]).silent
