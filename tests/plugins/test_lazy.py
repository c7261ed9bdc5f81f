"""Names that core promises and a plugin provides."""

from __future__ import annotations

import importlib

import pytest

from spine.framework import sources
from spine.plugins.catalog import Catalog, load_catalog
from spine.plugins.errors import (
    PluginBrokenError,
    PluginDisabledError,
    PluginIncompatibleError,
    PluginNotInstalledError,
)
from spine.plugins.lazy import lazy_exports

PROMISED = [
    ("spine.framework.sources", "HttpSource", "spine-sources-http"),
    ("spine.framework.alerts", "SlackChannel", "spine-alerts-slack"),
    ("spine.framework.alerts", "EmailChannel", "spine-alerts-email"),
    ("spine.framework.alerts", "PagerDutyChannel", "spine-alerts-pagerduty"),
    ("spine.framework.alerts", "ServiceNowChannel", "spine-alerts-servicenow"),
    ("spine.framework.alerts.channels.slack", "SlackChannel", "spine-alerts-slack"),
    ("spine.framework.alerts.channels.email", "EmailChannel", "spine-alerts-email"),
]


@pytest.mark.parametrize(("module", "name", "distribution"), PROMISED)
def test_a_promised_name_says_what_to_install(module, name, distribution, spine_scope):
    spine_scope.provide(Catalog, installed_without(distribution))
    with pytest.raises(ImportError) as caught:
        getattr(importlib.import_module(module), name)
    assert isinstance(caught.value, PluginNotInstalledError)
    assert str(caught.value) == (
        f"{name} is provided by {distribution!r}, which is not installed: pip install {distribution}"
    )


def installed_without(distribution):
    """Return what would be there if one distribution, which is here, were not installed."""
    return Catalog([report for report in load_catalog().reports if report.distribution != distribution])


def test_the_import_statement_raises_the_same(spine_scope):
    spine_scope.provide(Catalog, installed_without("spine-alerts-servicenow"))
    with pytest.raises(PluginNotInstalledError, match=r"^NoSuch is provided by 'spine-alerts-servicenow'"):
        lazy_exports("m", {"NoSuch": ("alert_channel", "servicenow")})("NoSuch")


@pytest.mark.parametrize(
    ("variables", "error"),
    [({"SPINE_PLUGINS_DISABLED": "sources-file"}, PluginDisabledError), ({"SPINE_PLUGINS": ""}, PluginDisabledError)],
)
def test_a_disabled_plugin_answers_through_the_same_path(variables, error, monkeypatch):
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    with pytest.raises(error, match="source type 'file' is provided by plugin 'sources-file'"):
        _ = sources.FileSource


@pytest.mark.parametrize(
    ("plugin_py", "requires", "error"),
    [("1/0", "spine-core", PluginBrokenError), ("", "spine-core>=99", PluginIncompatibleError)],
)
def test_a_plugin_at_fault_answers_through_the_same_path(plugin_py, requires, error, installed_plugin, uninstalled):
    # another spelling of the name: the package of the real distribution may have been imported already
    installed_plugin("http", plugin_py, distribution="Spine-Sources-Http", requires=[requires])
    uninstalled("sources-http")
    with pytest.raises(error, match="source type 'http' is provided by plugin 'http'"):
        _ = sources.HttpSource


def test_a_class_that_needs_another_missing_one_names_that_one(install_source, uninstalled):
    modules = {"source.py": "from spine.framework.alerts import SlackChannel"}
    install_source("http", plugin="http", modules=modules)
    uninstalled("sources-http", "alerts-slack")
    with pytest.raises(PluginNotInstalledError, match=r"^SlackChannel is provided by 'spine-alerts-slack'"):
        _ = sources.HttpSource


def test_an_unknown_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"has no attribute 'FileSorce'; did you mean 'FileSource'\?$"):
        _ = sources.FileSorce
    with pytest.raises(AttributeError, match=r"has no attribute 'Whatever'$"):
        _ = sources.Whatever
    assert not hasattr(sources, "__wrapped__")
