"""Files below `.spine` are their owner's only; files elsewhere have the usual rights."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from spine.core.private import keep_file_private, make_folder, open_file


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def rights(path: Path) -> str:
    return f"{path.stat().st_mode & 0o777:o}"


def test_folders_at_and_below_dot_spine_are_their_owners(tmp_path: Path) -> None:
    made = tmp_path / "project" / ".spine" / "captures" / "name"
    make_folder(made)
    assert [rights(path) for path in (made, made.parent, made.parent.parent)] == ["700"] * 3
    assert rights(tmp_path / "project") == "755"


def test_a_dot_spine_of_an_earlier_version_is_closed(tmp_path: Path) -> None:
    old = tmp_path / ".spine"
    old.mkdir(0o755)
    for name in ("spine.db", "spine.db-wal"):
        (old / name).touch(0o644)
    make_folder(old)
    keep_file_private(old / "spine.db", "-wal", "-shm")
    assert [rights(path) for path in (old, old / "spine.db", old / "spine.db-wal")] == ["700", "600", "600"]
    assert not (old / "spine.db-shm").exists()


def test_a_new_file_has_the_rights_of_its_place(tmp_path: Path) -> None:
    make_folder(tmp_path / ".spine")
    for path in (tmp_path / ".spine" / "a", tmp_path / "b"):
        with open(path, "x", opener=open_file):
            pass
    assert (rights(tmp_path / ".spine" / "a"), rights(tmp_path / "b")) == ("600", "644")


def test_a_database_elsewhere_is_left_to_sqlite(tmp_path: Path) -> None:
    keep_file_private(tmp_path / "own.db")
    assert list(tmp_path.iterdir()) == []
