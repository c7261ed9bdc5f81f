"""Runs that a script leaves to workers, and the questions about these."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spine.core.errors import ScheduleError, ValidationError, WorkflowError
from spine.orchestration import Step, Workflow
from spine.orchestration.lease import LeaseError, PartitionBusyError
from spine.orchestration.records import UnknownRunError
from spine.orchestration.registry import ChangedWorkflowError, UnknownWorkflowError, workflow_registry
from spine.orchestration.run_queue import QUEUE_LEASE
from spine.project import Project, open_project
from spine.testing import FakePlugin
from tests.scheduling.table_queue import jobs, make_project

FLOWS = """
from spine.orchestration import Daily, Step, Workflow, workflow_registry

steps = [Step.lambda_("a", lambda context, config: {"n": context.get_param("n")})]
workflow_registry.register(Workflow("w", steps, defaults={"n": "1"}))
workflow_registry.register(Workflow("waits", [Step.wait("pause", 3600)]))
workflow_registry.register(Workflow("daily", steps, partitions=Daily("day", start="2026-01-05"), queue="gpu"))
"""
SCHEDULE = '[schedules.s]\nworkflow = "w"\nevery = "1h"\nparams = { n = "7" }\n'


@pytest.fixture
def project(tmp_path: Path, installed_plugin: Callable[..., FakePlugin], database_url: str) -> Iterator[Project]:
    made = make_project(tmp_path / "project", installed_plugin, database_url, FLOWS)
    made.write("spine.toml", (made.root / "spine.toml").read_text() + SCHEDULE)
    with open_project(made.root) as found:
        yield found


def test_a_submitted_run_waits_for_a_worker_with_its_queue(project: Project) -> None:
    run_id = project.submit("daily", {"day": "2026-01-05"})
    found = project.runs.find(run_id)
    assert (found["status"], found["queue"], found["priority"], found["triggered_by"]) == ("PENDING", "gpu", 0, "api")
    assert jobs(project.database) == [run_id]
    [waits] = project.workers.waiting()
    assert (waits["queue"], waits["workflow_name"], waits["runs"]) == ("gpu", "daily", 1)
    assert project.workers.list() == []
    assert project.proceed(run_id).status.name == "COMPLETED"
    assert project.workers.waiting() == []


def test_the_second_run_of_a_partition_is_refused_and_not_enqueued(project: Project) -> None:
    first = project.submit("daily", {"day": "2026-01-05"})
    with pytest.raises(PartitionBusyError):
        project.submit("daily", {"day": "2026-01-05"})
    assert jobs(project.database) == [first]


def test_a_key_is_one_run(project: Project) -> None:
    first = project.submit("w", key="k")
    assert project.submit("w", key="k") == first
    assert project.run("w", key="k").run_id == first
    for name, params in (("w", {"n": "2"}), ("daily", {"day": "2026-01-05"})):
        with pytest.raises(ValidationError, match=r"^key 'k' belongs to run "):
            project.submit(name, params, key="k")
    assert jobs(project.database) == [first]


def test_a_tick_gives_its_parameters(project: Project) -> None:
    run_id = project.submit("w", at="2026-11-03T06:00", schedule="s")
    assert project.proceed(run_id).context.get_output("a", "n") == "7"
    with pytest.raises(ScheduleError, match="needs the time of a tick"):
        project.submit("w", schedule="s")


def test_a_workflow_that_others_cannot_find_is_refused(project: Project) -> None:
    with pytest.raises(UnknownWorkflowError, match="did you mean 'daily'"):
        project.submit("dayly")
    for lone in (Workflow("lone", [Step.wait("a", 1)]), Workflow("w", [Step.wait("a", 1)])):
        with pytest.raises(WorkflowError, match="is not registered as it is, so that no other process"):
            project.submit(lone)
    assert jobs(project.database) == []
    assert project.submit(workflow_registry.get("w"))


def test_proceed_leaves_a_run_of_other_code_to_others(project: Project) -> None:
    run_id = project.submit("w")
    workflow_registry.register(Workflow("w", [Step.wait("a", 1)]), replace=True)
    with pytest.raises(ChangedWorkflowError, match="deploy one version to all workers, and see spine workers list"):
        project.proceed(run_id)
    assert project.runs.find(run_id)["status"] == "PENDING"
    assert project.workers.waiting()[0]["runs"] == 1


@pytest.mark.slow
def test_only_a_run_that_a_process_executes_is_parked(project: Project) -> None:
    run_id = project.submit("w")
    with pytest.raises(WorkflowError, match=f"^run {run_id} is in the queue: only a run that a process executes"):
        project.runs.park(run_id)
    with pytest.raises(UnknownRunError):
        project.runs.park("gone")


def test_the_name_of_its_rows_is_that_of_its_settings_alone(project: Project, tmp_path: Path) -> None:
    assert (project.name, project.history_name) == ("project", "")
    (tmp_path / "spine.toml").write_text('[spine]\nname = "prices"\n')
    with open_project(tmp_path) as other:
        assert (other.name, other.history_name) == ("prices", "prices")


def test_a_run_in_a_queue_is_executed_here_if_that_is_forced(project: Project) -> None:
    run_id = project.submit("w")
    with pytest.raises(LeaseError, match=f"take it from there with spine runs resume {run_id} --force"):
        project.resume(run_id)
    project.database.execute("UPDATE core_workflow_runs SET definition_hash = 'of other code'")
    assert project.resume(run_id, force=True).status.name == "COMPLETED"
    assert project.workers.waiting() == []


@pytest.mark.slow
def test_a_run_that_waits_in_a_queue_and_whose_code_is_gone_is_resumed_by_force(project: Project) -> None:
    run_id = project.submit("waits")
    assert project.proceed(run_id).status.name == "WAITING"
    project.database.execute(
        "UPDATE core_workflow_runs SET lease_owner = ?, lease_expires_at = ?, wake_at = created_at",
        (QUEUE_LEASE.owner, "2999-01-01 00:00:00+00:00"),
    )
    workflow_registry.register(Workflow("waits", [Step.lambda_("other", lambda context, config: None)]), replace=True)
    with pytest.raises(ChangedWorkflowError):
        project.resume(run_id)
    assert project.resume(run_id, force=True).status.name == "COMPLETED"
