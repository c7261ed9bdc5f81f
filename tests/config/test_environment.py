"""`SPINE__SECTION__KEY` wins over `spine.toml`, and a wrong one is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spine.config.load import load_settings
from spine.core.errors import ConfigError


def _load(root: Path, text: str, **environ: str) -> Any:
    (root / "spine.toml").write_text(text)
    return load_settings(root, environ)


def test_a_variable_wins_over_the_file(tmp_path: Path) -> None:
    settings = _load(tmp_path, '[spine]\ndatabase = "sqlite:///a.db"\n', SPINE__SPINE__DATABASE="sqlite:///b.db")
    assert settings.spine.database == "sqlite:///b.db"
    assert type(settings.spine.database) is str


def test_a_variable_sets_what_the_file_lacks(tmp_path: Path) -> None:
    assert _load(tmp_path, "", SPINE__ALERTS__ON_FAILURE="none").alerts.on_failure == "none"


def test_a_variable_that_changes_the_type_of_a_table_leaves_out_the_keys_of_the_other_type(tmp_path: Path) -> None:
    text = '[databases.w]\ntype = "postgresql"\nhost = "db.example.com"\nusername = "me"\n'
    environ = {"SPINE__DATABASES__W__PATH": "w.db", "SPINE__DATABASES__W__TYPE": "sqlite"}
    found = _load(tmp_path, text, **environ).databases["w"]
    assert (found.type, found.options) == ("sqlite", {"path": "w.db"})
    same = _load(tmp_path, text, SPINE__DATABASES__W__TYPE="postgresql").databases["w"]
    assert same.options == {"host": "db.example.com", "username": "me"}


def test_a_text_of_digits_stays_a_text_where_a_text_is_expected(tmp_path: Path) -> None:
    assert _load(tmp_path, "", SPINE__SPINE__NAME="007").name == "007"


def test_a_list_is_written_as_in_toml(tmp_path: Path) -> None:
    assert _load(tmp_path, "", SPINE__SPINE__MODULES='["a", "b"]').spine.modules == ["a", "b"]


def test_the_name_of_a_source_may_have_underscores_for_what_a_variable_cannot_hold(tmp_path: Path) -> None:
    text = '[sources."finra.otc-Weekly"]\ntype = "file"\npath = "a"\n'
    settings = _load(tmp_path, text, SPINE__SOURCES__FINRA_OTC_WEEKLY__PATH="b")
    assert settings.sources["finra.otc-Weekly"].options == {"path": "b"}


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("SPINE__FOO", "1", "the environment variable SPINE__FOO names no setting: write SPINE__SECTION__KEY"),
        ("SPINE__", "1", "the environment variable SPINE__ names no setting"),
        ("SPINE__SPINE____X", "1", "the environment variable SPINE__SPINE____X names no setting"),
        ("SPINE__SPIN__NAME", "1", "unknown section [spin] (the environment variable SPINE__SPIN__NAME sets it)"),
        ("SPINE__SPINE__NAM", "1", "unknown key 'nam' (the environment variable SPINE__SPINE__NAM sets it)"),
        ("SPINE__SPINE__NAME__X", "1", "SPINE__SPINE__NAME__X sets a key below one that is not a table"),
        ("SPINE__SPINE__MODULES", "a", "spine.modules must be a list, not a text (the environment variable SPINE__"),
        ("SPINE__SOURCES__A__PATH", "a", "is missing (the environment variable SPINE__SOURCES__A__PATH sets it)"),
    ],
)  # fmt: skip
def test_a_wrong_variable_is_named(tmp_path: Path, variable: str, value: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, '[spine]\nname = "x"\n', **{variable: value})
    assert sentence in str(caught.value)
