from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from spine.core.scope import Scope
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
def store(request: pytest.FixtureRequest, root: Path, own_scope: Scope) -> MemoryCaptureStore:
    """The captures of the test's own project, with their payloads in memory or in files."""
    payloads = PayloadStore(root) if request.param == "files" else None
    kept = MemoryCaptureStore(payloads, clock=MinuteClock())
    own_scope.provide(CaptureStore, kept)  # type: ignore[type-abstract]
    return kept
