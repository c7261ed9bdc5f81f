from __future__ import annotations

from collections.abc import Iterator

import pytest
from spine.core.scope import Scope, use_scope
from spine.framework.alerts import MemoryAlertStore
from spine.framework.alerts.store import AlertStore


@pytest.fixture(autouse=True)
def store() -> Iterator[MemoryAlertStore]:
    """A project of the test's own, and what it remembers of alerts."""
    with use_scope(Scope()) as scope:
        yield scope.provide(AlertStore, MemoryAlertStore())
