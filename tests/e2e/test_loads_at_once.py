"""Processes that load into one table at once: each load is whole, and the table is that of one after the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from spine.core.adapters.database import get_adapter
from tests.e2e.load_sweep import options
from tests.projects import Project

FLOWS = """
from pathlib import Path
from time import sleep

from spine import Step, Workflow, load, workflow_registry


def work(context, config):
    place, mode, process = Path(__file__).parent, context.params["mode"], context.params["process"]
    (place / f"ready-{process}").touch()
    while len(list(place.glob("ready-*"))) < 2:
        sleep(0.001)
    rows = [{"id": number, "process": process, "turn": turn} for turn in range(5) for number in range(1000)]
    keyed = {"key": ["id"]} if mode in ("merge", "scd2") else {}
    if mode == "replace_partition":
        keyed = {"partition": {"part": "1"}}
    done = [load("warehouse", "prices", rows[n : n + 1000], mode=mode, **keyed) for n in range(0, 5000, 1000)]
    return {"inserted": [one.inserted for one in done], "updated": [one.updated for one in done]}


workflow_registry.register(Workflow("at.once", [Step.lambda_("work", work)]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["append", "replace_partition", "merge", "scd2"])
def test_two_processes_that_load_into_one_table(
    tmp_path: Path, mode: str, database_url: str, new_database: Callable[[str], str]
) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", f'[spine]\nmodules = ["flows"]\n[databases.warehouse]\n{options(database_url)}\n')
    project.write("flows.py", FLOWS)
    assert project.call("db", "upgrade").code == 0
    started = [project.start("-q", "run", "at.once", "-p", f"mode={mode}", "-p", f"process={name}") for name in "ab"]
    ended = [process.communicate(timeout=600) for process in started]
    assert [process.returncode for process in started] == [0, 0], ended
    with get_adapter(database_url) as target:
        rows = target.query("SELECT * FROM prices")
        loads = target.query("SELECT inserted, updated FROM core_loads")
    assert len(loads) == 10
    current = [row for row in rows if row.get("is_current", True)]
    if mode == "append":
        assert len(rows) == 10_000
        return
    assert sorted(row["id"] for row in current) == list(range(1000))
    assert len({(row["process"], row["turn"]) for row in current}) == 1
    assert sum(load["inserted"] for load in loads) == (10_000 if mode == "replace_partition" else 1000)
    if mode == "scd2":
        assert len(rows) == 1000 + sum(load["updated"] for load in loads)
