"""Rows a second, and peak memory, of `spine db copy` from a SQLite file with many step rows.

Usage: bench_copy.py TARGET_URL [STEPS]; the target is an empty database, such as a new one on a PostgreSQL server.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.core.ids import new_id
from spine.storage.copying.copy import copy_history
from spine.storage.history import History
from spine.storage.migrate import upgrade
from spine.storage.tables.runs import runs, steps

START = datetime(2026, 1, 1, tzinfo=UTC)
STEPS_OF_RUN = 5
RUNS_AT_ONCE = 200


def run_row(number: int) -> dict[str, object]:
    at = START + timedelta(minutes=number)
    counts = {"total_steps": STEPS_OF_RUN, "completed_steps": STEPS_OF_RUN, "failed_steps": 0, "skipped_steps": 0}
    return {
        "project": "",
        "run_id": new_id(),
        "workflow_name": f"workflow.{number % 40}",
        "workflow_version": 1,
        "partition_key": {"week": str(number)},
        "status": "COMPLETED",
        "started_at": at,
        "completed_at": at,
        "params": {"limit": 5},
        "outputs": {},
        "triggered_by": "cli",
        "definition_hash": "0" * 64,
        "created_at": at,
        **counts,
    }


def step_row(run: dict[str, object], order: int) -> dict[str, object]:
    return {
        "step_id": new_id(),
        "run_id": run["run_id"],
        "step_name": f"step_{order}",
        "step_type": "pipeline",
        "step_order": order,
        "attempt": 1,
        "max_attempts": 3,
        "status": "COMPLETED",
        "started_at": run["started_at"],
        "completed_at": run["completed_at"],
        "params": {"url": "https://api.example.com/prices", "limit": 5},
        "outputs": {"record_count": 1000, "capture": {"name": "prices", "revision": order}},
        "row_count": 1000,
        "metrics": {"null_rate": 0.01},
    }


def fill(adapter: DatabaseAdapter, count: int) -> None:
    for first in range(0, count // STEPS_OF_RUN, RUNS_AT_ONCE):
        made = [run_row(number) for number in range(first, min(first + RUNS_AT_ONCE, count // STEPS_OF_RUN))]
        with adapter.engine.begin() as connection:
            connection.execute(insert(runs), made)
            connection.execute(insert(steps), [step_row(run, order) for run in made for order in range(STEPS_OF_RUN)])


def peak_mebibytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    begun: dict[str, tuple[float, int]] = {}

    def watch(what: str, total: int) -> Callable[[int], None]:
        begun[what] = time.perf_counter(), total
        return lambda _rows: None

    with tempfile.TemporaryDirectory() as folder, get_adapter(f"sqlite:///{Path(folder) / 'spine.db'}") as source:
        upgrade(source)
        fill(source, count)
        before = peak_mebibytes()
        with get_adapter(sys.argv[1]) as target:
            copy_history(History(source), History(target), watch=watch)
        ended = time.perf_counter()
    (copying, rows), (comparing, _) = begun["rows copied"], begun["rows compared"]
    print(f"{rows:,} rows, {count:,} of them steps")
    print(f"copied    {rows / (comparing - copying):10,.0f} rows/s {comparing - copying:8.1f} s")
    print(f"compared  {rows / (ended - comparing):10,.0f} rows/s {ended - comparing:8.1f} s")
    print(f"peak memory {peak_mebibytes():.0f} MiB, {before:.0f} before")


if __name__ == "__main__":
    main()
