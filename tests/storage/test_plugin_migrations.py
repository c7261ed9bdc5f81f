"""Tables of plugins in the project's own database, on every dialect."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve
from sqlalchemy import inspect, text

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.plugins import MigrationSpec
from spine.storage.check import check_store
from spine.storage.copying.copy import copy_history
from spine.storage.history import History
from spine.storage.migrate import (
    HEAD,
    StoreVersionError,
    differences,
    downgrade,
    ensure_schema,
    schema_status,
    upgrade,
)
from spine.testing import FakePlugin
from tests.storage.made_up import make_up

TABLES = """
from sqlalchemy import Column, Integer, MetaData, Table, Text

metadata = MetaData()
Table("pad_notes", metadata, Column("id", Integer, primary_key=True), Column("text", Text))
"""

REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("pad_notes", sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text))
    {more}


def downgrade():
    op.drop_table("pad_notes")
"""


@pytest.fixture
def pad(installed_plugin: Callable[..., FakePlugin]) -> Callable[..., MigrationSpec]:
    """Return a function that installs a plugin and returns its migrations."""

    def lay(more: str = "", tables: str = TABLES) -> MigrationSpec:
        revision = REVISION.format(more=more)
        installed_plugin("pad", "", modules={"tables.py": tables, "migrations/0001_notes.py": revision})
        return MigrationSpec("pad", "spine_pad:migrations", head="0001", metadata="spine_pad.tables:metadata")

    return lay


def tables(adapter: DatabaseAdapter) -> set[str]:
    return {name for name in inspect(adapter.engine).get_table_names() if not name.startswith("core_")}


def test_an_upgrade_makes_the_tables_and_keeps_their_version_apart(
    empty: DatabaseAdapter, pad: Callable[..., MigrationSpec]
) -> None:
    spec = pad()
    [before] = upgrade(empty, [spec]).plugins
    assert (before.owner, before.current, before.head) == ("pad", None, "0001")
    assert tables(empty) == {"pad_notes", "pad_schema_version"}
    found = schema_status(empty, [spec])
    assert (found.current, found.plugins[0].current, found.is_current) == (HEAD, "0001", True)
    assert differences(empty, [spec]) == []


def test_tables_for_one_type_of_database_are_unknown_to_another(
    new_store: Callable[[str], DatabaseAdapter], pad: Callable[..., MigrationSpec], caplog: pytest.LogCaptureFixture
) -> None:
    spec = evolve(pad(), databases=("postgresql",))
    for dialect, expected in (("sqlite", set()), ("postgresql", {"pad_notes", "pad_schema_version"})):
        adapter = new_store(dialect)
        ensure_schema(adapter, [spec])
        upgrade(adapter, [spec])
        assert tables(adapter) == expected
        assert len(schema_status(adapter, [spec]).plugins) == bool(expected)
        assert differences(adapter, [spec]) == []
    with pytest.raises(StoreVersionError, match="has no tables of plugin pad to downgrade"):
        downgrade(new_store("sqlite"), "base", spec)
    assert [record.message for record in caplog.records if record.name == "spine.storage"] == [
        "the tables of plugin pad are missing: run spine db upgrade"
    ]


def test_a_store_of_one_file_gets_the_tables_at_first_use(
    empty: DatabaseAdapter, pad: Callable[..., MigrationSpec], caplog: pytest.LogCaptureFixture
) -> None:
    spec = pad()
    upgrade(empty)
    ensure_schema(empty, [spec])
    assert schema_status(empty, [spec]).is_current is empty.single_writer
    warned = "the tables of plugin pad are missing: run spine db upgrade" in caplog.messages
    assert warned is not empty.single_writer


@pytest.mark.parametrize("statement", ["raise RuntimeError('no room')", "import sys; sys.exit('no room')"])
def test_a_revision_that_fails_leaves_nothing_and_concerns_its_plugin_alone(
    statement: str, empty: DatabaseAdapter, pad: Callable[..., MigrationSpec], caplog: pytest.LogCaptureFixture
) -> None:
    spec = pad(statement)
    said = r"tables of plugin pad could not be upgraded to version 0001 and are unchanged: .*no room"
    with pytest.raises(StoreVersionError, match=said):
        upgrade(empty, [spec])
    assert (schema_status(empty).is_current, tables(empty)) == (True, set())
    ensure_schema(empty, [spec])
    assert "plugin pad" in caplog.text


def test_tables_of_a_plugin_are_taken_back_alone(empty: DatabaseAdapter, pad: Callable[..., MigrationSpec]) -> None:
    spec = pad()
    upgrade(empty, [spec])
    assert downgrade(empty, "base", spec).current == "0001"
    assert (schema_status(empty).is_current, tables(empty)) == (True, {"pad_schema_version"})
    with pytest.raises(StoreVersionError, match="has no tables of plugin pad to downgrade"):
        downgrade(empty, "base", spec)
    upgrade(empty, [spec])
    assert differences(empty, [spec]) == []


def test_a_table_that_differs_is_told(empty: DatabaseAdapter, pad: Callable[..., MigrationSpec]) -> None:
    spec = pad()
    upgrade(empty, [spec])
    with empty.engine.begin() as connection:
        connection.execute(text("ALTER TABLE pad_notes ADD COLUMN surplus TEXT"))
    [found] = differences(empty, [spec])
    assert "surplus" in found


@pytest.mark.parametrize("broken", ["import no_such_module", "import sys; sys.exit(3)", "metadata_ = 1"])
def test_tables_that_cannot_be_imported_are_a_finding_and_no_crash(
    broken: str, empty: DatabaseAdapter, pad: Callable[..., MigrationSpec], tmp_path: Path
) -> None:
    spec = pad(tables=broken)
    upgrade(empty)
    without = MigrationSpec(spec.name, spec.target, head=spec.head)
    upgrade(empty, [without])
    [found] = check_store(History(empty), tmp_path, [spec])
    assert "spine_pad.tables:metadata of plugin pad cannot be compared: " in found


@pytest.mark.slow
def test_a_copy_of_a_history_makes_the_tables_and_leaves_their_rows(
    empty: DatabaseAdapter, pad: Callable[..., MigrationSpec], new_database: Callable[[str], str]
) -> None:
    spec = pad()
    with get_adapter(new_database("sqlite")) as source:
        upgrade(source, [spec])
        make_up(History(source, "prices"))
        source.execute("INSERT INTO pad_notes VALUES (1, 'a')")
        copied = copy_history(History(source, "prices"), History(empty, "prices"), [spec])
    assert copied.left == ["pad_notes"]
    assert tables(empty) == {"pad_notes", "pad_schema_version"}
    assert empty.query("SELECT * FROM pad_notes") == []


def test_a_plugin_that_cannot_make_its_tables_does_not_stop_a_copy(
    empty: DatabaseAdapter,
    pad: Callable[..., MigrationSpec],
    new_database: Callable[[str], str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    spec = pad("raise RuntimeError('no room')")
    with get_adapter(new_database("sqlite")) as source:
        upgrade(source)
        make_up(History(source, "prices"))
        copied = copy_history(History(source, "prices"), History(empty, "prices"), [spec])
    assert (copied.left, copied.tables["core_workflow_runs"]) == ([], 3)
    assert "no room" in caplog.text
