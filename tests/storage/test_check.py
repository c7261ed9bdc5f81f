"""Checks of a store report its faults."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.core.scope import Scope
from spine.framework.captures import CaptureStore, PayloadStore, capture
from spine.history.check import check_store as check_database
from spine.storage.captures.store import SqlCaptureStore
from spine.storage.check import check_store
from spine.storage.history import History
from spine.storage.migrate import HEAD, upgrade


@pytest.fixture
def store(database_url: str) -> Iterator[DatabaseAdapter]:
    with get_adapter(database_url) as adapter:
        yield adapter


@pytest.fixture
def kept(store: DatabaseAdapter, own_scope: Scope, tmp_path: Path) -> Path:
    """The file of a capture in the store."""
    upgrade(store)
    captures = SqlCaptureStore(History(store), PayloadStore(tmp_path / "captures"))
    own_scope.provide(CaptureStore, captures)  # type: ignore[type-abstract]
    return tmp_path / "captures" / capture("numbers", [{"n": 1}]).location


def test_a_sound_store_has_no_fault(store: DatabaseAdapter, kept: Path, tmp_path: Path) -> None:
    assert check_store(History(store), tmp_path / "captures") == []


def test_a_store_without_tables_says_what_to_run(store: DatabaseAdapter, tmp_path: Path) -> None:
    assert check_store(History(store), tmp_path) == [f"the tables have version none, not {HEAD}: run spine db upgrade"]


def test_a_missing_file_is_named(store: DatabaseAdapter, kept: Path, tmp_path: Path) -> None:
    kept.unlink()
    [fault] = check_store(History(store), tmp_path / "captures")
    assert fault.startswith(f"capture 'numbers' revision 1: its file {kept} is missing: capture the same data again")


def test_a_file_of_another_size_is_named(store: DatabaseAdapter, kept: Path, tmp_path: Path) -> None:
    kept.write_bytes(kept.read_bytes() + b"x")
    [fault] = check_store(History(store), tmp_path / "captures")
    assert fault.startswith(f"capture 'numbers' revision 1: its file {kept} is damaged")


def test_a_flipped_bit_is_named(store: DatabaseAdapter, kept: Path, tmp_path: Path) -> None:
    content = bytearray(kept.read_bytes())
    content[10] ^= 1
    kept.write_bytes(content)
    [fault] = check_store(History(store), tmp_path / "captures")
    assert fault.startswith(f"capture 'numbers' revision 1: its file {kept} is damaged")


def test_a_sound_file_of_another_size_is_no_fault(store: DatabaseAdapter, kept: Path, tmp_path: Path) -> None:
    """A later version of pyarrow repairs a file with the same content in another size."""
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE core_captures SET byte_count = 1"))
    assert check_store(History(store), tmp_path / "captures") == []


def test_a_missing_index_is_named(store: DatabaseAdapter, kept: Path, tmp_path: Path) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_core_captures_run"))
    [fault] = check_store(History(store), tmp_path / "captures")
    assert "ix_core_captures_run" in fault


def test_programs_from_before_projects_check_the_whole_database(
    store: DatabaseAdapter, own_scope: Scope, tmp_path: Path
) -> None:
    assert check_database(store, tmp_path) == check_store(History(store), tmp_path)
    upgrade(store)
    payloads = PayloadStore(tmp_path / "captures")
    for number, project in enumerate(("one", "two")):
        own_scope.provide(CaptureStore, SqlCaptureStore(History(store, project), payloads))  # type: ignore[type-abstract]
        (payloads.root / capture("numbers", [{"n": number}]).location).unlink()
    assert len(check_database(store, payloads.root)) == 2
