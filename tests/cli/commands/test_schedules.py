"""`spine schedules`: declared schedules."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from spine.app import open_project
from spine.app.service import schedulers_of
from spine.orchestration import workflow_registry
from spine.testing import FixedClock
from tests.projects import Project, no_call_is_going, wait_until

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
        (
            'workflow = "weekly"\non_workflow = "weekli"',
            "on_workflow: there is no workflow 'weekli'; did you mean 'weekly'?",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(tmp_path: Path, schedule: str, sentence: str) -> None:
    outcome = project(tmp_path, schedule).call("schedules", "list")
    assert outcome.code == 2
    assert sentence in outcome.sentence


AT = """
from spine.orchestration import Step, Workflow, workflow_registry


def told(ctx, config):
    tick = ctx.schedule
    return {"told": [tick.name, tick.interval_start.isoformat(), tick.interval_end.isoformat()]}


def resolve(params, tick):
    return {**params, "week": f"{tick.interval_start:%G-W%V}"}


workflow_registry.register(Workflow("weekly", [Step.lambda_("a", told)], resolve_params=resolve))
"""
WEEKLY = """
workflow = "weekly"
cron = "0 6 * * MON"
timezone = "Europe/Berlin"
params = { day = "{scheduled_at:%Y-%m-%d}", source = "left" }
"""


def test_run_at_runs_as_the_tick_at_that_time_would_have(tmp_path: Path) -> None:
    made = project(tmp_path, WEEKLY)
    made.write("flows.py", AT)
    run = made.call("run", "weekly", "--at", "2026-03-30T06:00", "-p", "source=right", "--json").json
    assert run["params"] == {"day": "2026-03-30", "source": "right", "week": "2026-W13"}
    shown = made.call("runs", "show", "latest", "--json").json
    assert shown["steps"][0]["outputs"]["told"] == ["one", "2026-03-23T06:00:00+01:00", "2026-03-30T06:00:00+02:00"]
    dry = made.call("run", "weekly", "--at", "2026-03-30T04:00+00:00", "--dry-run", "--json").json
    assert dry["params"]["week"] == "2026-W13"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--at", "2026-03-30T07:00"),
            "'2026-03-30T07:00' is no tick of schedule 'one': the nearest are 2026-03-30T06:00:00+02:00 and "
            "2026-04-06T06:00:00+02:00",
        ),
        (("--at", "2026-03-30"), "--at '2026-03-30' is not a date and time"),
        (("--schedule", "one"), "schedule 'one' needs the time of a tick"),
        (("--at", "2026-03-30T06:00", "--schedule", "on"), "there is no schedule 'on'; did you mean 'one'?"),
    ],
)
def test_a_time_that_is_no_tick_is_refused_with_the_nearest_ones(
    tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    outcome = project(tmp_path, WEEKLY).call("run", "weekly", *arguments)
    assert outcome.code != 0
    assert sentence in outcome.sentence


def test_of_several_schedules_of_a_workflow_one_is_chosen_for_a_tick(tmp_path: Path) -> None:
    made = project(tmp_path, WEEKLY + '[schedules.two]\nworkflow = "weekly"\nevery = "1h"')
    made.write("flows.py", AT)
    outcome = made.call("run", "weekly", "--at", "2026-03-30T06:00")
    assert "has the schedules one, two: choose one with --schedule NAME" in outcome.sentence
    run = made.call("run", "weekly", "--at", "2026-03-30T06:00", "--schedule", "two", "--json").json
    assert run["status"] == "COMPLETED"


def test_a_run_triggered_by_hand_is_about_now(tmp_path: Path) -> None:
    made = project(tmp_path, 'workflow = "weekly"\nevery = "365d"\nparams = { day = "{scheduled_at:%Y}" }')
    made.write("flows.py", AT)
    assert made.call("schedules", "trigger", "one").code == 0
    shown = made.call("runs", "show", "latest", "--json").json
    [tick] = made.call("schedules", "history", "one", "--json").json
    assert shown["steps"][0]["outputs"]["told"][2][:19] == tick["scheduled_at"][:19]


def test_business_days_are_added_and_shown(tmp_path: Path) -> None:
    made = project(tmp_path, 'workflow = "weekly"\nevery = "1h"')
    rule = ("--set", "business_day:=2", "--set", "of=week", "--set", "time=06:00", "--set", "calendar=weekdays")
    assert made.call("schedules", "add", "second", "--workflow", "weekly", *rule).code == 0
    found = {row["name"]: row["when"] for row in made.call("schedules", "list", "--json").json}
    assert found["second"] == "business day 2 of week, 06:00"
    rows = made.call("schedules", "next", "second", "--json").json
    assert len(rows) == 5
    assert all(row["moved"] == row["blackout"] == "" for row in rows)


ADD = ("schedules", "add", "two", "--workflow", "weekly")


@pytest.fixture
def made(tmp_path: Path) -> Project:
    return project(tmp_path, 'workflow = "weekly"\nevery = "1h"')


HANGS = """
from threading import Event

from spine.orchestration import Step, Workflow, workflow_registry


END = Event()


def hang(params):
    END.wait(600)


workflow_registry.register(Workflow("hangs", [Step.lambda_("a", lambda context, config: None)], resolve_params=hang))
"""


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


def test_triggering_does_not_wait_for_parameters_without_an_end(tmp_path: Path) -> None:
    made = Project(tmp_path)
    schedule = '[scheduler]\ncall_seconds = 0.1\n[schedules.one]\nworkflow = "hangs"\nevery = "1h"\n'
    made.write("spine.toml", f'[spine]\nmodules = ["flows"]\n{schedule}')
    made.write("flows.py", HANGS)
    found = made.call("schedules", "trigger", "one")
    assert found.code != 0
    assert "resolve_params of workflow 'hangs' did not return within 0.1 s" in found.sentence
    assert made.call("schedules", "history", "one", "--json").json == []
    sys.modules["flows"].END.set()  # for the tests after this one that wait for all calls of the process
    wait_until(no_call_is_going)


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


DECLARING = """
from spine.framework.params import ParamDef, PipelineSpec
from spine.orchestration import Step, Workflow, workflow_registry

params = PipelineSpec(required_params={"day": ParamDef("day", str, "The day.")})
steps = [Step.lambda_("a", lambda ctx, config: None)]
workflow_registry.register(Workflow("weekly", steps, params=params))
"""


@pytest.mark.parametrize("command", [("list",), ("next", "one"), ("lint",), ("show", "one")])
@pytest.mark.parametrize(("params", "fault"), [('{ dya = "1", day = "1" }', "dya"), ("{}", "day")])
def test_a_parameter_that_the_workflow_refuses_is_refused_where_it_is_declared(
    tmp_path: Path, command: tuple[str, ...], params: str, fault: str
) -> None:
    made = project(tmp_path, f'workflow = "weekly"\nevery = "1h"\nparams = {params}')
    made.write("flows.py", DECLARING)
    refused = made.call("schedules", *command)
    assert refused.code == 2
    assert f"{made.root}/spine.toml: schedules.one: " in refused.sentence
    assert fault in refused.sentence


@pytest.mark.parametrize(
    ("trigger", "filled"), [('every = "1h"', '{ day = "{scheduled_at:%d}" }'), ('on_capture = "prices"', "{}")]
)
def test_a_parameter_that_a_tick_fills_is_not_refused_before(tmp_path: Path, trigger: str, filled: str) -> None:
    made = project(tmp_path, f'workflow = "weekly"\n{trigger}\nparams = {filled}')
    made.write("flows.py", DECLARING.replace('"day", str', '"day", int'))
    assert made.call("schedules", "list").code == 0
    made.write("spine.toml", (made.root / "spine.toml").read_text().replace(filled, "{ dya = 1 }"))
    assert "unknown parameter 'dya'" in made.call("schedules", "list").err


def test_a_scheduler_begins_with_the_sources_that_cannot_be_built(tmp_path: Path) -> None:
    made = project(tmp_path, 'workflow = "weekly"\nevery = "1h"\n[scheduler]\nexecutor = "inline"')
    settings = (made.root / "spine.toml").read_text()
    made.write("spine.toml", settings + '[sources.api]\ntype = "file"\npath = { env = "NOT_SET" }\n')
    started = made.call("scheduler", "run")
    assert started.err.splitlines()[0] == (
        f"Warning: source api: {made.root}/spine.toml: sources.api.path needs the environment variable NOT_SET, "
        "which is not set; mend it: export NOT_SET=..."
    )


WAITING = """
from spine.orchestration import Step, Workflow, workflow_registry
workflow_registry.register(Workflow("weekly", [Step.wait("pause", 3600)]))
"""


def test_a_scheduler_logs_the_runs_that_it_resumes(
    tmp_path: Path, fixed_clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    made = project(tmp_path, 'workflow = "weekly"\nevery = "30d"')
    made.write("flows.py", WAITING)
    with open_project(made.root) as application, caplog.at_level("INFO", "spine.scheduling"):
        parked = application.runner(park_waits=True).execute(workflow_registry.get("weekly"))
        scheduler = application.scheduler()
        fixed_clock.advance(3601)
        scheduler.recover()
        wait_until(lambda: f"weekly: COMPLETED, run {parked.run_id}" in caplog.text)
        assert scheduler.pool.park(5)
    assert f"weekly resumed ({parked.run_id})" in caplog.text


def test_a_tick_that_no_scheduler_started_is_overdue_since_the_last_one_was_alive(
    tmp_path: Path, fixed_clock: FixedClock
) -> None:
    made = project(tmp_path, 'workflow = "weekly"\nevery = "1h"')
    made.call("schedules", "list")
    with open_project(made.root) as application:
        found = schedulers_of(application, application.view_schedules())
        found.enter()
        found.leave()
        assert found.living() == []
    ended = f"{fixed_clock.now():%Y-%m-%d %H:%M}"
    assert "overdue" not in made.call("schedules", "list").out
    assert f"warning: no scheduler alive since {ended}" in made.call("status").out
    fixed_clock.advance(2 * 3600)
    listed = made.call("schedules", "list")
    assert "  overdue  " in listed.out
    assert f"overdue: 1, no scheduler alive since {ended}" in listed.out
    assert "spine scheduler run" in made.call("schedules", "show", "one").out
    status = made.call("status")
    assert "overdue: " in status.out.splitlines()[1]
    assert "1 active schedule, 1 overdue: spine scheduler run" in status.out
    assert made.call("status", "--json").json["overdue_schedules"] == ["one"]
