"""Each case has its own error and sentence, whichever way the name was asked for."""

from __future__ import annotations

import pytest

from spine.core.adapters.database import get_adapter
from spine.core.errors import ConfigError
from spine.framework.sources import source_registry
from spine.orchestration import Step
from spine.plugins.catalog import Catalog, current_catalog
from spine.plugins.descriptors import KINDS
from spine.plugins.errors import (
    PluginBrokenError,
    PluginConflictError,
    PluginDisabledError,
    PluginIncompatibleError,
    PluginNotInstalledError,
    UnknownKindError,
)

HOOKS = {"source": "sources", "database": "database_adapters", "step_type": "step_types"}


def plugin(kind, name):
    spec = KINDS[kind].__name__
    return (
        f"from spine.plugins import {spec}, hookimpl\n\n\n@hookimpl\ndef spine_register_{HOOKS[kind]}():\n"
        f"    return [{spec}('{name}', 'spine_no_such:Thing', config='spine_no_such:Options')]\n"
    )


def from_registry(name):
    source_registry.register_factory("mine", name)
    source_registry.get("mine")


ASK = {
    "the source registry": ("source", "source", from_registry),
    "get_adapter": ("database", "db", get_adapter),
    "a database URL": ("database", "db", lambda name: get_adapter(f"{name}://host/data")),
    "Step.of": ("step_type", "step", lambda name: Step.of(name, name="one")),
    "the catalog": ("source", "sources", lambda name: current_catalog().load_class("source", name)),
}

CASES = {
    "broken": (
        PluginBrokenError,
        "{subject}, which cannot be loaded: ZeroDivisionError: division by zero; run: spine plugins check thing",
    ),
    "disabled": (
        PluginDisabledError,
        "{subject}, which is disabled by SPINE_PLUGINS_DISABLED or "
        "[plugins] disabled: enable it there; see: spine plugins list",
    ),
    "not in the list": (
        PluginDisabledError,
        "{subject}, which is not in the list of SPINE_PLUGINS or "
        "[plugins] enabled: enable it there; see: spine plugins list",
    ),
    "incompatible": (
        PluginIncompatibleError,
        "{subject}, which is not compatible with this spine-core: it needs "
        "spine-core >=99, and {running} is running; run: pip install --upgrade spine-{stem}-acme",
    ),
    "in conflict": (
        PluginConflictError,
        " 'acme' is provided by other (spine-other) and thing (spine-{stem}-acme): choose one in spine.toml with "
        '[plugins.prefer] "{kind}.acme" = "other", or uninstall the other',
    ),
    "unknown": (UnknownKindError, "; run: spine plugins list"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("way", ASK)
def test_every_way_to_ask_gives_the_same_answer(way, case, installed_plugin, monkeypatch):
    kind, stem, ask = ASK[way]
    if case == "disabled":
        monkeypatch.setenv("SPINE_PLUGINS_DISABLED", "thing")
    if case == "not in the list":
        monkeypatch.setenv("SPINE_PLUGINS", "other")
    if case == "in conflict":
        installed_plugin("other", plugin(kind, "acme"))
    if case != "unknown":
        requires = ["spine-core>=99"] if case == "incompatible" else ["spine-core"]
        text = plugin(kind, "acme") if case == "in conflict" else "1/0"
        installed_plugin("thing", text, distribution=f"spine-{stem}-acme", requires=requires)
    error, sentence = CASES[case]
    with pytest.raises(error) as caught:
        ask("acme")
    running = current_catalog().reports[0].version
    subject = f" 'acme' is provided by plugin 'thing' (spine-{stem}-acme 1.0)"
    expected = sentence.format(subject=subject, stem=stem, kind=kind, running=running)
    assert type(caught.value) is error
    assert isinstance(caught.value, ConfigError)
    assert str(caught.value).endswith(KINDS[kind].label + expected if case != "unknown" else expected)


@pytest.mark.parametrize(
    ("kind", "name", "distribution"),
    [
        ("source", "http", "spine-sources-http"),
        ("alert_channel", "slack", "spine-alerts-slack"),
        ("report", "html", "spine-board"),
    ],
)
def test_a_known_type_that_is_not_installed_names_the_distribution(kind, name, distribution, uninstalled):
    uninstalled(distribution.removeprefix("spine-"))
    with pytest.raises(PluginNotInstalledError) as caught:
        Catalog([]).find(kind, name)
    assert str(caught.value) == (
        f"{KINDS[kind].label} {name!r} is provided by {distribution!r}, which is not installed: "
        f"pip install {distribution}"
    )
    assert isinstance(caught.value, ImportError)


def test_an_unknown_name_offers_the_closest_one():
    with pytest.raises(UnknownKindError) as caught:
        current_catalog().find("source", "fiel")
    assert str(caught.value) == ("no plugin provides source type 'fiel'; did you mean 'file'?; run: spine plugins list")


def test_an_unknown_name_tells_which_plugins_were_not_loaded(report_of):
    report_of("1/0")
    with pytest.raises(UnknownKindError, match=r"; not loaded: acme \(broken\); run: spine plugins list"):
        current_catalog().find("source", "feed")


@pytest.mark.parametrize("name", ["feed", "Feed"])
def test_a_plugin_that_is_called_like_the_name_is_its_likely_provider(name, report_of):
    report_of("1/0", name, distribution="acme-stuff")
    with pytest.raises(PluginBrokenError, match="run: spine plugins check"):
        current_catalog().find("source", "feed")


def test_a_broken_plugin_of_a_third_party_does_not_hide_the_distribution_to_install(report_of, uninstalled):
    report_of("1/0", "http", distribution="acme-stuff")
    uninstalled("sources-http")
    with pytest.raises(PluginNotInstalledError):
        current_catalog().find("source", "http")


def test_a_plugin_that_works_and_provides_nothing_is_not_blamed(report_of):
    assert report_of("", distribution="spine-source-feed").state.value == "ok"
    with pytest.raises(UnknownKindError):
        current_catalog().find("source", "feed")


def test_the_cause_of_a_broken_plugin_is_kept(report_of):
    report_of("1/0", distribution="spine-source-feed")
    with pytest.raises(PluginBrokenError) as caught:
        current_catalog().find("source", "feed")
    assert isinstance(caught.value.cause, ZeroDivisionError)


@pytest.mark.parametrize("kind", ["lambda", "pipeline", "choice"])
def test_step_of_refuses_what_has_a_factory_of_its_own(kind):
    with pytest.raises(ConfigError, match=rf"build it with Step\.{kind}_?\("):
        Step.of(kind, name="one")
