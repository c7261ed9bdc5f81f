"""Fixtures for the tests of plugins and projects; none of them is automatic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from spine.app import Application, open_project
from spine.core.clock import Clock
from spine.core.scope import Scope, use_scope
from spine.framework.alerts.registry import StandIn
from spine.plugins.catalog import Catalog, load_catalog
from spine.testing.channel import RecordingChannel
from spine.testing.clock import FixedClock
from spine.testing.command_line import Outcome, call
from spine.testing.fake_plugin import FakePlugin, make_plugin, put_on_path, take_off_path
from spine.testing.project import make_project


@pytest.fixture
def spine_scope() -> Iterator[Scope]:
    """Empty registries, memory stores and a plugin catalog, visible to the test only."""
    with use_scope(Scope(), process_wide=True) as scope:
        yield scope


@pytest.fixture
def fixed_clock(spine_scope: Scope) -> FixedClock:
    """The clock of every project that the test opens: 2026-01-01 UTC until the test moves it."""
    clock = FixedClock()
    spine_scope.provide(Clock, clock)  # type: ignore[type-abstract]  # a protocol is the key
    return clock


@pytest.fixture
def captured_alerts(spine_scope: Scope) -> RecordingChannel:
    """A channel that takes every alert, in its list `alerts`, in the place of all others: those are not even built."""
    channel = RecordingChannel("captured")
    spine_scope.provide(StandIn, StandIn(channel))
    return channel


@pytest.fixture
def installed_plugin(
    tmp_path_factory: pytest.TempPathFactory, spine_scope: Scope
) -> Iterator[Callable[..., FakePlugin]]:
    """A function like `make_plugin`, without the folder: its plugins count as installed during the test."""
    folder = tmp_path_factory.mktemp("installed")
    put_on_path(folder)

    def install(name: str, plugin_py: str, **options: Any) -> FakePlugin:
        made = make_plugin(folder, name, plugin_py, **options)
        spine_scope.provide(Catalog, load_catalog())
        return made

    yield install
    take_off_path(folder)


@pytest.fixture
def scratch_project(tmp_path: Path) -> Iterator[Callable[..., Application]]:
    """A function that writes a project (see `make_project`), opens it for the test, and returns it."""
    with ExitStack() as stack:

        def make(**parts: Any) -> Application:
            return stack.enter_context(open_project(make_project(tmp_path / "project", **parts)))

        yield make


@pytest.fixture
def spine_cli(spine_scope: Scope) -> Callable[..., Outcome]:
    """A function that calls `spine` with its arguments, in this process, and returns code, out, err and json."""
    return call
