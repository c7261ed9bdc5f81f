"""An empty database of every dialect."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from spine.core.adapters.database import DatabaseAdapter, get_adapter


@pytest.fixture
def database(database_url: str) -> Iterator[DatabaseAdapter]:
    """An adapter for an empty database, once for each dialect."""
    with get_adapter(database_url) as adapter:
        yield adapter
