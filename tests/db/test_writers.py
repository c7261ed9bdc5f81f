"""Many processes write to one database."""

from __future__ import annotations

import pytest

from spine.core.adapters.database import get_adapter
from tests.db.writing import prepare, write_at_once

WRITERS = 8


@pytest.mark.slow
@pytest.mark.parametrize("times", [50, pytest.param(500, marks=[pytest.mark.soak, pytest.mark.timeout(600)])])
def test_eight_writers_have_no_error_and_lose_nothing(database_url: str, times: int) -> None:
    prepare(database_url)
    write_at_once(database_url, WRITERS, times)
    with get_adapter(database_url) as adapter:
        assert adapter.query_one("SELECT n FROM counter") == {"n": WRITERS * times}
        assert adapter.query_one("SELECT count(*) AS n FROM entries") == {"n": WRITERS * times}
