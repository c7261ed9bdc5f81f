"""Two projects on one database, each with a scheduler; and one project in two folders."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from spine.core.adapters.database import get_adapter
from spine.storage.migrate import upgrade
from tests.projects import DEADLINE_SECONDS, Project, wait_until

FLOWS = """
from spine.orchestration import Step, Workflow, workflow_registry

work = Step.lambda_("work", lambda context, config: None)
workflow_registry.register(Workflow("{name}.job", [work]))
workflow_registry.register(Workflow("{name}.wait", [Step.wait("pause", duration_seconds=2), work]))
"""


@pytest.fixture
def new_project(tmp_path: Path) -> Callable[..., Project]:
    """A function that makes a project on a database, with a schedule of its own."""

    def make(folder: str, url: str, *, name: str, every: str = "1s") -> Project:
        project = Project(tmp_path / folder)
        project.write("flows.py", FLOWS.format(name=name))
        schedule = f'[schedules.job]\nworkflow = "{name}.job"\nevery = "{every}"\n'
        project.write("spine.toml", f'[spine]\nname = "{name}"\ndatabase = "{url}"\nmodules = ["flows"]\n{schedule}')
        return project

    return make


def ticks(project: Project) -> list[str]:
    return [row["status"] for row in project.call("schedules", "history", "--json").json]


@pytest.mark.slow
def test_each_of_two_projects_runs_its_own_and_leaves_the_other_alone(
    database_url: str, new_project: Callable[..., Project]
) -> None:
    with get_adapter(database_url) as adapter:
        upgrade(adapter)
    one, two = (new_project(name, database_url, name=name) for name in ("one", "two"))
    waiting = one.start("run", "one.wait")
    wait_until(lambda: any(row["status"] == "WAITING" for row in one.call("runs", "list", "--json").json))
    waiting.terminate()
    waiting.communicate()
    services = [two.start("scheduler", "run")]
    wait_until(lambda: ticks(two).count("COMPLETED") >= 3)
    [parked] = one.call("runs", "list", "--json").json
    assert (parked["workflow_name"], parked["status"]) == ("one.wait", "PENDING")
    assert ticks(one) == []
    assert one.call("schedules", "list").code == 0
    services.append(one.start("scheduler", "run"))
    wait_until(lambda: ticks(one).count("COMPLETED") >= 3)
    wait_until(lambda: one.call("runs", "show", parked["run_id"], "--json").json["status"] == "COMPLETED")
    for service in services:
        service.send_signal(signal.SIGTERM)
        service.communicate(timeout=DEADLINE_SECONDS)
        assert service.returncode == 0
    for project in (one, two):
        rows = project.call("runs", "list", "-n", "100", "--json").json
        assert {row["project"] for row in rows} == {project.root.name}
        assert {row["status"] for row in rows} == {"COMPLETED"}
        assert project.call("alerts", "list", "--json").json == []


@pytest.mark.slow
def test_one_project_in_two_folders_is_refused_where_they_differ(
    database_url: str, new_project: Callable[..., Project]
) -> None:
    with get_adapter(database_url) as adapter:
        upgrade(adapter)
    here, same, differs = (
        new_project("here", database_url, name="p"),
        new_project("same", database_url, name="p"),
        new_project("differs", database_url, name="p", every="5s"),
    )
    services = [here.start("scheduler", "run")]
    wait_until(lambda: "COMPLETED" in ticks(here))
    for command in (("scheduler", "run"), ("schedules", "pause", "job")):
        refused = differs.run(*command)
        assert refused.code == 2
        assert "give one of the two another name in [spine], or stop that scheduler" in refused.sentence
    findings = differs.call("doctor", "--json").json
    assert any("declares others" in row["says"] for row in findings if row["check"] == "scheduler"), findings
    added = here.run("schedules", "add", "extra", "--workflow", "p.job", "--every", "1h")  # belongs to no folder
    assert added.code == 0
    services.append(same.start("scheduler", "run"))
    wait_until(lambda: same.call("scheduler", "run", "--status").code == 0)
    for service in services:
        service.send_signal(signal.SIGTERM)
        service.communicate(timeout=DEADLINE_SECONDS)
        assert service.returncode == 0
    assert differs.run("schedules", "pause", "job").code == 0
