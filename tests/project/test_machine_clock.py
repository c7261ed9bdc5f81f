"""What a project says on a machine whose clock is wrong: the time of its database counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from spine.project import open_project
from tests.machine_clock import MachineClock
from tests.projects import Project

FLOWS = """
from spine.orchestration import Step, Workflow, workflow_registry

workflow_registry.register(Workflow("w", [Step.lambda_("a", lambda context, config: None)]))
"""
SETTINGS = """
[spine]
modules = ["flows"]
database = "{url}"

[schedules.often]
workflow = "w"
every = "10m"
"""


@pytest.mark.slow
@pytest.mark.parametrize("shift", [7200, -7200])
def test_times_are_those_of_the_database(tmp_path: Path, new_history: Callable[[str], str], shift: float) -> None:
    clock = MachineClock(tmp_path)
    project = Project(tmp_path / "project")
    project.write("spine.toml", SETTINGS.format(url=new_history("postgresql")))
    project.write("flows.py", FLOWS)
    with open_project(project.root) as opened:
        opened.application.schedules.list_schedules()
        opened.run("w")
        before = opened.now()
    clock.set(shift)

    def say(*command: str) -> Any:
        return project.run(*command, "--json", env=clock.environ).json

    [listed] = say("schedules", "list")
    [moment] = say("schedules", "next", "often", "--count", "1")
    assert not listed["is_overdue"]
    assert datetime.fromisoformat(moment["scheduled_at"]) >= before
    assert (datetime.fromisoformat(moment["scheduled_at"]) - before).total_seconds() < 1800
    assert not say("status")["overdue_schedules"]
    assert len(say("runs", "list", "--since", "30m")) == 1
    silence = say("alerts", "silence", "--match", "source=w", "--until", "1h")
    assert 3000 < (datetime.fromisoformat(silence["ends_at"]) - before).total_seconds() < 5400
