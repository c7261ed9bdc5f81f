"""The texts of a project that are masked wherever they occur."""

from __future__ import annotations

from pathlib import Path

import pytest

from spine.config.load import load_settings
from spine.config.secret_texts import secret_texts
from spine.plugins.catalog import load_catalog

HTTP = '[sources.s]\ntype = "http"\nurl = "https://h/"\n'


def _secrets(root: Path, text: str, **environ: str) -> set[str]:
    (root / "spine.toml").write_text(text)
    return set(secret_texts(load_settings(root, environ), load_catalog(), environ))


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        (HTTP + 'auth = { type = "bearer", token = "canary" }\n', {}),
        (HTTP + 'auth = { type = "bearer" }\n', {"SPINE__SOURCES__S__AUTH__TOKEN": "canary"}),
        (HTTP + 'auth = { type = "bearer", token = { env = "T" } }\n', {"T": "canary"}),
        (HTTP + 'auth = { type = "bearer", token = { env = "T", default = "canary" } }\n', {}),
        (HTTP + 'headers = { Authorization = "Bearer canary" }\n', {}),
        (HTTP + 'headers = { Anything = { env = "T" } }\n', {"T": "Bearer canary"}),
        ('[sources.s]\ntype = "http"\nurl = "https://u:canary@h/"\n', {}),
        ('[sources.s]\ntype = "http"\nurl = "https://h/?access_token=canary"\n', {}),
        ('[spine]\ndatabase = "postgresql://u:canary@h/d"\n', {}),
        ('[spine]\ndatabase = { env = "DB" }\n', {"DB": "postgresql://u:canary@h/d"}),
        ("", {"SPINE__SPINE__DATABASE": "postgresql://u:can%61ry@h/d"}),
        ('[databases.d]\ntype = "postgresql"\npassword = "canary"\n', {}),
        ('[channels.c]\ntype = "webhook"\nurl = "https://h/"\nheaders = { X = "canary" }\n', {}),
        ('[channels.c]\ntype = "pagerduty"\nrouting_key = "canary"\n', {}),
    ],
)
def test_a_secret_is_known_however_it_was_given(tmp_path: Path, text: str, environ: dict[str, str]) -> None:
    assert "canary" in _secrets(tmp_path, text, **environ)


def test_what_only_may_be_a_secret_is_not_masked_in_other_texts(tmp_path: Path) -> None:
    text = HTTP + 'method = "POST"\nparams = { code = "monthly" }\njson = { q = "weekly" }\n'
    text += 'auth = { type = "oauth2", token_url = "https://h/token", client_id = "id", client_secret = "s" }\n'
    assert _secrets(tmp_path, text) == {"s"}


def test_the_name_of_a_column_makes_its_type_no_secret(tmp_path: Path) -> None:
    text = '[sources.f]\ntype = "file"\npath = "x.csv"\n'
    text += 'schema = { token = "timestamp", n = "timestamp" }\naliases = { password = "Passwort" }\n'
    assert _secrets(tmp_path, text) == set()
