from __future__ import annotations

from pathlib import Path

import pytest

from spine.core.adapters.database import DatabaseAdapter, SQLiteAdapter

SNIPPET = Path(__file__).parents[1] / "docs" / "seed" / "database.py"


def test_the_sqlite_half_of_the_seeds_snippet_runs_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with SQLiteAdapter("local.db") as prepared:
        prepared.execute("CREATE TABLE captures (domain TEXT)")
    imports, sqlite, _postgresql, use = SNIPPET.read_text().split("\n# ")
    names: dict[str, object] = {"domain": "finra"}
    for part in (imports, f"# {sqlite}", f"# {use}"):
        exec(compile(part, SNIPPET, "exec"), names)
    adapter = names["adapter"]
    assert isinstance(adapter, DatabaseAdapter)
    adapter.disconnect()
