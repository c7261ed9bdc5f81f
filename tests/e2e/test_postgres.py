"""The same project on PostgreSQL, without a change to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.projects import Project


@pytest.mark.slow
def test_the_example_moves_to_postgresql_by_its_database_alone(
    finra: Project, new_postgres_database: Callable[[], str]
) -> None:
    env = {"SPINE__SPINE__DATABASE": new_postgres_database()}
    week = ("-p", "week=20251229")

    refused = finra.run("run", "finra.weekly_refresh", *week, env=env)
    assert refused.code == 2
    assert refused.sentence.endswith("has no tables yet: run spine db upgrade")

    assert finra.run("db", "upgrade", env=env).code == 0
    first = finra.run("run", "finra.weekly_refresh", *week, "--json", env=env).json
    assert (first["status"], first["outcome"]) == ("COMPLETED", None)
    outputs = {step["step_name"]: step["output"] for step in first["steps"]}
    assert (outputs["validate"]["shares"], outputs["process"]["set_aside"]) == (997_402_636, 1)

    second = finra.run("run", "finra.weekly_refresh", "--json", env=env).json
    assert (second["status"], second["outcome"]) == ("COMPLETED", "unchanged")

    top = finra.run("captures", "read", "finra.otc.symbol_summary", *week, "-n", "1", "--json", env=env).json
    assert top[0]["symbol"] == "HMBL"
    shown = finra.run("runs", "show", first["run_id"], "--json", env=env).json
    assert [reject["line_number"] for reject in shown["rejects"]] == [4656]
    assert finra.run("db", "check", env=env).code == 0
    assert not (finra.root / ".spine" / "spine.db").exists()
