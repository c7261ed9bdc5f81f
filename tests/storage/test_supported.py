"""A database that cannot hold the history is refused where a project names it for that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spine.core.adapters.database import SQLiteAdapter
from spine.storage.migrate import check_supported

PLUGIN = """
from spine.plugins import DatabaseSpec, hookimpl


@hookimpl
def spine_register_database_adapters():
    return [DatabaseSpec("other", "spine_db_other.adapter:OtherAdapter", help="Another database.")]
"""

ADAPTER = """
from sqlalchemy import URL

from spine.core.adapters.database import SQLITE_SYNTAX, DatabaseAdapter


class OtherAdapter(DatabaseAdapter):
    db_type = "other"
    syntax = SQLITE_SYNTAX
    location = "other database at h"

    def __init__(self, host="h"):
        super().__init__()

    def engine_arguments(self):
        return URL.create("mssql", host="h"), {}

    def begin(self, connection, *, readonly): ...

    def diagnose(self, error): ...
"""

SENTENCE = (
    "[spine] database: a database of type other cannot hold the history, postgresql and sqlite can: "
    "set one of these there, and use other database at h as a named database in [databases]"
)


@pytest.fixture
def other(installed_plugin: Callable[..., object]) -> None:
    installed_plugin("db-other", PLUGIN, modules={"adapter.py": ADAPTER})


@pytest.mark.usefixtures("other")
@pytest.mark.parametrize("command", [["db", "upgrade"], ["db", "status"], ["runs", "list"]])
@pytest.mark.parametrize("url", ["other://h", "warehouse"])
def test_a_project_is_told_which_databases_can_hold_its_history(
    tmp_path: Path, spine_cli: Callable[..., Any], command: list[str], url: str
) -> None:
    (tmp_path / "spine.toml").write_text(f'[spine]\ndatabase = "{url}"\n[databases.warehouse]\ntype = "other"\n')
    done = spine_cli("--project", str(tmp_path), *command)
    assert (done.code, SENTENCE in done.err) == (2, True)


def test_a_database_of_a_known_dialect_can_hold_it() -> None:
    assert check_supported(SQLiteAdapter()) is None  # type: ignore[func-returns-value]  # it raises otherwise
