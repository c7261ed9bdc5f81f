"""Settings in effect, as a plugin shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from spine.project import open_project
from spine.testing import make_project

TOML = """
[spine]
name = "shown"

[channels.hook]
type = "webhook"
url = "https://hooks.example/T0/B0/5ecret-of-hook"
"""


def test_settings_have_their_origin_and_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPINE__RUNS__GRACE_SECONDS", "7")
    with open_project(make_project(tmp_path / "project", spine_toml=TOML)) as project:
        found = {row["key"]: row for row in project.settings()}
    assert found["spine.name"]["value"] == "shown"
    assert found["runs.grace_seconds"]["origin"] != "default"
    assert "5ecret" not in str(found)
