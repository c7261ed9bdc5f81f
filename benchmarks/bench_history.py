"""Duration of the command line's queries on a long history: `spine runs list` and `spine runs show`.

Usage: bench_history.py [RUNS] [DATABASE_URL]; by default 100,000 runs in a new SQLite file.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.core.ids import new_id
from spine.storage.history import History
from spine.storage.migrate import upgrade
from spine.storage.runs import queries
from spine.storage.tables.runs import runs

START = datetime(2026, 1, 1, tzinfo=UTC)
STATUSES = ("COMPLETED",) * 97 + ("FAILED", "PARTIAL", "CANCELLED")


def fill(adapter: DatabaseAdapter, count: int, project: str = "") -> None:
    def row(number: int) -> dict[str, object]:
        at = START + timedelta(minutes=number)
        return {
            "project": project,
            "run_id": new_id(),
            "workflow_name": f"workflow.{number % 40}",
            "workflow_version": 1,
            "domain": "bench",
            "partition_key": {"week": str(number)},
            "status": STATUSES[number % 100],
            "started_at": at,
            "completed_at": at,
            "duration_ms": 1,
            "params": {},
            "outputs": {},
            "total_steps": 5,
            "completed_steps": 5,
            "failed_steps": 0,
            "skipped_steps": 0,
            "triggered_by": "cli",
            "definition_hash": "0" * 64,
            "created_at": at,
        }

    for first in range(0, count, 10_000):
        with adapter.engine.begin() as connection:
            connection.execute(insert(runs), [row(number) for number in range(first, min(first + 10_000, count))])


def milliseconds(question: Callable[[], object]) -> float:
    times = []
    for _ in range(20):
        begin = time.perf_counter()
        question()
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{Path(folder) / 'spine.db'}"
        with get_adapter(url) as adapter:
            upgrade(adapter)
            fill(adapter, count)
            newest = queries.list_runs(History(adapter), limit=1)[0]["run_id"]
            questions: dict[str, Callable[[], object]] = {
                "runs list": lambda: queries.list_runs(History(adapter)),
                "runs list --workflow": lambda: queries.list_runs(History(adapter), workflow="workflow.7"),
                "runs list --status FAILED": lambda: queries.list_runs(History(adapter), status="FAILED"),
                "runs list --workflow --status": lambda: queries.list_runs(
                    adapter, workflow="workflow.7", status="CANCELLED"
                ),
                "runs show latest": lambda: queries.find_run(History(adapter), "latest"),
                "runs show PREFIX": lambda: queries.find_run(History(adapter), newest[:20]),
                "steps of a run": lambda: queries.run_steps(History(adapter), newest),
            }
            print(f"{adapter.location}: {count:,} runs")
            for name, question in questions.items():
                print(f"  {name:32} {milliseconds(question):8.2f} ms")


if __name__ == "__main__":
    main()
