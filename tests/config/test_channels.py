"""Channels as rows of the history, and their fallbacks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from spine.config.channels import check_fallbacks, describe_channels
from spine.config.load import load_settings
from spine.core.errors import ConfigError, InvalidConfigError
from spine.core.scope import DryRunMark, Scope, current_scope, use_scope
from spine.framework.alerts import Alert, AlertSeverity, alert_registry, send_alert
from spine.orchestration import bound
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


def test_alerts_of_code_that_opens_a_project_go_to_its_channels_before_any_run(tmp_path: Path) -> None:
    (tmp_path / "spine.toml").write_text('[channels.team]\ntype = "console"\n')
    with open_project(tmp_path, {}):
        assert alert_registry.list_channels() == ["team"]
    with open_project(tmp_path, {}) as project:
        [result] = send_alert(AlertSeverity.ERROR, "the feed is late", "no file since Monday", "watch")
        assert (result.channel_name, result.success) == ("team", True)
        [alert] = project.alerts.list()
        assert (alert["title"], alert["unrouted"]) == ("the feed is late", None)


def test_a_dry_run_makes_no_channel(tmp_path: Path) -> None:
    (tmp_path / "spine.toml").write_text(DISABLED.replace("NOT_SET", "NOT_SET_EITHER"))
    with open_project(tmp_path, {}), use_scope(Scope(parent=current_scope())) as scope:
        scope.provide(DryRunMark, DryRunMark())
        assert send_alert(AlertSeverity.ERROR, "t", "m", "s") == []
        assert alert_registry.get("c") is None


def test_threads_that_send_the_first_alerts_of_a_project_make_each_channel_once(tmp_path: Path) -> None:
    (tmp_path / "spine.toml").write_text('[channels.team]\ntype = "console"\n')
    with open_project(tmp_path, {}):
        senders = [bound(partial(send_alert, AlertSeverity.ERROR, str(n), "m", "s")) for n in range(8)]
        with ThreadPoolExecutor(8) as pool:
            sent = list(pool.map(lambda send: send(), senders))
    assert [[result.success for result in results] for results in sent] == [[True]] * 8
