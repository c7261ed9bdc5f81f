"""`[sources."name"]` and `[channels.name]` become the plugin's objects, or one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spine.config.load import load_settings
from spine.config.plugin_options import build, check_options
from spine.config.settings import Settings
from spine.core.errors import ConfigError, InvalidConfigError, MissingConfigError
from spine.plugins.catalog import Catalog, load_catalog
from spine.plugins.errors import PluginNotInstalledError, UnknownKindError


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def _settings(root: Path, text: str) -> Settings:
    (root / "spine.toml").write_text(text)
    return load_settings(root, {})


def _source(catalog: Catalog, root: Path, options: str, kind: str = "file", **environ: str) -> Any:
    settings = _settings(root, f'[sources.a]\ntype = "{kind}"\n{options}')
    return build(catalog, "source", "a", settings.sources["a"], settings, environ)


def _channel(catalog: Catalog, root: Path, options: str, kind: str = "console") -> Any:
    settings = _settings(root, f'[channels.a]\ntype = "{kind}"\n{options}')
    return build(catalog, "alert_channel", "a", settings.channels["a"], settings, {})


def test_a_relative_path_starts_at_the_project(catalog: Catalog, tmp_path: Path) -> None:
    assert _source(catalog, tmp_path, 'path = "data/*.csv"').path == f"{tmp_path}/data/*.csv"


def test_an_absolute_path_stays(catalog: Catalog, tmp_path: Path) -> None:
    assert _source(catalog, tmp_path, 'path = "/data/a.csv"').path == "/data/a.csv"


def test_references_are_resolved_when_it_is_built(catalog: Catalog, tmp_path: Path) -> None:
    assert _source(catalog, tmp_path, 'path = { env = "P" }', P="/x.csv").path == "/x.csv"
    with pytest.raises(
        MissingConfigError, match=r"sources\.a\.path needs the environment variable P, which is not set"
    ):
        _source(catalog, tmp_path, 'path = { env = "P" }')


def test_a_missing_option_is_named(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(MissingConfigError, match=r"sources\.a: key 'path' is missing"):
        _source(catalog, tmp_path, "")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ('path = "x.csv"\nskip_rows = "1"', "sources.a.skip_rows must be an integer, not a text"),
        ('path = "x.csv"\nformat = "psvv"', "sources.a: format 'psvv' is not known; did you mean 'psv'?"),
        ('path = "x.csv"\ncolumn_names = "a,b"', "sources.a.column_names must be a list, not a text"),
        ('path = "x.csv"\nencoding = "utf-99"', "utf-99"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(catalog: Catalog, tmp_path: Path, options: str, sentence: str) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        _source(catalog, tmp_path, options)
    assert sentence in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path}/spine.toml: sources.a")


def test_a_typo_in_an_option_is_found_without_building_anything(catalog: Catalog, tmp_path: Path) -> None:
    settings = _settings(tmp_path, '[sources.a]\ntype = "file"\npaht = { env = "NOT_SET" }\n')
    with pytest.raises(ConfigError, match=r"sources\.a: unknown key 'paht'; did you mean 'path'\?"):
        check_options(catalog, settings)


def test_an_option_that_is_like_none_of_many_names_the_command_that_lists_them(
    catalog: Catalog, tmp_path: Path
) -> None:
    settings = _settings(tmp_path, '[sources.a]\ntype = "http"\nurl = "http://h"\nzzzzz = 1\n')
    with pytest.raises(ConfigError, match=r"known: .* and \d+ more \(all of them: spine plugins show sources-http\)$"):
        check_options(catalog, settings)


def test_options_of_what_is_not_installed_are_checked_when_it_is_asked_for(catalog: Catalog, tmp_path: Path) -> None:
    settings = _settings(tmp_path, '[channels.a]\ntype = "carrier-pigeon"\nwhatever = 1\n')
    check_options(catalog, settings)
    with pytest.raises(UnknownKindError, match=r"channels\.a: no plugin provides channel type 'carrier-pigeon'"):
        build(catalog, "alert_channel", "a", settings.channels["a"], settings, {})


def test_a_typo_in_a_type_says_where_it_is_and_what_was_meant(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(
        UnknownKindError, match=r"sources\.a: no plugin provides source type 'fil'; did you mean 'file'"
    ):
        _source(catalog, tmp_path, 'path = "x"', kind="fil")


def test_a_known_type_that_is_not_installed_names_the_distribution(tmp_path: Path) -> None:
    with pytest.raises(PluginNotInstalledError, match=r"sources\.a: .*pip install spine-sources-file"):
        _source(Catalog([]), tmp_path, 'path = "x"')


def test_a_console_of_the_project_writes_to_stderr_unless_it_is_told_otherwise(
    catalog: Catalog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from spine.framework.alerts import Alert, AlertSeverity

    alert = Alert(AlertSeverity.ERROR, "title", "message", source="here")
    _channel(catalog, tmp_path, "").send(alert)
    assert capsys.readouterr().out == ""
    _channel(catalog, tmp_path, 'stream = "stdout"').send(alert)
    assert "title" in capsys.readouterr().out


def test_an_option_with_a_unit_takes_a_duration(catalog: Catalog, tmp_path: Path) -> None:
    channel = _channel(catalog, tmp_path, 'deadline_seconds = "1m30s"\nthrottle_minutes = "2h"')
    assert (channel.deadline_seconds, channel.throttle_minutes) == (90.0, 120.0)
    with pytest.raises(
        InvalidConfigError, match=r"channels\.a\.deadline_seconds must be a number, or a duration such as"
    ):
        _channel(catalog, tmp_path, 'deadline_seconds = "soon"')
