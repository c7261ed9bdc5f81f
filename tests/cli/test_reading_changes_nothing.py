"""Commands that only show something leave the database as it is, also where `spine.toml` declares other things."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.projects import Project

MODULE = """
from spine.framework.captures import capture
from spine.orchestration import Step, StepResult, Workflow, workflow_registry


def keep(context, config):
    return StepResult.ok(output={"rows": capture("prices", [{"close": 1.5}]).row_count})


workflow_registry.register(Workflow("load", [Step.lambda_("keep", keep)]))
workflow_registry.register(Workflow("fail", [Step.lambda_("divide", lambda context, config: 1 / 0)]))
"""
BEFORE = """
[spine]
name = "prices"
modules = ["flows"]

[schedules.first]
workflow = "load"
every = "1h"

[channels.ops]
type = "console"

[sources.rows]
type = "file"
path = "rows.csv"
"""
AFTER = (
    BEFORE.replace("schedules.first", "schedules.second")
    .replace("channels.ops", "channels.other")
    .replace("sources.rows", "sources.others")
)
COMMANDS = [
    "schedules list",
    "schedules show second",
    "schedules show first",
    "schedules next second",
    "schedules history",
    "schedules history first",
    "schedules lint",
    "runs list",
    "runs show latest",
    "runs logs latest",
    "backfills list",
    "captures list",
    "captures show prices",
    "alerts list",
    "alerts show latest",
    "alerts history",
    "alerts channels",
    "sources list",
    "sources show others",
    "sources history others",
    "workflows list",
    "workflows show load",
    "workflows check",
    "pipelines list",
    "pipelines history",
    "plugins list",
    "config show",
    "db list",
    "db status",
    "db check",
    "doctor",
    "history prune --older-than 1d --dry-run",
    "plan load",
    "run load --dry-run",
    "scheduler run --status",
]


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a history, whose `spine.toml` now declares another schedule, channel and source."""
    project = Project(tmp_path_factory.mktemp("project"))
    project.write("flows.py", MODULE)
    project.write("rows.csv", "close\n1.5\n")
    project.write("spine.toml", BEFORE)
    assert project.call("schedules", "pause", "first").code == 0
    assert project.call("sources", "fetch", "rows").code == 0
    assert project.call("run", "load").code == 0
    assert project.call("run", "fail").code == 1
    project.write("spine.toml", AFTER)
    return project


def dump(project: Project) -> list[str]:
    with sqlite3.connect(project.root / ".spine" / "spine.db") as connection:
        return list(connection.iterdump())


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_shows_something_changes_nothing(command: str, changed: Project) -> None:
    before = dump(changed)
    outcome = changed.call(*command.split())
    assert outcome.code in (0, 1), outcome.err
    assert dump(changed) == before


def test_a_schedule_that_is_declared_no_longer_is_shown_as_gone(changed: Project) -> None:
    rows = {row["name"]: row["state"] for row in changed.call("schedules", "list", "--json").json}
    assert rows == {"first": "gone", "second": "on"}


def test_a_project_that_was_never_used_stays_without_a_database(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", "")
    for command in ("schedules list", "workflows list", "config show", "plugins list"):
        assert project.call(*command.split()).code == 0
    assert not (tmp_path / ".spine").exists()
