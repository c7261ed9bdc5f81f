"""Duration of `spine partitions` and of a plan on 10,000 partitions, and the runs a second of a backfill.

Usage: bench_partitions.py [RUNS_OF_EACH_PARTITION] [DATABASE_URL]; by default 3, in a new SQLite file.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from spine.core.ids import new_id
from spine.orchestration.partitions import lock_of
from spine.project import Project, open_project
from spine.scheduling.backfill import BackfillOptions
from spine.storage.tables.runs import runs

PARTITIONS = 10_000
BACKFILLED = 500
FIRST = datetime(1999, 1, 1, tzinfo=UTC)
FLOWS = """
from spine.orchestration import Daily, Step, Workflow, workflow_registry

for name in ("listed", "backfilled"):
    steps = [Step.lambda_("a", lambda context, config: None)]
    workflow_registry.register(Workflow(name, steps, partitions=Daily("day", start="1999-01-01")))
"""


def row(day: datetime, again: int) -> dict[str, Any]:
    key = {"day": day.date().isoformat()}
    begun = day + timedelta(days=1, minutes=again)
    return {
        "project": "bench",
        "run_id": new_id(),
        "workflow_name": "listed",
        "workflow_version": 1,
        "domain": "",
        "partition_key": key,
        "partition_lock": lock_of("listed", key),
        "status": "COMPLETED",
        "started_at": begun,
        "completed_at": begun,
        "created_at": begun,
        "params": key,
        "outputs": {},
        "total_steps": 1,
        "completed_steps": 1,
        "failed_steps": 0,
        "skipped_steps": 0,
        "triggered_by": "cli",
        "definition_hash": "0" * 64,
    }


def fill(project: Project, each: int) -> None:
    for first in range(0, PARTITIONS, 1000):
        days = (FIRST + timedelta(days=number) for number in range(first, first + 1000))
        with project.database.engine.begin() as connection:
            connection.execute(insert(runs), [row(day, again) for day in days for again in range(each)])


def measured(what: str, work: Callable[[], Any]) -> None:
    times, used = [], []
    for _ in range(5):
        began, cpu = time.perf_counter(), time.process_time()
        work()
        times.append(time.perf_counter() - began)
        used.append(time.process_time() - cpu)
    median, of_cpu = statistics.median(times), statistics.median(used)
    print(f"{what}: median {median:.3f} s, of it {of_cpu:.3f} s on the CPU of this process, longest {max(times):.3f} s")


def backfill(project: Project) -> None:
    last = (FIRST + timedelta(days=BACKFILLED - 1)).date().isoformat()
    planned = project.backfills.plan("backfilled", BackfillOptions(max_parallel=4), until=last)
    began = time.perf_counter()
    outcome = project.backfills.run(planned, threading.Event())
    assert outcome.backfill is not None
    took = time.perf_counter() - began
    print(f"a backfill of {BACKFILLED} partitions, 4 at once: {took:.1f} s, {BACKFILLED / took:.0f} runs a second")


def main(each: int, url: str | None) -> None:
    last = (FIRST + timedelta(days=PARTITIONS - 1)).date().isoformat()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        database = f'database = "{url}"\n' if url else ""
        (root / "spine.toml").write_text(f'[spine]\nname = "bench"\nmodules = ["flows"]\n{database}')
        (root / "flows.py").write_text(FLOWS)
        with open_project(root) as project:
            fill(project, each)
            name = type(project.database).__name__
            print(f"{name}: {PARTITIONS:,} partitions, {each} runs each")
            assert len(project.partitions.list("listed", until=last)) == PARTITIONS
            measured("list the partitions", lambda: project.partitions.list("listed", until=last))
            options = BackfillOptions()
            measured("plan a backfill of those missing", lambda: project.backfills.plan("listed", options, until=last))
            backfill(project)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3, sys.argv[2] if len(sys.argv) > 2 else None)
