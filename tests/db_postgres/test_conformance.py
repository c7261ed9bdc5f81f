"""PostgreSQL keeps every rule of the suite for database adapters, on a real server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import make_url

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.testing.conformance.database import DatabaseAdapterConformance

PASSWORD = "open-sesame-4711"


class TestPostgreSQL(DatabaseAdapterConformance):
    enforces_foreign_keys = True
    rolls_back_tables = True
    reopens = True
    shares_its_database = True
    upserts = True
    merges = True
    keeps_versions = True
    replaces_partitions = True
    fences_loads = True

    @pytest.fixture(autouse=True)
    def empty_database(self, new_postgres_database: Callable[[], str]) -> None:
        url = make_url(new_postgres_database())
        # a server of the tests trusts everybody, so that any password will do; a given one has its own
        self.url = url if url.password else url.set(password=PASSWORD)

    def make_adapter(self, tmp_path: Path) -> DatabaseAdapter:
        return get_adapter(self.url.render_as_string(hide_password=False))

    def secrets(self) -> Sequence[str]:
        return [str(self.url.password)]
