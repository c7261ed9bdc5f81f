"""Runs whose process is killed, stopped, frozen or asked to end, through the command line."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from spine.testing import FixedClock
from tests.projects import DEADLINE_SECONDS, Project, wait_until

Make = Callable[..., Project]

SETTINGS = """
[spine]
modules = ["flows"]
[runs]
grace_seconds = 1
[channels.console]
type = "console"
"""

FLOWS = """
import logging, os, time
from pathlib import Path
from spine.framework.captures import capture
from spine.orchestration import Step, Workflow, workflow_registry

HERE = Path(__file__).parent

def note(name):
    with (HERE / "ran.log").open("a") as file:
        file.write(name + "\\n")

def first(ctx, config):
    note("first")
    logging.getLogger("flows").info("first is here\\x1b[31m")
    return {"n": 1}

def second(ctx, config):
    note("second")
    capture("made", [{"n": ctx.get_output("first", "n")}])
    (HERE / "paused").touch()
    while (HERE / "hold").exists():
        time.sleep(0.02)
    return {"n": 2}

def third(ctx, config):
    note("third")
    return {"n": 3}

steps = [Step.lambda_("first", first), Step.lambda_("second", second), Step.lambda_("third", third)]
workflow_registry.register(Workflow("w", steps))
workflow_registry.register(Workflow("waits", [Step.lambda_("first", first), Step.wait("pause", 3600), steps[2]]))
"""


@pytest.fixture
def project(make_project: Make) -> Project:
    return make_project(SETTINGS, FLOWS)


def ran(project: Project) -> list[str]:
    return (project.root / "ran.log").read_text().split()


def start_held(project: Project, *arguments: str) -> Any:
    """Start `spine run w` as a process, and return it when it is in the middle of its second step."""
    project.write("hold", "")
    process = project.start("run", "w", *arguments)
    wait_until((project.root / "paused").exists)
    return process


def release(project: Project) -> None:
    (project.root / "hold").unlink()


def only_run(project: Project) -> dict[str, Any]:
    [run] = project.call("runs", "list", "--json").json
    return dict(run)


@pytest.mark.slow
def test_a_killed_run_is_recovered_where_it_was(project: Project) -> None:
    process = start_held(project)
    process.kill()
    process.communicate()
    release(project)
    assert only_run(project)["status"] == "RUNNING"
    outcome = project.call("runs", "recover", "--json")
    assert [(run["status"], outcome.code) for run in outcome.json] == [("COMPLETED", 0)]
    assert ran(project) == ["first", "second", "second", "third"]
    shown = project.call("runs", "show", "latest", "--json").json
    assert [(step["step_name"], step["attempt"], step["status"]) for step in shown["steps"]] == [
        ("first", 1, "COMPLETED"),
        ("second", 1, "CANCELLED"),
        ("second", 2, "COMPLETED"),
        ("third", 1, "COMPLETED"),
    ]
    assert project.call("runs", "recover").out.startswith("nothing to do")


@pytest.mark.slow
def test_a_run_that_may_not_be_resumed_is_marked_and_alerted(project: Project) -> None:
    process = start_held(project)
    process.kill()
    process.communicate()
    project.write("spine.toml", SETTINGS.replace("grace_seconds", 'on_crash = "mark"\ngrace_seconds'))
    outcome = project.call("runs", "recover")
    assert outcome.code == 1
    assert "CRASHED" in outcome.out
    assert "w crashed" in outcome.err  # the alert that the dead process could not send
    release(project)
    assert project.call("runs", "resume", "latest").code == 0


@pytest.mark.slow
def test_a_frozen_process_that_wakes_up_after_another_has_finished_commits_nothing(
    project: Project, fixed_clock: FixedClock
) -> None:
    process = start_held(project)
    process.send_signal(signal.SIGSTOP)
    fixed_clock.set(datetime.now(UTC) + timedelta(hours=1))  # its lease is over
    release(project)
    [recovered] = project.call("runs", "recover", "--json").json
    assert recovered["status"] == "COMPLETED"
    process.send_signal(signal.SIGCONT)
    _, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 1
    assert "was taken over by another process" in err
    shown = project.call("runs", "show", "latest", "--json").json
    assert shown["status"] == "COMPLETED"
    assert len(shown["captures"]) == 1
    assert [step["attempt"] for step in shown["steps"] if step["step_name"] == "second"] == [1, 2]


@pytest.mark.slow
def test_cancel_ends_a_run_of_another_process(project: Project) -> None:
    process = start_held(project)
    outcome = project.call("runs", "cancel", "latest", "--grace", "200", "--json")
    assert (outcome.code, outcome.json["status"]) == (0, "CANCELLED")
    process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode in (1, 130)
    assert only_run(project)["status"] == "CANCELLED"
    release(project)
    assert project.call("runs", "resume", "latest").code == 0
    assert ran(project) == ["first", "second", "second", "third"]


@pytest.mark.slow
def test_cancel_takes_over_from_a_process_that_does_not_answer(project: Project) -> None:
    process = start_held(project)
    process.send_signal(signal.SIGSTOP)
    assert project.call("runs", "cancel", "latest", "--grace", "0.2", "--json").json["status"] == "CANCELLED"
    process.send_signal(signal.SIGCONT)
    process.communicate(timeout=DEADLINE_SECONDS)
    assert only_run(project)["status"] == "CANCELLED"


@pytest.mark.slow
def test_ctrl_c_cancels_and_says_how_to_go_on(project: Project) -> None:
    process = start_held(project)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=DEADLINE_SECONDS)
    run = only_run(project)
    assert (process.returncode, run["status"]) == (130, "CANCELLED")
    assert f"spine runs resume {run['run_id']}" in err


@pytest.mark.slow
def test_sigterm_lets_the_step_finish_and_parks_the_run(project: Project) -> None:
    project.write("spine.toml", SETTINGS.replace("grace_seconds = 1", "grace_seconds = 300"))
    process = start_held(project)
    process.send_signal(signal.SIGTERM)  # the step, in the main thread, does not go on before the handler has run
    release(project)
    process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 143
    assert only_run(project)["status"] == "PENDING"
    assert [run["status"] for run in project.call("runs", "recover", "--json").json] == ["COMPLETED"]
    assert ran(project) == ["first", "second", "third"]


@pytest.mark.slow
def test_sigterm_interrupts_a_step_that_takes_too_long_and_parks_the_run(project: Project) -> None:
    process = start_held(project)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=DEADLINE_SECONDS)
    assert (process.returncode, only_run(project)["status"]) == (143, "PENDING")
    release(project)
    assert [run["status"] for run in project.call("runs", "recover", "--json").json] == ["COMPLETED"]


def test_a_wait_survives_its_process_and_is_woken(project: Project) -> None:
    process = project.start("run", "waits")
    wait_until(lambda: '"WAITING"' in project.call("runs", "list", "--json").out)
    process.kill()
    process.communicate()
    assert project.call("runs", "wake").out.startswith("nothing to do")
    outcome = project.call("runs", "wake", "latest", "--now", "--json")
    assert (outcome.code, outcome.json["status"]) == (0, "COMPLETED"), outcome.err
    assert ran(project) == ["first", "third"]


def test_a_key_runs_a_workflow_once(project: Project) -> None:
    first = project.call("run", "w", "--key", "2026-11", "--json").json
    again = project.call("run", "w", "--key", "2026-11", "--json").json
    assert first["run_id"] == again["run_id"]
    assert ran(project) == ["first", "second", "third"]


@pytest.mark.slow
def test_logs_and_watch_show_what_a_run_said_and_did(project: Project) -> None:
    project.run("run", "w")
    assert "first is here [31m" in project.call("runs", "logs", "latest").out
    assert project.call("runs", "logs", "latest", "--step", "third").out == "nothing was logged\n"
    [line] = project.call("runs", "logs", "latest", "--json").json
    assert (line["step_name"], line["level"]) == ("first", "INFO")
    outcome = project.call("runs", "watch", "latest")
    assert (outcome.code, outcome.out) == (0, "w: COMPLETED\n")
    assert "third" in outcome.err


def test_a_plan_runs_nothing(project: Project) -> None:
    outcome = project.call("plan", "w", "--json")
    assert [(step["step"], step["action"]) for step in outcome.json["steps"]] == [
        ("first", "runs"),
        ("second", "runs"),
        ("third", "runs"),
    ]
    assert not (project.root / "ran.log").exists()
