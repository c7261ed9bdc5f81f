"""Steps that use up the connections of the project's own database do not cost their run its lease."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from spine.core.adapters.database import get_adapter
from spine.storage.migrate import upgrade
from tests.projects import Project

ITEMS = 20  # more than a pool of connections has
FLOWS = f"""
from pathlib import Path

from spine.core.adapters.database import get_database
from spine.orchestration import Step, Workflow, workflow_registry


def work(context, item):
    with get_database("own").transaction() as connection:
        connection.execute("SELECT pg_sleep(2.5)")
    with Path(__file__).with_name("worked").open("a") as file:
        file.write(f"{{item}}\\n")


each = Step.map("each", lambda context: list(range({ITEMS})), function=work, max_concurrency={ITEMS})
workflow_registry.register(Workflow("busy", [each]))
"""


@pytest.mark.slow
def test_twenty_long_transactions_in_the_own_database_leave_the_lease_alone(
    new_postgres_database: Callable[[], str], tmp_path: Path
) -> None:
    url = new_postgres_database()
    with get_adapter(url) as adapter:
        upgrade(adapter)
        options = {"host": adapter.config.host, "database": adapter.config.database, "username": "postgres"}
    project = Project(tmp_path)
    project.write("flows.py", FLOWS)
    project.write(
        "spine.toml",
        '[spine]\ndatabase = "own"\nmodules = ["flows"]\n[runs]\nlease_seconds = 1\n'
        + '[databases.own]\ntype = "postgresql"\n'
        + "".join(f'{key} = "{value}"\n' for key, value in options.items()),
    )
    running = project.start("run", "busy")
    while running.poll() is None:
        assert project.call("runs", "recover", "--json").json == []
    out, err = running.communicate()
    assert running.returncode == 0, out + err
    assert "could not be renewed" not in err
    assert sorted(map(int, (tmp_path / "worked").read_text().split())) == list(range(ITEMS))
    [run] = project.call("runs", "list", "--json").json
    assert (run["status"], run["fence"]) == ("COMPLETED", 1)
