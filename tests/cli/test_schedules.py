"""`spine schedules`: what is declared to run when."""

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
