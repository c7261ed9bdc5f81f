"""Cost of reading the metrics of a long history, beside `spine status`.

Usage: bench_metrics.py [RUNS] [DATABASE_URL]; by default 100,000 runs of 40 workflows, one a minute up to now, each
with two steps, in a new SQLite file; then the same with all of them ended today.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench_history import STATUSES
from sqlalchemy import insert

from spine.core.ids import new_id
from spine.db.adapter import DatabaseAdapter
from spine.project import open_project
from spine.storage.migrate import upgrade
from spine.storage.tables.runs import runs, steps

BATCH = 5_000
WORKFLOWS = 40


def fill(adapter: DatabaseAdapter, count: int, apart: timedelta) -> None:
    """Store `count` runs with two steps, the newest now, the others `apart`."""
    now = datetime.now(UTC)
    for first in range(0, count, BATCH):
        numbers = range(first, min(first + BATCH, count))
        found = [run_at(now - number * apart, number) for number in numbers]
        with adapter.engine.begin() as connection:
            connection.execute(insert(runs), found)
            connection.execute(insert(steps), [step for run in found for step in steps_of(run)])


def run_at(at: datetime, number: int) -> dict[str, object]:
    return {
        "project": "",
        "run_id": new_id(),
        "workflow_name": f"workflow.{number % WORKFLOWS}",
        "workflow_version": 1,
        "domain": "bench",
        "partition_key": {},
        "status": STATUSES[number % 100],
        "started_at": at,
        "completed_at": at,
        "duration_ms": number % 10_000,
        "params": {},
        "outputs": {},
        "total_steps": 2,
        "completed_steps": 2,
        "failed_steps": 0,
        "skipped_steps": 0,
        "triggered_by": "cli",
        "definition_hash": "0" * 64,
        "fence": 1,
        "created_at": at,
    }


def steps_of(run: dict[str, object]) -> list[dict[str, object]]:
    usual = {"run_id": run["run_id"], "step_type": "lambda", "attempt": 1, "max_attempts": 1, "status": "COMPLETED"}
    times = {"started_at": run["started_at"], "completed_at": run["completed_at"], "duration_ms": 5}
    content: dict[str, object] = {"params": {}, "outputs": {}, "metrics": {}}
    names = enumerate(("extract", "load"))
    return [
        {**usual, **times, **content, "step_id": new_id(), "step_name": name, "step_order": order}
        for order, name in names
    ]


def cost(question: Callable[[], object]) -> str:
    """Return the median of the time that a question takes, and the CPU time of this process for it."""
    question()
    times = []
    for _ in range(10):
        begin = time.perf_counter(), time.process_time()
        question()
        times.append(((time.perf_counter() - begin[0]) * 1000, (time.process_time() - begin[1]) * 1000))
    wall, cpu = (statistics.median(column) for column in zip(*times, strict=True))
    return f"{wall:8.1f} ms, {cpu:8.1f} ms of CPU time"


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    all_today = (datetime.now(UTC) - today) / (count + 1)
    for title, apart in (("one a minute", timedelta(minutes=1)), ("all today", all_today)):
        with tempfile.TemporaryDirectory() as folder:
            url = sys.argv[2] if len(sys.argv) > 2 else "sqlite:///spine.db"
            Path(folder, "spine.toml").write_text(f'[spine]\ndatabase = "{url}"\n')
            with open_project(folder) as project:
                upgrade(project.application.database)
                fill(project.database, count, apart)
                print(f"{project.database.location}: {count:,} runs, {title}")
                print(f"  {'metrics':10} {cost(project.metrics)}, {len(project.metrics()):,} bytes")
                print(f"  {'status':10} {cost(project.overview)}")


if __name__ == "__main__":
    main()
