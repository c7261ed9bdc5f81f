"""Address of the project for a task in another process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from spine.app import Application, open_project
from spine.core.scope import current_scope
from spine.orchestration.executors.base import Task
from spine.orchestration.executors.processes import ProcessExecutor
from spine.orchestration.isolation.project_address import (
    ProjectAddress,
    current_address,
    project_at,
    with_environment_there,
)
from tests.projects import DEADLINE_SECONDS


def was_open(project: dict[str, Any]) -> bool:
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


def file_of(project: Application) -> str:
    return str(project.adapter.query("PRAGMA database_list")[0]["file"])


def settings_of(project: dict[str, Any]) -> list[str | None]:
    """Return the file of the project's database, and a variable of this process."""
    with project_at(project) as opened:
        return [file_of(opened), os.environ.get("WAREHOUSE")]


@pytest.mark.parametrize("before", [None, "sqlite:///of_the_process.db"])
def test_the_settings_in_another_process_have_the_environment_that_the_project_was_opened_with(
    before: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "spine.toml").write_text('[spine]\ndatabase = { env = "WAREHOUSE" }\n')
    if before is not None:
        monkeypatch.setenv("WAREHOUSE", before)
    given: Mapping[str, str] = {"WAREHOUSE": f"sqlite:///{tmp_path}/given.db"}
    with open_project(tmp_path, given) as project:
        expected = file_of(project)
        task = Task(settings_of, {"project": current_address()})
    executor = ProcessExecutor(1)
    assert executor.submit(task).result(DEADLINE_SECONDS) == [expected, before]
    executor.close()


def test_variables_that_the_given_environment_lacks_count_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "spine.toml").write_text("")
    monkeypatch.setenv("SPINE__SPINE__DATABASE", f"sqlite:///{tmp_path}/other.db")
    with open_project(tmp_path, {}) as project:
        expected = file_of(project)
        task = Task(settings_of, {"project": current_address()})
    executor = ProcessExecutor(1)
    assert executor.submit(task).result(DEADLINE_SECONDS)[0] == expected
    executor.close()


def test_the_environment_of_a_project_stays_here_if_its_address_goes_to_another_machine(tmp_path: Path) -> None:
    (tmp_path / "spine.toml").write_text("")
    with open_project(tmp_path, {"WAREHOUSE_PASSWORD": "hunter2"}):
        address = current_address()
    assert address is not None
    assert "hunter2" in str(address)
    assert "hunter2" not in str(with_environment_there(address))
    with project_at(with_environment_there(address)) as opened:
        assert opened.environ is os.environ
