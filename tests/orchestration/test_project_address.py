"""Address of the project for a task in another process."""

from __future__ import annotations

from pathlib import Path

from spine.app import open_project
from spine.core.scope import current_scope
from spine.orchestration.executors.base import Task
from spine.orchestration.executors.processes import ProcessExecutor
from spine.orchestration.isolation.project_address import ProjectAddress, current_address, project_at
from tests.projects import DEADLINE_SECONDS


def was_open(project: dict[str, str]) -> bool:
    """Say whether an earlier call of this process had the same project in its hands."""
    with project_at(project) as opened:
        found = current_scope().find(ProjectAddress)
        assert found is not None
        assert found.root == project["root"]
        seen = "visited" in vars(opened)
        vars(opened)["visited"] = True
        return seen


def test_a_worker_opens_its_project_once(tmp_path: Path) -> None:
    (tmp_path / "spine.toml").write_text("")
    with open_project(tmp_path):
        task = Task(was_open, {"project": current_address()})
    executor = ProcessExecutor(1)
    assert [executor.submit(task).result(DEADLINE_SECONDS) for _ in range(3)] == [False, True, True]
    executor.close()


def test_elsewhere_a_project_is_closed_when_the_block_ends(tmp_path: Path) -> None:
    (tmp_path / "spine.toml").write_text("")
    with open_project(tmp_path):
        address = current_address()
    assert address is not None
    assert [was_open(address), was_open(address)] == [False, False]
    assert current_address() is None
