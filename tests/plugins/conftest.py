"""Plugins that tests install, and their reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spine.core.scope import Scope
from spine.plugins import manager
from spine.plugins.catalog import Catalog, current_catalog, load_catalog
from spine.plugins.report import PluginReport
from spine.testing import FakePlugin, make_plugin
from spine.testing.fake_plugin import put_on_path, take_off_path


@pytest.fixture(autouse=True)
def no_plugin_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nothing noted of a plugin because the machine is busy."""
    monkeypatch.setattr(manager, "SLOW_SECONDS", 600.0)


SOURCE_PLUGIN = """
from spine.plugins import SourceSpec, hookimpl


@hookimpl
def spine_register_sources():
    return [{specs}]
"""

SOURCE_CLASS = """
from attrs import field, frozen


class {name}:
    def __init__(self, name, limit=3):
        self.name = name
        self.limit = limit

    def fetch(self, params=None):
        return None


@frozen
class {name}Config:
    limit: int = field(default=3, metadata={{"help": "How many."}})
"""


def source_plugin(*names: str, package: str) -> str:
    """Return a `plugin.py` that provides source types of these names, all of one class."""
    specs = ", ".join(f'SourceSpec("{name}", "{package}.source:Feed", "{package}.source:FeedConfig")' for name in names)
    return SOURCE_PLUGIN.format(specs=specs)


@pytest.fixture
def report_of(installed_plugin: Callable[..., FakePlugin]) -> Callable[..., PluginReport]:
    """Install a plugin with this `plugin.py` and return its report."""

    def install(plugin_py: str, name: str = "acme", **options: object) -> PluginReport:
        made = installed_plugin(name, plugin_py, **options)
        (found,) = [report for report in current_catalog().reports if report.distribution == made.distribution]
        return found

    return install


@pytest.fixture
def report_with(tmp_path: Path) -> Iterator[Callable[..., PluginReport]]:
    """Install a plugin with this file in its metadata, or without it, and return its report."""

    def install(file: str, content: bytes | None, plugin_py: str = "NONE = None") -> PluginReport:
        made = make_plugin(tmp_path, "acme", plugin_py)
        path = tmp_path / f"{made.package}-1.0.dist-info" / file
        path.unlink() if content is None else path.write_bytes(content)
        put_on_path(tmp_path)
        (found,) = [report for report in load_catalog().reports if report.name == "acme"]
        return found

    yield install
    take_off_path(tmp_path)


@pytest.fixture
def install_source(report_of: Callable[..., PluginReport]) -> Callable[..., PluginReport]:
    """Install a plugin that provides source types of these names; the options are those of `make_plugin`."""

    def install(*names: str, plugin: str = "acme", **options: object) -> PluginReport:
        distribution = str(options.get("distribution", f"spine-{plugin}"))
        package = distribution.replace("-", "_")
        modules = {"source.py": SOURCE_CLASS.format(name="Feed")}
        return report_of(source_plugin(*names, package=package), plugin, **{"modules": modules, **options})

    return install


@pytest.fixture
def uninstalled(spine_scope: Scope) -> Callable[..., None]:
    """A function that makes plugins of these names count as not installed, until another one is installed."""

    def take_away(*names: str) -> None:
        left = [report for report in current_catalog().reports if report.name not in names]
        spine_scope.provide(Catalog, Catalog(left))

    return take_away
