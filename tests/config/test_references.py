"""`{ env = ... }` and `{ file = ... }` stand for values that are kept elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spine.config.references import is_reference, resolve
from spine.core.errors import ConfigError, MissingConfigError
from spine.core.secrets import SecretText


def test_a_variable_is_read_and_an_empty_one_counts(tmp_path: Path) -> None:
    environ = {"A": "x", "EMPTY": ""}
    assert resolve({"env": "A"}, "k", tmp_path, environ) == "x"
    assert resolve({"env": "EMPTY", "default": "d"}, "k", tmp_path, environ) == ""


def test_the_default_serves_where_the_variable_is_not_set(tmp_path: Path) -> None:
    assert resolve({"env": "A", "default": "d"}, "k", tmp_path, {}) == "d"


def test_a_variable_that_is_not_set_is_named_with_the_place(tmp_path: Path) -> None:
    with pytest.raises(MissingConfigError, match=r"channels\.ops\.url needs the environment variable HOOK"):
        resolve({"url": {"env": "HOOK"}}, "channels.ops", tmp_path, {})


def test_a_file_is_relative_to_the_project_and_loses_one_line_end(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"s3cret \n\n")
    assert resolve({"file": "secret"}, "k", tmp_path, {}) == "s3cret \n"


@pytest.mark.parametrize(
    ("name", "reason"), [("missing", "No such file"), ("folder", "Is a directory"), ("binary", "it is not UTF-8 text")]
)
def test_a_file_that_cannot_be_read_is_named_and_its_content_is_not(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary").write_bytes(b"hunter2\xff")
    with pytest.raises(ConfigError, match=reason) as caught:
        resolve({"file": name}, "k", tmp_path, {})
    assert str(tmp_path / name) in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_references_are_found_in_lists_and_tables(tmp_path: Path) -> None:
    value = {"a": [{"env": "A"}, "b"], "c": {"d": {"env": "A"}}, "e": 1}
    assert resolve(value, "k", tmp_path, {"A": "x"}) == {"a": ["x", "b"], "c": {"d": "x"}, "e": 1}


@pytest.mark.parametrize("value", [{"env": 1}, {"env": "A", "other": "b"}, {"file": "a", "default": "b"}, {}, "env"])
def test_a_table_that_resembles_a_reference_is_unchanged(tmp_path: Path, value: Any) -> None:
    assert not is_reference(value)
    assert resolve(value, "k", tmp_path, {}) == value


def test_the_value_of_a_reference_is_a_secret(tmp_path: Path) -> None:
    found = resolve({"a": {"env": "X"}, "b": "plain"}, "here", tmp_path, {"X": "hidden"})
    assert found == {"a": "hidden", "b": "plain"}
    assert [type(value) for value in found.values()] == [SecretText, str]
