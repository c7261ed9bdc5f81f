from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from spine.core.scope import Scope, current_scope
from spine.http.machine import Machine
from spine_sources_http.source import HttpSource
from tests.sources_http.server import FakeTime, Server, serving


@pytest.fixture
def scope(spine_scope: Scope) -> Scope:
    """The stores of this test."""
    return spine_scope


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that knows no path yet."""
    with serving() as server:
        yield server


@pytest.fixture
def other() -> Iterator[Server]:
    """A second server: another origin."""
    with serving() as server:
        yield server


@pytest.fixture
def fake_time() -> FakeTime:
    """Time that only waiting moves."""
    return FakeTime()


@pytest.fixture
def source(fake_time: FakeTime) -> Callable[..., HttpSource]:
    """Makes a source that waits in no time."""

    def make(url: str, **options: object) -> HttpSource:
        current_scope().provide(Machine, fake_time.machine)
        return HttpSource("api", url, **options)  # type: ignore[arg-type]

    return make
