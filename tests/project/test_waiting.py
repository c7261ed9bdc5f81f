"""What a run that is open waits for, in the words that an operator needs to help it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spine.app.workers import definition_hashes
from spine.orchestration.lease import process_name
from spine.project import Project, open_project
from spine.storage.workers import Workers
from spine.testing import FakePlugin
from tests.scheduling.table_queue import make_project

FLOWS = """
from spine.orchestration import Step, Workflow, workflow_registry

steps = [Step.lambda_("a", lambda context, config: None)]
workflow_registry.register(Workflow("w", steps, queue="gpu"))
workflow_registry.register(Workflow("one", steps, limits={"api": 1}))
"""


@pytest.fixture
def project(tmp_path: Path, installed_plugin: Callable[..., FakePlugin], database_url: str) -> Iterator[Project]:
    made = make_project(tmp_path / "project", installed_plugin, database_url, FLOWS)
    with open_project(made.root) as found:
        yield found


def reason(project: Project, run_id: str) -> str | None:
    return project.runs.waits_for(project.runs.find(run_id))


def work(project: Project, *queues: str) -> None:
    Workers(project.application.history).enter("here", "table", queues, 2, definition_hashes())


def test_a_run_in_a_queue_waits_for_a_worker(project: Project) -> None:
    run_id = project.submit("w")
    assert reason(project, run_id) == "a worker, and none lives: spine worker run"
    work(project, "default")
    takes = "a worker that takes queue 'gpu', and none does: spine worker run --queues gpu"
    assert reason(project, run_id) == takes
    work(project, "gpu")
    assert reason(project, run_id) == "a worker with room"
    project.database.execute("UPDATE core_workflow_runs SET definition_hash = 'other'")
    assert str(reason(project, run_id)).startswith("a worker that has its code, and none does: ")


def test_a_run_waits_for_the_run_that_holds_its_limit(project: Project) -> None:
    first, second = project.submit("one"), project.submit("one")
    project.database.execute("INSERT INTO core_run_limits (name, run_id) VALUES (?, ?)", ("api", first))
    project.database.execute(
        "UPDATE core_workflow_runs SET status = 'RUNNING', lease_owner = ?, lease_expires_at = created_at"
        " WHERE run_id = ?",
        (process_name(), first),
    )
    assert reason(project, first) is None
    assert reason(project, second) == f"limit 'api', which run {first} holds"


def test_a_run_that_was_parked_waits_for_a_process(project: Project) -> None:
    run_id = project.submit("w")
    project.database.execute("UPDATE core_workflow_runs SET lease_owner = NULL, lease_expires_at = NULL")
    assert reason(project, run_id) == "a scheduler or worker with room, or spine runs resume"
    assert project.proceed(run_id).status.name == "COMPLETED"
    assert reason(project, run_id) is None
