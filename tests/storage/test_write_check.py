"""A scheduler's check of its database: the file that was opened, taking what is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from spine.app import open_project
from spine.core.adapters.database import DatabaseAdapter
from spine.scheduling.store import StoreGoneError
from spine.storage.schedules.check import WriteCheck
from tests.projects import DEADLINE_SECONDS, Project, wait_until


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_database_that_takes_writes_is_well(kind: str, new_store: Callable[[str], DatabaseAdapter]) -> None:
    check = WriteCheck(new_store(kind))
    check()
    check()


@pytest.mark.parametrize(("replaced", "sentence"), [(False, "was deleted"), (True, "was replaced by another file")])
def test_a_file_that_is_deleted_or_replaced_is_noticed(tmp_path: Path, replaced: bool, sentence: str) -> None:
    Project(tmp_path).write("spine.toml", "")
    with open_project(tmp_path) as application:
        check = WriteCheck(application.adapter)
        check()
        path = tmp_path / ".spine" / "spine.db"
        path.rename(path.with_suffix(".old"))
        if replaced:
            path.touch()
        with pytest.raises(StoreGoneError, match=sentence):
            check()


@pytest.mark.slow
def test_a_scheduler_whose_database_is_deleted_ends_with_an_error(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", "")
    service = project.start("scheduler", "run")
    wait_until(lambda: project.call("scheduler", "run", "--status").code == 0)
    (tmp_path / ".spine" / "spine.db").unlink()
    _out, err = service.communicate(timeout=DEADLINE_SECONDS)
    assert service.returncode == 1
    assert "was deleted while the scheduler ran" in err
