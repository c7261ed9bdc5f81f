"""Change detection of files, and values of placeholders."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime

import pytest

from spine.core.errors import ValidationError
from spine_sources_file.source import FileSource


@pytest.fixture
def source(data) -> FileSource:
    (data / "x.csv").write_text("a\n1\n")
    return FileSource("s", "x.csv")


def test_a_missing_file_has_changed(data):
    assert FileSource("s", "x.csv").has_changed(last_hash="0")
    assert FileSource("s", "x_{n}.csv").has_changed(last_hash="0")


def test_without_hints_everything_has_changed(source):
    assert source.has_changed()
    assert source.has_changed(last_etag="x")


def test_the_hash_decides(source):
    metadata = source.fetch().metadata
    digest, modified = metadata.content_hash, metadata.last_modified
    assert not source.has_changed(last_hash=digest)
    assert source.has_changed(last_hash="0", last_modified=modified)
    os.utime("x.csv", (0, 0))
    assert not source.has_changed(last_hash=digest, last_modified=modified)


def test_an_equal_time_of_modification_says_unchanged_where_there_is_no_hash(source):
    modified = source.fetch().metadata.last_modified
    assert not source.has_changed(last_modified=modified)
    assert not source.has_changed(last_modified=datetime.fromisoformat(modified))
    os.utime("x.csv", (0, 0))
    assert source.has_changed(last_modified=modified)
    assert not source.has_changed(last_modified=datetime(1970, 1, 1))
    assert not source.has_changed(last_modified=datetime(1970, 1, 1, tzinfo=UTC))
    assert source.has_changed(last_modified="yesterday")


def test_the_hash_of_a_set_changes_with_its_files_and_not_with_their_folder(data):
    for folder in ("one", "two"):
        (data / folder).mkdir()
        for name in ("a", "b"):
            (data / folder / f"{name}.csv").write_text(f"x\n{name}\n")
    one, two = FileSource("s", "one/*.csv"), FileSource("s", data / "two" / "*.csv")
    digest = one.fetch().metadata.content_hash
    assert digest == two.fetch().metadata.content_hash
    assert not one.has_changed(last_hash=digest)
    (data / "one" / "b.csv").unlink()
    assert one.has_changed(last_hash=digest)
    assert one.fetch().metadata.content_hash == hashlib.sha256(b"x\na\n").hexdigest()
    (data / "two" / "b.csv").rename(data / "two" / "c.csv")
    assert two.has_changed(last_hash=digest)


def test_a_cache_key_follows_the_path_and_the_parameters():
    source = FileSource("s", "x_{n}.csv")
    keys = {source.get_cache_key({"n": 1}), source.get_cache_key({"n": 2}), source.get_cache_key({"n": 1, "m": 1})}
    assert len(keys) == 3
    assert source.get_cache_key({"n": 1}) == source.get_cache_key({"n": "1"})
    assert all(key.startswith("s:") for key in keys)


def test_the_values_of_a_placeholder_are_those_of_the_files_there_are(data):
    for name in ("x_20251222_a.csv", "x_20251215_a.csv", "x_20251215_b.csv", "y_1_a.csv", "x__a.csv"):
        (data / name).write_text("a\n1\n")
    (data / "x_folder_a.csv").mkdir()
    source = FileSource("s", str(data / "x_{week}_{part}.csv"))
    assert source.placeholder_values("week") == ["20251215", "20251222"]
    assert source.placeholder_values("part", {"week": "20251215"}) == ["a", "b"]
    assert source.placeholder_values("part", {"week": "none"}) == []
    with pytest.raises(ValidationError, match=r"has no placeholder 'weak'; did you mean 'week'\?"):
        source.placeholder_values("weak")


def test_a_placeholder_may_stand_beside_a_glob_and_stand_twice(data):
    for folder, name in (("1", "a_1.csv"), ("2", "b_2.csv"), ("3", "c_1.csv")):
        (data / folder).mkdir()
        (data / folder / name).write_text("a\n1\n")
    assert FileSource("s", "{n}/*_{n}.csv").placeholder_values("n") == ["1", "2"]
    assert FileSource("s", "**/[ab]_{n}.csv").placeholder_values("n") == ["1", "2"]
