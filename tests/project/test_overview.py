"""The state of a project tells all of its trouble, however much of it is newer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from spine.core.adapters.database import get_adapter
from spine.framework.alerts import AlertSeverity, send_alert
from spine.orchestration.lease import Lease
from spine.project import Project, open_project
from spine.scheduling.backfill import BackfillStatus
from spine.storage.migrate import upgrade
from tests.projects import Project as ProjectFolder

FLOWS = """
from spine.orchestration import Daily, Step, Workflow, workflow_registry

steps = [Step.lambda_("a", lambda context, config: None)]
workflow_registry.register(Workflow("w", steps))
workflow_registry.register(Workflow("daily", steps, partitions=Daily("day", start="2026-01-05")))
"""
MANY = 60  # more than the page has rows


@pytest.fixture
def project(tmp_path: Path, database_url: str) -> Iterator[Project]:
    folder = ProjectFolder(tmp_path / "project")
    folder.write("spine.toml", f'[spine]\nmodules = ["flows"]\ndatabase = "{database_url}"\n')
    folder.write("flows.py", FLOWS)
    with get_adapter(database_url) as adapter:
        upgrade(adapter)
    with open_project(folder.root) as found:
        yield found


def test_an_incident_is_told_beside_one_with_many_alerts(project: Project) -> None:
    send_alert(AlertSeverity.ERROR, "the quiet one", "it failed", "quiet")
    for _ in range(MANY):
        send_alert(AlertSeverity.ERROR, "the loud one", "it failed again", "loud")
    found = project.overview()
    assert [alert["title"] for alert in found["incidents"]] == ["the loud one", "the quiet one"]
    assert found["open_incidents"] == 2
    newest = project.alerts.list(limit=1)[0]
    assert found["incidents"][0]["id"] == newest["id"]


def test_all_incidents_and_unsent_alerts_are_counted(project: Project) -> None:
    for number in range(MANY):
        send_alert(AlertSeverity.ERROR, f"number {number}", "it failed", "many")
    found = project.overview()
    assert (found["open_incidents"], found["unsent"], found["overdue"]) == (MANY, MANY, 0)
    project.alerts.resolve("latest")
    found = project.overview()
    assert (found["open_incidents"], found["unsent"]) == (MANY - 1, MANY - 1)


def test_a_run_whose_process_is_gone_is_told_beside_many_that_are_newer(project: Project) -> None:
    gone = project.submit("w")
    lost = "lease_owner = 'gone/1/1', lease_expires_at = '2026-01-01 00:00:00+00:00'"
    project.database.execute(f"UPDATE core_workflow_runs SET status = 'RUNNING', {lost}")
    for _ in range(MANY):
        project.submit("w")
    found = project.overview()
    assert found["open_runs"] == MANY + 1
    assert [run["run_id"] for run in found["abandoned"]] == [gone]


def test_a_backfill_that_stopped_is_told_beside_many_that_are_complete(project: Project) -> None:
    backfills = project.backfills
    left = backfills.store.add(backfills.plan("daily", backfills.options(), until="2026-01-06"), Lease("gone/1/1", 0))
    held = Lease("a/1/1", 60)
    for _ in range(MANY):
        made = evolve(backfills.plan("daily", backfills.options(), until="2026-01-06"))
        kept = backfills.store.add(made, held)
        backfills.store.finish(kept, BackfillStatus.COMPLETED, kept.counts, held)
    assert [row["id"] for row in project.overview()["backfills"]] == [left.id]
