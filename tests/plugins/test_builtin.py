"""Core's own types are registered by the same hooks as those of plugins."""

from __future__ import annotations

import sys

import pytest

from spine.cli.main import COMMANDS
from spine.plugins import _builtin
from spine.plugins.catalog import current_catalog, load_catalog
from spine.plugins.check import check_plugin
from spine.plugins.discovery import core_version
from spine.plugins.policy import PluginPolicy

NAMES = {
    "alert_channel": {"console"},
    "database": {"sqlite"},
    "step_type": {"lambda", "pipeline", "choice"},
    "executor": {"inline", "threads", "processes"},
}


@pytest.fixture
def core():
    return current_catalog().reports[0]


def test_core_is_a_plugin_like_any_other(core):
    assert (core.name, core.distribution, core.version, core.state.value) == (
        "core",
        "spine-core",
        core_version(),
        "builtin",
    )


def test_core_provides_what_it_says(core):
    provided = {(spec.kind, spec.name) for spec in core.provides}
    assert {(kind, name) for kind, names in NAMES.items() for name in names} <= provided
    assert all(spec.help for spec in core.provides)


def test_the_plugins_of_core_load_and_fit(core):
    assert check_plugin(core) == []


def test_core_without_its_extra_for_http_has_no_fault(core, monkeypatch):
    monkeypatch.setitem(sys.modules, "httpx", None)
    assert check_plugin(core) == []


def test_core_uses_the_hooks():
    hooks = [name for name in vars(_builtin) if name.startswith("spine_register_")]
    assert hooks
    assert all(hasattr(getattr(_builtin, name), "spine_impl") for name in hooks)


def test_core_cannot_be_disabled(monkeypatch):
    monkeypatch.setenv("SPINE_PLUGINS", "")
    monkeypatch.setenv("SPINE_PLUGINS_DISABLED", "core,spine-core")
    core = load_catalog(PluginPolicy(enabled=frozenset())).reports[0]
    assert core.state.value == "builtin"
    assert core.provides


def test_core_claims_the_names_of_its_commands(core):
    provided = {spec.name: spec.target for spec in core.provides if spec.kind == "command"}
    assert provided == {name: target for name, (target, _help) in COMMANDS.items()}
