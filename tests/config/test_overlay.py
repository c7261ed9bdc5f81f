"""`SPINE_ENV` names a file whose settings go over those of `spine.toml`."""

from __future__ import annotations

from pathlib import Path

import pytest

from spine.config.load import load_settings
from spine.config.overlay import merged
from spine.core.errors import ConfigError
from tests.projects import Project

BASE = """
[spine]
name = "prices"
[runs]
lease_seconds = 30
[databases.warehouse]
type = "sqlite"
path = "warehouse.db"
[schedules.nightly]
workflow = "w"
cron = "0 2 * * *"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "spine.toml").write_text(BASE)
    return tmp_path


def test_its_keys_replace_those_of_the_file_table_by_table(root: Path) -> None:
    (root / "spine.prod.toml").write_text(
        '[spine]\ndatabase = "postgresql://db/prices"\n[databases.warehouse]\npath = "/srv/warehouse.db"\n'
        "[schedules.nightly]\nenabled = false\n"
    )
    settings = load_settings(root, {"SPINE_ENV": "prod"})
    assert (settings.spine.name, settings.spine.database) == ("prices", "postgresql://db/prices")
    assert settings.runs.lease_seconds == 30
    assert settings.databases["warehouse"].options == {"path": "/srv/warehouse.db"}
    assert settings.schedules["nightly"] == {"workflow": "w", "cron": "0 2 * * *", "enabled": False}
    assert load_settings(root, {}).spine.database == "sqlite:///.spine/spine.db"


def test_a_table_of_another_type_is_replaced_as_a_whole(root: Path) -> None:
    (root / "spine.prod.toml").write_text('[databases.warehouse]\ntype = "postgresql"\nhost = "db.example.com"\n')
    found = load_settings(root, {"SPINE_ENV": "prod"}).databases["warehouse"]
    assert (found.type, found.options) == ("postgresql", {"host": "db.example.com"})


def test_a_variable_goes_over_both_files(root: Path) -> None:
    (root / "spine.prod.toml").write_text("[runs]\nlease_seconds = 90\n")
    environ = {"SPINE_ENV": "prod", "SPINE__RUNS__LEASE_SECONDS": "120"}
    assert load_settings(root, environ).runs.lease_seconds == 120


def test_a_list_and_a_reference_are_replaced_as_a_whole() -> None:
    base = {"a": {"list": [1, 2], "token": {"env": "TOKEN"}, "url": "u"}}
    over = {"a": {"list": [3], "token": {"file": "/run/token"}, "url": {"env": "URL"}}}
    assert merged(base, over) == over


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("prd", "SPINE_ENV is 'prd', and {root}/spine.prd.toml does not exist (there are prod, test): write it"),
        ("../prod", "SPINE_ENV"),
    ],
)
def test_a_name_without_a_file_is_refused_with_those_that_exist(root: Path, name: str, said: str) -> None:
    for each in ("prod", "test"):
        (root / f"spine.{each}.toml").touch()
    with pytest.raises(ConfigError) as raised:
        load_settings(root, {"SPINE_ENV": name})
    assert said.format(root=root) in str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[runs]\nlease_seconds = true", "{root}/spine.toml with spine.prod.toml: runs.lease_seconds must be a number"),
        ("[runs", "{root}/spine.prod.toml is not valid TOML"),
        ("[run]", "{root}/spine.toml with spine.prod.toml: unknown section [run]; did you mean 'runs'?"),
    ],
)
def test_an_error_in_it_names_it(root: Path, text: str, said: str) -> None:
    (root / "spine.prod.toml").write_text(text)
    with pytest.raises(ConfigError) as raised:
        load_settings(root, {"SPINE_ENV": "prod"})
    assert str(raised.value).startswith(said.format(root=root))


def test_config_show_says_which_file_a_setting_is_from(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "spine.prod.toml").write_text('[runs]\nmax_crashes = 1\n[databases.warehouse]\npath = "w.db"\n')
    monkeypatch.setenv("SPINE_ENV", "prod")
    shown = Project(root).call("config", "show", "--json").json
    origins = {key: shown[key]["origin"] for key in ("runs.lease_seconds", "runs.max_crashes", "spine.name")}
    assert origins == {
        "runs.lease_seconds": "spine.toml",
        "runs.max_crashes": "spine.prod.toml",
        "spine.name": "spine.toml",
    }
    assert shown["databases.warehouse.path"]["origin"] == "spine.prod.toml"
    assert shown["databases.warehouse.type"]["origin"] == "spine.toml"
