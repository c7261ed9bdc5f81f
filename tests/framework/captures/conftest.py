from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from spine.core.scope import Scope, use_scope
from spine.framework.captures import CaptureStore, MemoryCaptureStore, PayloadStore


class MinuteClock:
    """A minute passes between any two looks at it; the first is at 12:01."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        self._now += timedelta(minutes=1)
        return self._now


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder that payloads are kept in."""
    return tmp_path / "captures"


@pytest.fixture(params=["memory", "files"])
def store(request: pytest.FixtureRequest, root: Path) -> Iterator[MemoryCaptureStore]:
    """A project of the test's own, with its payloads in memory or in files."""
    payloads = PayloadStore(root) if request.param == "files" else None
    with use_scope(Scope()) as scope:
        yield scope.provide(CaptureStore, MemoryCaptureStore(payloads, clock=MinuteClock()))  # type: ignore[type-abstract]
