"""Channels as rows of the history, and their fallbacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from spine.config.channels import check_fallbacks, describe_channels
from spine.config.load import load_settings
from spine.core.errors import ConfigError, InvalidConfigError
from spine.framework.alerts import Alert, AlertSeverity
from spine.plugins.catalog import load_catalog
from spine.project import open_project


@pytest.mark.parametrize(
    ("written", "minutes"), [("7", 7), ('"1h"', 60), ('{ env = "X" }', 5), ('"soon"', 5), ("[1]", 5)]
)
def test_a_channel_is_described_with_its_throttle_however_it_is_written(
    tmp_path: Path, written: str, minutes: int
) -> None:
    (tmp_path / "spine.toml").write_text(f'[channels.c]\ntype = "console"\nthrottle_minutes = {written}\n')
    [channel] = describe_channels(load_settings(tmp_path, {}), load_catalog())
    assert channel["throttle_minutes"] == minutes


def test_a_fallback_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "spine.toml").write_text('[channels.c]\ntype = "console"\nfallback = { env = "X" }\n')
    with pytest.raises(InvalidConfigError, match=r"channels\.c\.fallback must be a text"):
        check_fallbacks(load_settings(tmp_path, {}))


DISABLED = '[channels.c]\ntype = "webhook"\nurl = { env = "NOT_SET" }\n'


@pytest.mark.parametrize(
    ("written", "environ"),
    [
        ("enabled = false\n", {}),
        ("", {"SPINE__CHANNELS__C__ENABLED": "false"}),
    ],
)
def test_the_secrets_of_a_disabled_channel_are_not_needed(
    tmp_path: Path, written: str, environ: dict[str, str]
) -> None:
    (tmp_path / "spine.toml").write_text(DISABLED + written)
    with open_project(tmp_path, environ) as project:
        project.application.register_channels()
        alert = Alert(AlertSeverity.CRITICAL, "t", "m", "s")
        assert project.alerts.explain(alert) == [{"name": "c", "takes": False, "reason": "it is disabled"}]
        project.application.check_declared("alert_channel", "c")
        assert "is disabled" in str(project.alerts.send_to(alert, "c").message)


def test_a_channel_that_is_neither_enabled_nor_disabled_is_refused(tmp_path: Path) -> None:
    (tmp_path / "spine.toml").write_text(DISABLED + 'enabled = "perhaps"\n')
    with open_project(tmp_path, {}) as project, pytest.raises(ConfigError, match=r"channels\.c\.enabled must be true"):
        project.application.register_channels()
