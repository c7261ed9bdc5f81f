"""`spine schedules`: declared schedules."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import Project

FLOWS = """
from spine.orchestration import Step, Workflow, workflow_registry
workflow_registry.register(Workflow("weekly", [Step.lambda_("a", lambda ctx, config: None)]))
"""


def project(folder: Path, schedule: str) -> Project:
    found = Project(folder)
    found.write("flows.py", FLOWS)
    found.write("spine.toml", f'[spine]\nmodules = ["flows"]\n[schedules.one]\n{schedule}\n')
    return found


def test_the_next_moments_are_local_and_utc_and_days_of_changed_clocks_are_marked(tmp_path: Path) -> None:
    made = project(tmp_path, 'workflow = "weekly"\ncron = "0 6 * * MON"\ntimezone = "America/New_York"')
    [row] = made.call("schedules", "list", "--json").json
    assert (row["name"], row["target_name"], row["timezone"]) == ("one", "weekly", "America/New_York")
    rows = made.call("schedules", "next", "one", "--count", "60", "--json").json
    assert len(rows) == 60
    assert {row["scheduled_at"][10:19] for row in rows} == {"T06:00:00"}
    assert {row["scheduled_at"][19:] for row in rows} == {"-05:00", "-04:00"}
    assert row["next_run_at"] == rows[0]["scheduled_at"]


def test_lint_names_the_gap_that_a_schedule_falls_into(tmp_path: Path) -> None:
    made = project(tmp_path, 'workflow = "weekly"\ncron = "30 2 * * *"\ntimezone = "America/New_York"')
    kinds = {row["kind"] for row in made.call("schedules", "lint", "--json").json}
    assert "gap" in kinds


@pytest.mark.parametrize(
    ("schedule", "sentence"),
    [
        ('workflow = "weekly"\ncron = "0 25 * * *"', "hour"),
        ('workflow = "weekly"\ncron = "0 6 * * *"\ntimezone = "America/NewYork"', "did you mean 'America/New_York'"),
        ('workflow = "weekly"\nevery = "-5m"', "every"),
        ('workflow = "weekly"', "cron, every"),
        ('workflow = "weekli"\nevery = "5m"', "there is no workflow 'weekli'; did you mean 'weekly'?"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(tmp_path: Path, schedule: str, sentence: str) -> None:
    outcome = project(tmp_path, schedule).call("schedules", "list")
    assert outcome.code == 2
    assert sentence in outcome.sentence


ADD = ("schedules", "add", "two", "--workflow", "weekly")


@pytest.fixture
def made(tmp_path: Path) -> Project:
    return project(tmp_path, 'workflow = "weekly"\nevery = "1h"')


def names(made: Project) -> list[str]:
    return [row["name"] for row in made.call("schedules", "list", "--json").json]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--cron", "0 25 * * *"), "hour"),
        (("--cron", "0 6 * *"), "has 4 fields: write five"),
        (("--cron", "0 6 * * *", "--timezone", "Mars/Olympus"), "timezone 'Mars/Olympus' is not known"),
        (("--at", "2020-01-01T06:00"), "is in the past"),
        (("--at", "tomorrow"), "'tomorrow'"),
        (("--every", "-5m"), "every"),
        (("--every", "0s"), "every"),
        (("--every", "5m", "--cron", "@daily"), "cron, every"),
        (("--every", "5m", "--workflow", "weekli"), "did you mean 'weekly'?"),
        (("--every", "5m", "--pipeline", "weekly"), "pipeline"),
        (("--every", "5m", "--set", "overlap=later"), "cancel_old"),
        (("--every", "5m", "--set", "overlp=skip"), "did you mean 'overlap'?"),
        (("--every", "5m", "--set", "jitter_seconds:=-1"), "jitter_seconds"),
        ((), "cron, every"),
    ],
)
def test_an_invalid_schedule_is_refused_and_not_stored(
    made: Project, arguments: tuple[str, ...], sentence: str
) -> None:
    outcome = made.call(*ADD, *arguments)
    assert outcome.code == 2
    assert sentence in outcome.sentence
    assert names(made) == ["one"]


def test_a_schedule_is_added_with_its_next_five_moments_and_removed(made: Project) -> None:
    added = made.call(*ADD, "--cron", "0 6 * * MON", "--timezone", "America/New_York", "--json").json
    assert len(added["next"]) == 5
    assert names(made) == ["one", "two"]
    assert made.call("schedules", "show", "two", "--json").json["when"] == "0 6 * * MON"
    assert "there is a schedule 'two' already" in made.call(*ADD, "--every", "1h").sentence
    assert made.call("schedules", "remove", "two", "--json").json == {"name": "two", "state": "removed"}
    states = {row["name"]: row["state"] for row in made.call("schedules", "list", "--json").json}
    assert states == {"one": "on", "two": "gone"}


def test_a_schedule_of_spine_toml_is_removed_in_the_file(made: Project) -> None:
    assert "declared in spine.toml" in made.call("schedules", "remove", "one").sentence
    assert names(made) == ["one"]


def test_a_wrong_declaration_changes_nothing(made: Project) -> None:
    made.call(*ADD, "--every", "1h")
    wrong = '[schedules.new]\nworkflow = "weekly"\nevery = "1h"\n[schedules.one]\nworkflow = "weekly"\nevery = "-1h"'
    made.write("spine.toml", f'[spine]\nmodules = ["flows"]\n{wrong}')
    assert made.call("schedules", "list").code == 2
    made.write("spine.toml", '[spine]\nmodules = ["flows"]\n[schedules.one]\nworkflow = "weekly"\nevery = "1h"')
    assert names(made) == ["one", "two"]


def test_a_schedule_is_paused_until_it_is_resumed(made: Project) -> None:
    assert made.call("schedules", "pause", "one", "--json").json["state"] == "paused"
    [row] = made.call("schedules", "list", "--json").json
    assert row["state"] == "paused"
    assert made.call("schedules", "resume", "one", "--json").json["state"] == "on"
    assert "did you mean 'one'?" in made.call("schedules", "pause", "on").sentence


def test_triggering_runs_it_at_once_and_leaves_a_tick(made: Project) -> None:
    run = made.call("schedules", "trigger", "one", "--json").json
    assert run["status"] == "COMPLETED"
    [tick] = made.call("schedules", "history", "one", "--json").json
    assert (tick["status"], tick["run_id"]) == ("COMPLETED", run["run_id"])


def test_a_one_off_schedule_of_the_past_is_a_warning_and_stops_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = project(tmp_path, 'workflow = "weekly"\nevery = "1h"')
    toml = tmp_path / "spine.toml"
    toml.write_text(toml.read_text() + '\n[schedules.once]\nworkflow = "weekly"\nat = "2020-01-01T06:00"\n')
    found = made.call("schedules", "list", "--json")
    assert "at '2020-01-01T06:00' is in the past" in caplog.text
    next_runs = {row["name"]: row["next_run_at"] for row in found.json}
    assert next_runs.pop("once") is None
    assert None not in next_runs.values()
