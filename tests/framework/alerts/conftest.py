from __future__ import annotations

import pytest

from spine.core.scope import Scope
from spine.framework.alerts import MemoryAlertStore
from spine.framework.alerts.store import AlertStore


@pytest.fixture(autouse=True)
def store(own_scope: Scope) -> MemoryAlertStore:
    """Alert store of the test's own project."""
    return own_scope.provide(AlertStore, MemoryAlertStore())  # type: ignore[type-abstract]
