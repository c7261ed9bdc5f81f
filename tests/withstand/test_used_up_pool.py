"""Steps that use all connections of a database cost their run nothing but time, and those without one are told why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from spine.core.adapters.database import get_adapter
from spine.storage.migrate import upgrade
from tests.projects import Project

ITEMS = 20
FLOWS = f"""
from pathlib import Path

from spine.core.adapters.database import get_database
from spine.orchestration import RetryPolicy, Step, Workflow, workflow_registry


def work(context, item):
    with get_database("own").transaction() as connection:
        connection.execute("SELECT pg_sleep(%s)")
    with Path(__file__).with_name("worked").open("a") as file:
        file.write(f"{{item}}\\n")


each = Step.map(
    "each",
    lambda context: list(range({ITEMS})),
    function=work,
    max_concurrency={ITEMS},
    retry_policy=RetryPolicy(max_attempts=40, initial_delay_seconds=0.1, max_delay_seconds=0.5),
)
workflow_registry.register(Workflow("busy", [each]))
"""


@pytest.mark.parametrize(
    "seconds", [pytest.param(1.0, marks=pytest.mark.slow), pytest.param(6.0, marks=pytest.mark.soak)]
)
def test_items_that_get_no_connection_are_told_why_and_the_run_completes(
    new_postgres_database: Callable[[], str], tmp_path: Path, seconds: float
) -> None:
    with get_adapter(new_postgres_database()) as adapter:
        upgrade(adapter)
        config = adapter.config  # type: ignore[attr-defined]  # a PostgreSQLAdapter
        options = f'host = "{config.host}"\ndatabase = "{config.database}"\nusername = "{config.username}"\n'
    project = Project(tmp_path)
    project.write("flows.py", FLOWS.replace("%s", str(seconds)))
    project.write(
        "spine.toml",
        '[spine]\ndatabase = "own"\nmodules = ["flows"]\n[runs]\nlease_seconds = 1\n'
        f'[databases.own]\ntype = "postgresql"\npool_size = 2\nmax_overflow = 1\npool_timeout = 0.2\n{options}',
    )
    running = project.start("run", "busy")
    while running.poll() is None:
        assert project.call("runs", "recover", "--json").json == []
    out, err = running.communicate()
    assert running.returncode == 0, out + err
    assert sorted(map(int, (tmp_path / "worked").read_text().split())) == list(range(ITEMS))
    shown = project.call("runs", "show", "latest", "--json").json
    assert (shown["status"], shown["fence"]) == ("COMPLETED", 1)
    told = [step["error"] for step in shown["steps"] if step["error"]]
    assert told
    assert all("every connection of the pool is in use" in error for error in told)
    assert "pool_size = 2, max_overflow = 1" in told[0]
    assert f"/{config.database}:" in told[0]
