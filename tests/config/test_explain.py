"""Every setting is shown with where it comes from, and no secret with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spine.config import explain as explain_module
from spine.config.explain import Setting, explain
from spine.config.load import load_settings
from spine.config.secrecy import masked
from spine.core.secrets import MASK
from spine.plugins.catalog import load_catalog


def _explained(root: Path, text: str, **environ: str) -> dict[str, Setting]:
    (root / "spine.toml").write_text(text)
    return {item.key: item for item in explain(load_settings(root, environ), load_catalog())}


def test_each_setting_says_where_it_comes_from(tmp_path: Path) -> None:
    text = '[spine]\nname = "x"\nstore = "s"\ndatabase = { env = "DB", default = "sqlite:///d.db" }\n'
    found = _explained(tmp_path, text, SPINE__SPINE__STORE="t", SPINE__ALERTS__ON_FAILURE="none")
    assert found["spine.modules"].origin == "default"
    assert found["spine.name"] == Setting("spine.name", "x", "spine.toml", "")
    assert found["spine.store"].value == "t"
    assert found["spine.store"].origin == "environment variable SPINE__SPINE__STORE, over spine.toml"
    assert found["alerts.on_failure"].origin == "environment variable SPINE__ALERTS__ON_FAILURE"
    assert found["spine.database"].origin == "spine.toml, which refers to the environment variable DB"


def test_the_options_of_a_source_are_shown_with_their_defaults(tmp_path: Path) -> None:
    found = _explained(tmp_path, '[sources."a.b"]\ntype = "file"\npath = "x.csv"\n')
    assert (found["sources.a.b.path"].value, found["sources.a.b.path"].origin) == ("x.csv", "spine.toml")
    assert (found["sources.a.b.encoding"].value, found["sources.a.b.encoding"].origin) == ("utf-8", "default")


def test_a_default_is_shown_as_it_would_be_written(tmp_path: Path) -> None:
    found = _explained(tmp_path, '[sources.a]\ntype = "file"\npath = "x.csv"\n')
    assert str(found["sources.a.on_bad_row"].value) == "fail"


def test_the_defaults_shown_are_those_of_the_project(tmp_path: Path) -> None:
    assert _explained(tmp_path, '[channels.c]\ntype = "console"\n')["channels.c.stream"].value == "stderr"


def test_a_reference_to_a_file_is_shown_as_written_and_not_read(tmp_path: Path) -> None:
    found = _explained(tmp_path, '[channels.c]\ntype = "slack"\nwebhook_url = { file = "nowhere" }\n')
    assert found["channels.c.webhook_url"].value == {"file": "nowhere"}
    assert found["channels.c.webhook_url"].origin == f"spine.toml, which refers to the file {tmp_path}/nowhere"


@pytest.mark.parametrize(
    "option",
    [
        'webhook_url = "https://hooks.example/hunter2"',
        'url = "hunter2"',
        'endpoint = "https://hooks.example/hunter2"',
        'password = "hunter2"',
        'token = "hunter2"',
        'client_secret = "hunter2"',
        'routing_key = "hunter2"',
        'headers = { Authorization = "Bearer hunter2" }',
        'targets = ["https://hooks.example/hunter2"]',
        'token = { env = "TOKEN", default = "hunter2" }',
    ],
)
def test_a_secret_of_a_channel_is_masked_also_if_written_literally(tmp_path: Path, option: str) -> None:
    found = _explained(tmp_path, f'[channels.c]\ntype = "carrier-pigeon"\n{option}\n')
    assert "hunter2" not in repr(found)
    assert MASK in repr(found)


def test_a_secret_from_the_environment_is_masked_too(tmp_path: Path) -> None:
    text = '[channels.c]\ntype = "slack"\n'
    found = _explained(tmp_path, text, SPINE__CHANNELS__C__WEBHOOK_URL="https://hooks.example/hunter2")
    assert found["channels.c.webhook_url"].value == MASK


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("postgresql://user:pw@host/db", f"postgresql://user:{MASK}@host/db"),
        ("postgresql://user:p@w:x@host/db", f"postgresql://user:{MASK}@host/db"),
        ("postgresql://user:p/w@host/db", f"postgresql://user:{MASK}@host/db"),
        ("postgresql://user:p/w@x:?y@host/db", f"postgresql://user:{MASK}@host/db"),
        ("postgresql://user:77/w@host/db", f"postgresql://user:{MASK}@host/db"),
        ("https://user:p/w@host/db", f"https://user:{MASK}@host/db"),
        ("https://host:8080/x/@me?to=a@b", "https://host:8080/x/@me?to=a@b"),
        ("https://u:pw@host/x?to=a@b", f"https://u:{MASK}@host/x?to=a@b"),
        ("https://proxy/?via=https://u:pw@host", f"https://proxy/?via=https://u:{MASK}@host"),
        ("postgresql://user@host/db", "postgresql://user@host/db"),
        ("postgresql://:pw@host/db", f"postgresql://:{MASK}@host/db"),
        ("postgresql://host/db?user=u&password=pw", f"postgresql://host/db?user=u&password={MASK}"),
        ("https://host/x?api_key=pw&page=2#top", f"https://host/x?api_key={MASK}&page=2#top"),
        ("https://host/x?sig=pw", f"https://host/x?sig={MASK}"),
        ("https://host/x?page=2", "https://host/x?page=2"),
        ("sqlite:///.spine/spine.db", "sqlite:///.spine/spine.db"),
        (["https://u:pw@host"], [f"https://u:{MASK}@host"]),
        ({"a": {"password": 7}}, {"a": {"password": MASK}}),
        ({"env": "X", "default": "a://u:pw@h"}, {"env": "X", "default": f"a://u:{MASK}@h"}),
        (7, 7),
        (None, None),
    ],
)
def test_passwords_in_urls_are_masked(value: Any, shown: Any) -> None:
    assert masked(value) == shown


AN_HTTP_SOURCE = """
[sources.s]
type = "http"
url = "https://host/x"
method = "POST"
params = { key = "hunter2", appid = "hunter2", page = 7, series = "{series}", q = "GDP" }
headers = { X-API-Key = "hunter2", X-Auth = "hunter2", Accept = "text/csv" }
json = { filters = [{ value = "hunter2", limit = 10 }] }
"""


def test_what_may_be_a_secret_in_a_request_is_masked_and_the_rest_is_shown(tmp_path: Path) -> None:
    found = _explained(tmp_path, AN_HTTP_SOURCE)
    assert found["sources.s.params"].value == {
        "key": MASK,
        "appid": MASK,
        "page": 7,
        "series": "{series}",
        "q": "GDP",
    }
    assert found["sources.s.headers"].value == {"X-API-Key": MASK, "X-Auth": MASK, "Accept": "text/csv"}
    assert found["sources.s.json"].value == {"filters": [{"value": MASK, "limit": 10}]}


@pytest.mark.parametrize("written", ['key = "hunter2"\n', 'kye = "hunter2"\n', ""])
def test_a_secret_below_an_option_is_masked_however_it_was_given(tmp_path: Path, written: str) -> None:
    text = (
        f'[sources.s]\ntype = "http"\nurl = "https://h/"\n[sources.s.auth]\ntype = "api_key"\nheader = "X"\n{written}'
    )
    found = _explained(tmp_path, text, **({} if written else {"SPINE__SOURCES__S__AUTH__KEY": "hunter2"}))
    name = written[:3] if written else "key"
    assert found["sources.s.auth"].value == {"type": "api_key", "header": "X", name: MASK}


def test_a_text_in_the_place_of_a_table_with_secrets_is_masked(tmp_path: Path) -> None:
    text = '[sources.s]\ntype = "http"\nurl = "https://h/"\n'
    assert _explained(tmp_path, text, SPINE__SOURCES__S__AUTH="hunter2")["sources.s.auth"].value == MASK


def test_texts_of_an_unavailable_plugin_are_masked(tmp_path: Path) -> None:
    found = _explained(tmp_path, '[sources.s]\ntype = "carrier-pigeon"\npigeon = "hunter2"\nspeed = 7\n')
    assert [found[f"sources.s.{name}"].value for name in ("type", "pigeon", "speed")] == ["carrier-pigeon", MASK, 7]


def test_a_schedule_is_shown_as_written_without_secrets(tmp_path: Path) -> None:
    text = '[schedules.weekly]\nworkflow = "w"\nevery = "5m"\nparams = { token = "hunter2" }\n'
    found = _explained(tmp_path, text, SPINE__SCHEDULES__WEEKLY__EVERY="7m")
    assert found["schedules.weekly.every"].value == "7m"
    assert (
        found["schedules.weekly.every"].origin
        == "environment variable SPINE__SCHEDULES__WEEKLY__EVERY, over spine.toml"
    )
    assert found["schedules.weekly.params"].value == {"token": MASK}


def test_one_thing_is_explained_without_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = "".join(f'[sources.s{number}]\ntype = "file"\npath = "s{number}.csv"\n' for number in range(50))
    (tmp_path / "spine.toml").write_text(tables)
    settings, catalog, asked = load_settings(tmp_path, {}), load_catalog(), []
    setting = explain_module._setting
    monkeypatch.setattr(explain_module, "_setting", lambda key, *rest: asked.append(key) or setting(key, *rest))
    assert explain_module.explained(settings, catalog, "source", "s7")["path"] == "s7.csv"
    assert {key.rpartition(".")[0] for key in asked} == {"sources.s7"}


@pytest.mark.parametrize("option", ["schema", "aliases"])
def test_columns_that_are_named_like_secrets_are_shown(tmp_path: Path, option: str) -> None:
    text = f'[sources.f]\ntype = "file"\npath = "x.csv"\n{option} = {{ code = "string", token = "string" }}\n'
    assert _explained(tmp_path, text)[f"sources.f.{option}"].value == {"code": "string", "token": "string"}
