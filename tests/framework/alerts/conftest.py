from __future__ import annotations

import pytest

from spine.core.scope import Scope
from spine.framework.alerts import MemoryAlertStore
from spine.framework.alerts.store import AlertStore


@pytest.fixture(autouse=True)
def store(own_scope: Scope) -> MemoryAlertStore:
    """What the test's own project remembers of alerts."""
    return own_scope.provide(AlertStore, MemoryAlertStore())  # type: ignore[type-abstract]
