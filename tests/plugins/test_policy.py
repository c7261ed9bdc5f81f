"""Policy of plugins: the environment and `[plugins]` in spine.toml."""

from __future__ import annotations

import pytest

from spine.config.plugin_policy import project_policy
from spine.plugins.catalog import load_catalog
from spine.plugins.errors import PluginBrokenError, PluginConflictError, PluginIncompatibleError
from spine.plugins.policy import PluginPolicy
from spine.testing import make_project


def states(policy=None):
    return {report.name: report.state.value for report in load_catalog(policy).reports}


@pytest.fixture
def acme(install_source):
    return install_source("feed")


def test_without_a_policy_everything_is_loaded(acme):
    assert states()["acme"] == "ok"


@pytest.mark.parametrize("text", ["acme", "spine-acme", "Spine_Acme", " acme , other"])
def test_disabled_by_the_environment(text, acme, monkeypatch):
    monkeypatch.setenv("SPINE_PLUGINS_DISABLED", text)
    found = states()
    assert found["acme"] == "disabled"
    assert found["sources-file"] == "ok"


@pytest.mark.parametrize("text", ["acme", "spine-acme", " ACME ,"])
def test_the_environment_gives_the_exact_list(text, acme, monkeypatch):
    monkeypatch.setenv("SPINE_PLUGINS", text)
    found = states()
    assert found.pop("core") == "builtin"
    assert found.pop("acme") == "ok"
    assert set(found.values()) == {"disabled"}


def test_an_empty_list_is_none(acme, monkeypatch):
    monkeypatch.setenv("SPINE_PLUGINS", "")
    found = states()
    assert found.pop("core") == "builtin"
    assert set(found.values()) == {"disabled"}


def test_a_disabled_plugin_is_not_imported(report_of, monkeypatch):
    monkeypatch.setenv("SPINE_PLUGINS_DISABLED", "acme")
    report = report_of("raise AssertionError('imported')")
    assert report.state.value == "disabled"
    assert not report.is_at_fault
    assert report.warning() is None


@pytest.mark.parametrize(
    ("section", "state"),
    [
        ('disabled = ["acme"]', "disabled"),
        ("enabled = []", "disabled"),
        ('enabled = ["acme"]', "ok"),
        ('enabled = ["acme"]\ndisabled = ["acme"]', "disabled"),
    ],
)
def test_the_project_decides_too(section, state, acme, tmp_path):
    policy = project_policy(make_project(tmp_path / "project", settings=f"[plugins]\n{section}\n"))
    assert states(policy)["acme"] == state


def test_the_environment_wins_over_the_project(acme, monkeypatch):
    monkeypatch.setenv("SPINE_PLUGINS", "acme")
    assert states(PluginPolicy(enabled=frozenset()))["acme"] == "ok"


def test_disabled_wins_over_enabled(acme, monkeypatch):
    monkeypatch.setenv("SPINE_PLUGINS", "acme")
    monkeypatch.setenv("SPINE_PLUGINS_DISABLED", "acme")
    assert states()["acme"] == "disabled"


@pytest.mark.parametrize("preferred", ["other", "spine-other", "Spine_Other"])
def test_prefer_settles_a_conflict(preferred, acme, install_source, tmp_path):
    install_source("feed", plugin="other")
    settings = f'[plugins.prefer]\n"source.feed" = "{preferred}"\n'
    catalog = load_catalog(project_policy(make_project(tmp_path / "project", settings=settings)))
    assert catalog.find("source", "feed").target == "spine_other.source:Feed"
    assert [report.state.value for report in catalog.reports if report.name in ("acme", "other")] == ["ok", "ok"]


def test_a_preferred_plugin_must_provide_the_name(acme, install_source):
    install_source("feed", plugin="other")
    with pytest.raises(PluginConflictError):
        load_catalog(PluginPolicy(prefer={"source.feed": "sources-file"})).find("source", "feed")


@pytest.mark.parametrize(
    ("plugin_py", "options", "error"),
    [
        ("1/0", {}, PluginBrokenError),
        ("", {"requires": ["spine-core>=99"]}, PluginIncompatibleError),
    ],
)
def test_strict_turns_a_fault_into_an_error(plugin_py, options, error, report_of, monkeypatch):
    report_of(plugin_py, **options)
    monkeypatch.setenv("SPINE_PLUGINS_STRICT", "1")
    with pytest.raises(error, match=r"SPINE_PLUGINS_STRICT is set, and plugin 'acme' .*run: spine plugins check acme"):
        load_catalog()


def test_strict_turns_a_conflict_into_an_error(acme, install_source, monkeypatch):
    install_source("feed", plugin="other")
    monkeypatch.setenv("SPINE_PLUGINS_STRICT", "1")
    with pytest.raises(PluginConflictError):
        load_catalog()


def test_strict_keeps_the_cause(report_of, monkeypatch):
    report_of("1/0")
    monkeypatch.setenv("SPINE_PLUGINS_STRICT", "1")
    with pytest.raises(PluginBrokenError) as caught:
        load_catalog()
    assert isinstance(caught.value.cause, ZeroDivisionError)


@pytest.mark.parametrize("text", ["", "0"])
def test_strict_can_be_off(text, report_of, monkeypatch):
    monkeypatch.setenv("SPINE_PLUGINS_STRICT", text)
    assert report_of("1/0").state.value == "broken"


def test_a_disabled_plugin_is_no_fault_in_strict_mode(report_of, monkeypatch):
    monkeypatch.setenv("SPINE_PLUGINS_STRICT", "1")
    monkeypatch.setenv("SPINE_PLUGINS_DISABLED", "acme")
    assert report_of("1/0").state.value == "disabled"
