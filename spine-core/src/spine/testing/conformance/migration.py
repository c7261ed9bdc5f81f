"""Rules for all migrations of a plugin's tables."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, inspect

from spine.db.adapter import DatabaseAdapter
from spine.db.sqlite import SQLiteAdapter
from spine.plugins import MigrationSpec
from spine.plugins.catalog import load_target
from spine.storage.migrate import differences, downgrade, schema_status, upgrade

_THREADS = 2


class MigrationConformance:
    """Subclass it as `Test...` and define `make_spec`; for a database server, again with `make_adapter`."""

    def make_spec(self) -> MigrationSpec:
        """Return the descriptor that `plugin.py` returns."""
        raise NotImplementedError("define make_spec(self)")

    def make_adapter(self, tmp_path: Path) -> DatabaseAdapter:
        """Return an adapter for a database that is empty when the test begins; by default a SQLite file.

        Called twice in a test, it returns another adapter for the same database.
        """
        return SQLiteAdapter(str(tmp_path / "store.db"))

    @pytest.fixture
    def adapter(self, tmp_path: Path) -> Iterator[DatabaseAdapter]:
        """Make the adapter, and disconnect it after the test."""
        with self.make_adapter(tmp_path) as made:
            yield made

    def test_the_head_is_the_newest_revision(self) -> None:
        """The folder has one newest revision, and it is `head`."""
        spec = self.make_spec()
        heads = self.scripts(spec).get_heads()
        assert heads == [spec.head], f"the newest revisions are {heads}: keep one, and name it in head="

    def test_the_metadata_is_given(self) -> None:
        """`metadata` names a MetaData with a table in it: `spine db check` compares it with the database."""
        metadata = self.metadata()
        assert isinstance(metadata, MetaData), "give the MigrationSpec metadata='package.tables:metadata'"
        assert metadata.tables, "the MetaData has no table: import the modules that declare them next to it"

    def test_tables_are_named_after_the_migrations(self) -> None:
        """Each starts with the name of the descriptor, `-` as `_`: no other plugin, nor Spine, has such a table."""
        prefix = self.make_spec().name.replace("-", "_")
        others = [name for name in self.tables() if name != prefix and not name.startswith(f"{prefix}_")]
        assert not others, f"rename {', '.join(others)} to {prefix}_...: tables of all plugins are in one database"

    def test_an_upgrade_makes_the_tables(self, adapter: DatabaseAdapter) -> None:
        """The database has Spine's own tables, those of `metadata`, the one with the version, and no other."""
        spec = self.make_spec()
        upgrade(adapter)
        before = self.names(adapter)
        upgrade(adapter, [spec])
        made = self.names(adapter) - before - {spec.version_table}
        assert made == self.tables(), f"the revisions made {sorted(made)}, but metadata has {sorted(self.tables())}"
        assert schema_status(adapter, [spec]).is_current, "an upgrade must lead to head"

    def test_the_tables_are_as_they_are_declared(self, adapter: DatabaseAdapter) -> None:
        """Columns, types, keys and indexes are those of `metadata`."""
        spec = self.make_spec()
        upgrade(adapter, [spec])
        found = differences(adapter, [spec])
        assert not found, f"the revisions and metadata differ: {found}"

    def test_upgrading_twice_is_harmless(self, adapter: DatabaseAdapter) -> None:
        """A second upgrade changes nothing."""
        spec = self.make_spec()
        upgrade(adapter, [spec])
        before = self.names(adapter)
        [status] = upgrade(adapter, [spec]).plugins
        assert (status.current, self.names(adapter)) == (spec.head, before), "the second upgrade must change nothing"

    def test_two_may_upgrade_at_once(self, adapter: DatabaseAdapter, tmp_path: Path) -> None:
        """Two upgrades at the same time take turns, and both succeed."""
        spec, barrier = self.make_spec(), Barrier(_THREADS)
        upgrade(adapter)

        def upgrade_once(_: int) -> None:
            with self.make_adapter(tmp_path) as own:
                barrier.wait()
                upgrade(own, [spec])

        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(upgrade_once, range(_THREADS)))
        assert schema_status(adapter, [spec]).is_current, "a revision must not commit, nor open a connection of its own"

    def test_every_step_can_be_taken_back(self, adapter: DatabaseAdapter) -> None:
        """From head down, each revision's `downgrade` works, and no table of the plugin is left at the end."""
        spec = self.make_spec()
        upgrade(adapter)
        before = self.names(adapter)
        upgrade(adapter, [spec])
        for revision in self.scripts(spec).walk_revisions():
            downgrade(adapter, str(revision.down_revision or "base"), spec)
        left = self.names(adapter) - before - {spec.version_table}
        assert not left, f"after a downgrade to base {sorted(left)} are still there: drop them in downgrade()"
        assert schema_status(adapter).is_current, "a downgrade must not change Spine's own tables"

    def test_an_upgrade_follows_a_downgrade(self, adapter: DatabaseAdapter) -> None:
        """An upgrade works after a downgrade."""
        spec = self.make_spec()
        upgrade(adapter, [spec])
        downgrade(adapter, "base", spec)
        upgrade(adapter, [spec])
        assert not differences(adapter, [spec]), "after a downgrade and an upgrade the tables must be as declared"

    def metadata(self) -> Any:
        """Return the object that `metadata` of the descriptor names, or None."""
        target = self.make_spec().metadata
        return None if target is None else load_target(target, "object")

    def tables(self) -> set[str]:
        """Return the names of the tables in the metadata."""
        return set(getattr(self.metadata(), "tables", ()))

    def names(self, adapter: DatabaseAdapter) -> set[str]:
        """Return the names of all tables in a database."""
        return set(inspect(adapter.engine).get_table_names())

    def scripts(self, spec: MigrationSpec) -> ScriptDirectory:
        """Return the revisions in the folder of the descriptor."""
        config = Config()
        config.set_main_option("script_location", "spine.storage:migrations")
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", str(load_target(spec.target, spec.names)).replace("%", "%%"))
        return ScriptDirectory.from_config(config)
