"""The log of a service: a line for readers, or a JSON object, for each message, and for each run that has ended."""

from __future__ import annotations

import json
import logging
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from spine.cli.service_log import NextTimes, ServiceLog, service_log
from spine.cli.session import Session
from spine.core.errors import ConfigError
from spine.framework.work import Work, use_work
from spine.project import open_project
from tests.projects import DEADLINE_SECONDS, Project, wait_until

logger = logging.getLogger("spine.scheduling")
TRACE = "0197a3c200007000800000004c102f3a"
RUN: dict[str, Any] = {
    "run_id": "0197a3c2-0000-7000-8000-00004c102f3a",
    "workflow": "people.flow",
    "partition": {},
    "schedule": "often",
    "status": "COMPLETED",
    "outcome": None,
    "duration_seconds": 0.19,
    "error_step": None,
    "error": None,
    "headline": "people.flow: COMPLETED",
}


@pytest.fixture
def session() -> Session:
    return Session(None, False, False, False)


@pytest.fixture(autouse=True)
def own_levels() -> Iterator[None]:
    root = logging.getLogger()
    before = root.level, logging.getLogger("spine").level
    logging.getLogger("spine").setLevel(logging.INFO)
    yield
    root.setLevel(before[0])
    logging.getLogger("spine").setLevel(before[1])


def ended(**changes: Any) -> None:
    logger.info("%s, run %s", "people.flow: COMPLETED", RUN["run_id"], extra={"run": {**RUN, **changes}})


def without_time(text: str) -> str:
    datetime.strptime(text[:9], "%H:%M:%S ")
    return text[9:]


def test_a_run_is_a_line_with_its_schedule_its_duration_and_the_next_time(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    soon = (datetime.now().astimezone() + timedelta(seconds=5)).replace(microsecond=0)
    with service_log(session, "text") as log:
        log.next_of = {"often": soon}.get
        ended()
    said = capsys.readouterr().err
    assert without_time(said).startswith("often -> people.flow 4c102f3a COMPLETED 0.19 s, next ")
    assert said.endswith(f"{soon:%H:%M:%S}\n")


def test_a_next_time_of_another_day_has_its_date(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    with service_log(session, "text") as log:
        log.next_of = lambda _schedule: datetime(2031, 1, 5, 12, tzinfo=UTC)
        ended()
    assert ", next 2031-01-0" in capsys.readouterr().err


def test_a_failure_says_where_and_why_on_one_line(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    with service_log(session, "text"):
        ended(
            status="FAILED",
            error_step="load",
            error="it\nbroke\x1b[31m",
            schedule=None,
            partition={"day": "2026-01-05"},
        )
    assert without_time(capsys.readouterr().err) == (
        "people.flow day=2026-01-05 4c102f3a FAILED at load: it broke [31m, 0.19 s\n"
    )


def test_a_level_above_info_is_named_and_further_lines_are_indented(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    with service_log(session, "text"):
        logging.getLogger("mine").warning("one\nERROR two")
    assert without_time(capsys.readouterr().err) == "WARNING one\n  ERROR two\n"


def test_json_is_one_object_a_line(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    at = datetime(2026, 1, 5, 12, tzinfo=UTC)
    with service_log(session, "json") as log:
        log.say("2 schedules; stop with Ctrl-C")
        log.next_of = lambda _schedule: at
        ended()
        logging.getLogger("mine").warning("one\ntwo")
        with use_work(Work(run_id=RUN["run_id"], step="load", attempt=2)):
            logging.getLogger("mine").warning("late")
    first, run, warning, of_step = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["level"], first["message"]) == ("INFO", "2 schedules; stop with Ctrl-C")
    assert run == {
        **{key: value for key, value in RUN.items() if key != "headline"},
        "time": run["time"],
        "level": "INFO",
        "logger": "spine.scheduling",
        "message": f"people.flow: COMPLETED, run {RUN['run_id']}",
        "next_at": "2026-01-05T12:00:00+00:00",
        "trace_id": TRACE,
    }
    assert datetime.fromisoformat(run["time"]).tzinfo is not None
    assert (warning["logger"], warning["message"]) == ("mine", "one\ntwo")
    assert "trace_id" not in warning
    assert {key: of_step[key] for key in ("run_id", "step", "attempt", "trace_id")} == {
        "run_id": RUN["run_id"],
        "step": "load",
        "attempt": 2,
        "trace_id": TRACE,
    }


def test_an_error_that_ends_the_service_is_an_object_too(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop, service_log(session, "json"):
        raise ConfigError("there is no spine.toml")
    assert stop.value.code == 2
    said = json.loads(capsys.readouterr().err)
    assert (said["level"], said["message"]) == ("ERROR", "there is no spine.toml")


def test_quiet_leaves_out_runs_and_keeps_warnings(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    session.quiet = True
    with service_log(session, "text"):
        ended()
        logger.warning("late")
    assert without_time(capsys.readouterr().err) == "WARNING late\n"


def test_the_next_times_are_those_of_the_database_and_read_once_a_second(scratch_project: Any) -> None:
    project: Project = scratch_project('[schedules.often]\nworkflow = "numbers"\nevery = "5m"\n')
    project.call("schedules", "list")
    with open_project(project.root) as opened:
        times = NextTimes(opened.application)
        upcoming = times("often")
        assert upcoming is not None
        assert upcoming > datetime.now(UTC)
        opened.schedules.pause("often")
        assert times("often") == upcoming
        assert NextTimes(opened.application)("often") is None
        assert times("nothing") is None


@pytest.mark.parametrize("command", ["scheduler", "worker"])
def test_a_service_that_cannot_start_says_so_in_json(scratch_project: Any, command: str) -> None:
    project: Project = scratch_project('[scheduler]\nexecutor = "inline"\n')
    outcome = project.run(command, "run", "--log-format", "json")
    assert (outcome.code, outcome.out) == (2, "")
    lines = [json.loads(line) for line in outcome.err.splitlines()]
    assert lines[-1]["level"] == "ERROR"
    assert "inline" in lines[-1]["message"]


def test_the_handler_ends_with_the_service(session: Session) -> None:
    with service_log(session, "text"):
        pass
    assert not any(isinstance(handler, ServiceLog) for handler in logging.getLogger().handlers)


@pytest.mark.slow
def test_a_scheduler_logs_each_run_with_its_schedule_and_the_next_time(scratch_project: Any) -> None:
    project: Project = scratch_project('[schedules.often]\nworkflow = "numbers"\nevery = "1s"\n')
    process = project.start("scheduler", "run", "--log-format", "json")
    wait_until(lambda: any(row["status"] == "COMPLETED" for row in project.call("schedules", "history", "--json").json))
    process.send_signal(signal.SIGTERM)
    said = [json.loads(line) for line in process.communicate(timeout=DEADLINE_SECONDS)[1].splitlines()]
    [first, *_] = [line for line in said if line.get("schedule") == "often"]
    assert (first["workflow"], first["status"], first["error"]) == ("numbers", "COMPLETED", None)
    assert first["next_at"] is not None
    assert said[0]["message"] == "1 schedule; stop with Ctrl-C"
