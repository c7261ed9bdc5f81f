"""The version of the tables, on every dialect."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect, text

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.orchestration.lease import Lease
from spine.storage import migrate
from spine.storage.history import History
from spine.storage.migrate import (
    HEAD,
    VERSION_TABLE,
    StoreVersionError,
    differences,
    downgrade,
    ensure_schema,
    schema_status,
    upgrade,
)
from spine.storage.runs.store import SqlRunStore
from spine.storage.tables.schedules import schedulers
from spine.testing import FixedClock
from tests.projects import DEADLINE_SECONDS
from tests.storage.records import create


@pytest.fixture
def empty(database_url: str) -> Iterator[DatabaseAdapter]:
    with get_adapter(database_url) as adapter:
        yield adapter


def set_version(adapter: DatabaseAdapter, version: str) -> None:
    with adapter.engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = :version"), {"version": version})


def test_the_newest_migration_is_the_version_that_the_code_needs() -> None:
    config = Config()
    config.set_main_option("script_location", "spine.storage:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_migrated_tables_equal_the_declared_ones(empty: DatabaseAdapter) -> None:
    assert upgrade(empty).current is None
    assert schema_status(empty).is_current
    assert differences(empty) == []


def run_every_migration(adapter: DatabaseAdapter) -> None:
    with migrate._exclusively(adapter) as connection:
        migrate._run_upgrade(connection, migrate._CORE, "")


def shown(found: Any) -> str:
    """Return a constraint or index as text, the condition of a partial index included."""
    options = {name: str(value) for name, value in found.get("dialect_options", {}).items()}
    return str({**found, "dialect_options": options})


def facts(adapter: DatabaseAdapter) -> dict[str, object]:
    """Return what the database says of its tables; the order of columns is not compared."""
    found: dict[str, object] = {}
    with adapter.engine.connect() as connection:
        inspector = inspect(connection)
        for table in inspector.get_table_names():
            columns = {str(column.pop("name")): column for column in map(dict, inspector.get_columns(table))}
            found[table] = (
                {name: {key: str(value) for key, value in column.items()} for name, column in columns.items()},
                inspector.get_pk_constraint(table),
                *(
                    sorted(map(shown, get(table)))
                    for get in (
                        inspector.get_foreign_keys,
                        inspector.get_indexes,
                        inspector.get_unique_constraints,
                        inspector.get_check_constraints,
                    )
                ),
            )
        for view in inspector.get_view_names():
            definition = " ".join(str(inspector.get_view_definition(view)).split())
            found[view] = (
                definition.split("FROM")[1:],
                sorted(column["name"] for column in inspector.get_columns(view)),
            )
        found["version"] = connection.execute(text(f"SELECT * FROM {VERSION_TABLE}")).all()
    return found


def test_tables_that_are_made_at_once_equal_those_that_every_migration_made(
    empty: DatabaseAdapter, new_database: Callable[[str], str]
) -> None:
    upgrade(empty)
    with get_adapter(new_database(empty.db_type.value)) as migrated:
        run_every_migration(migrated)
        assert differences(migrated) == []
        assert facts(migrated) == facts(empty)


def test_upgrading_twice_changes_nothing(empty: DatabaseAdapter) -> None:
    upgrade(empty)
    assert upgrade(empty).current == HEAD
    assert differences(empty) == []


def test_a_table_that_differs_is_told(empty: DatabaseAdapter) -> None:
    upgrade(empty)
    with empty.engine.begin() as connection:
        connection.execute(text("ALTER TABLE core_rejects ADD COLUMN surplus TEXT"))
        connection.execute(text("DROP VIEW captures"))
    found = differences(empty)
    assert any("surplus" in difference for difference in found)
    assert "the view captures is missing" in found


def test_a_view_that_lacks_a_column_of_its_table_is_told(empty: DatabaseAdapter) -> None:
    upgrade(empty)
    with empty.engine.begin() as connection:
        connection.execute(text("DROP VIEW captures"))
        connection.execute(text("CREATE VIEW captures AS SELECT name, revision FROM core_captures"))
    [found] = differences(empty)
    assert found.startswith("the view captures lacks attempt, business_date, byte_count, capture_id, ")
    assert found.endswith(": drop it and make it anew")


def test_a_view_whose_table_is_missing_is_told_as_the_table(empty: DatabaseAdapter) -> None:
    upgrade(empty)
    with empty.engine.begin() as connection:
        connection.execute(text("DROP VIEW captures"))
        connection.execute(text("DROP TABLE core_captures"))
        connection.execute(text("CREATE VIEW captures AS SELECT 1 AS name"))
    found = differences(empty)
    assert any("core_captures" in difference for difference in found)
    assert not any("the view" in difference for difference in found)


@pytest.mark.slow
def test_a_downgrade_to_base_leaves_nothing_and_an_upgrade_brings_it_back(empty: DatabaseAdapter) -> None:
    upgrade(empty)
    assert downgrade(empty, "base").current == HEAD
    assert schema_status(empty).current is None
    upgrade(empty)
    assert differences(empty) == []


def test_a_downgrade_to_an_unknown_version_is_one_sentence(empty: DatabaseAdapter) -> None:
    upgrade(empty)
    with pytest.raises(StoreVersionError, match="there is no version '9999' of the tables"):
        downgrade(empty, "9999")
    assert schema_status(empty).is_current


def test_an_empty_store_has_nothing_to_take_back(empty: DatabaseAdapter) -> None:
    with pytest.raises(StoreVersionError, match="has no tables to downgrade"):
        downgrade(empty, "base")


@pytest.mark.parametrize("change", [ensure_schema, upgrade, lambda adapter: downgrade(adapter, "base")])
def test_a_store_of_a_newer_version_is_refused(empty: DatabaseAdapter, change: object) -> None:
    upgrade(empty)
    set_version(empty, "9000")
    with pytest.raises(StoreVersionError, match=r"which a newer spine-core made.*pip install --upgrade spine-core"):
        change(empty)  # type: ignore[operator]


def test_a_store_of_an_older_version_is_not_changed_by_the_way(empty: DatabaseAdapter) -> None:
    upgrade(empty)
    set_version(empty, "0000")
    with pytest.raises(StoreVersionError, match=f"tables of version 0000, not {HEAD}: run spine db upgrade"):
        ensure_schema(empty)


def test_only_a_store_with_a_single_writer_gets_its_tables_at_first_use(empty: DatabaseAdapter) -> None:
    """A file belongs to the project; making tables on a server is a decision of its own."""
    if empty.single_writer:
        ensure_schema(empty)
        assert schema_status(empty).is_current
    else:
        with pytest.raises(StoreVersionError, match="has no tables yet: run spine db upgrade"):
            ensure_schema(empty)


UPGRADE = """
import sys
from spine.core.adapters.database import get_adapter
from spine.storage.migrate import upgrade
sys.stdin.readline()
upgrade(get_adapter(sys.argv[1]))
"""


@pytest.mark.slow
def test_processes_that_upgrade_at_once_take_turns(empty: DatabaseAdapter, database_url: str) -> None:
    command = [sys.executable, "-c", UPGRADE, database_url]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    errors = [process.communicate("go\n", timeout=DEADLINE_SECONDS)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0, 0], errors
    assert differences(empty) == []


def test_tables_that_a_scheduler_or_a_run_works_with_are_not_changed(
    empty: DatabaseAdapter, fixed_clock: FixedClock
) -> None:
    upgrade(empty)
    downgrade(empty, "0011")
    now = fixed_clock.now()
    scheduler = {
        "project": "other",
        "process": "elsewhere/1/1",
        "folder": "/srv",
        "declared_hash": "",
        "started_at": now,
    }
    with empty.engine.begin() as connection:
        connection.execute(insert(schedulers).values(**scheduler, seen_at=now))
    for change in (upgrade, lambda adapter: downgrade(adapter, "0010")):
        with pytest.raises(
            StoreVersionError, match=r"is in use by a scheduler \(elsewhere/1/1\), which needs its tables"
        ):
            change(empty)
    assert downgrade(empty, "0011").current == "0011", "nothing to change"
    assert schema_status(empty).current == "0011"
    fixed_clock.advance(120)  # without a sign of life
    upgrade(empty)
    create(SqlRunStore(History(empty)), lease=Lease("elsewhere/1/1"))
    with pytest.raises(StoreVersionError, match=r"is in use by a run \(elsewhere/1/1\), which needs its tables"):
        downgrade(empty, "0011")
    fixed_clock.advance(120)
    downgrade(empty, "0011")
    upgrade(empty)
    assert differences(empty) == []
