"""The user's snippet of databases, whole, against a real server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from spine.core.adapters.database import DatabaseAdapter, get_adapter

SNIPPET = Path(__file__).parents[1] / "docs" / "seed" / "database.py"


def test_the_snippet_runs_with_nothing_replaced_but_host_database_and_user(
    new_postgres_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = new_postgres_database()
    url = make_url(given)
    if url.password or url.port:
        pytest.skip("the server of SPINE_TEST_POSTGRES_URL needs a password or a port, which the snippet has not")
    with get_adapter(given) as adapter:
        adapter.execute("CREATE TABLE captures (domain TEXT)")
    source = SNIPPET.read_text()
    host = url.query.get("host", url.host)
    for old, new in (("localhost", host), ("spine", url.database), ("spine_user", url.username)):
        assert source.count(f'"{old}"') == 1
        source = source.replace(f'"{old}"', repr(new))

    names: dict[str, Any] = {"domain": "finra"}
    exec(compile(source, SNIPPET, "exec"), names)

    adapter = names["adapter"]
    assert isinstance(adapter, DatabaseAdapter)
    assert adapter.db_type == "postgresql"
    adapter.disconnect()
