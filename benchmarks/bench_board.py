"""Duration of the board's pages on a long history, beside `project.overview()`, which `spine status --json` prints.

Usage: bench_board.py [RUNS] [ITEMS]; by default 100,000 runs of 40 workflows, and a run with 100,000 items, on SQLite.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from bench_history import fill
from sqlalchemy import insert
from starlette.testclient import TestClient

from spine.core.ids import new_id
from spine.project import open_project
from spine.storage.tables.runs import items, runs, steps
from spine.testing.project import make_project
from spine_board.app import create_app

FLOWS = """
from spine.orchestration import Step, Workflow, workflow_registry

for number in range(40):
    workflow_registry.register(Workflow(f"workflow.{number}", [Step.lambda_("a", lambda context, config: {})]))
"""
AT = datetime(2026, 6, 1, tzinfo=UTC)


def add_map(project, count: int) -> str:
    """Store a run with one map step of so many items, and return its id."""
    run_id = new_id()
    facts = {"params": {}, "outputs": {}, "started_at": AT, "completed_at": AT + timedelta(minutes=9)}
    counts = {"total_steps": 1, "completed_steps": 1, "failed_steps": 0, "skipped_steps": 0}
    run = {
        "project": project.history_name,
        "run_id": run_id,
        "workflow_name": "workflow.0",
        "workflow_version": 1,
        "partition_key": {},
        **facts,
    }
    run |= {"status": "COMPLETED", "duration_ms": 540_000, "triggered_by": "cli", "definition_hash": "0" * 64}
    step = {"step_id": new_id(), "run_id": run_id, "step_name": "each", "step_type": "map", "step_order": 0, **facts}
    step |= {"attempt": 1, "max_attempts": 1, "status": "COMPLETED", "duration_ms": 540_000, "sequence": 1}
    step |= {"metrics": {"items": {"done": count, "failed": count // 1000, "total": count, "earlier": 0}}}
    with project.database.engine.begin() as connection:
        connection.execute(insert(runs).values(**run, **counts, created_at=AT))
        connection.execute(insert(steps).values(**step))
        for first in range(0, count, 10_000):
            connection.execute(insert(items), [_item(run_id, n) for n in range(first, min(first + 10_000, count))])
    return run_id


def _item(run_id: str, number: int) -> dict[str, object]:
    at = AT + timedelta(milliseconds=5 * number)
    status, error = ("FAILED", "no such item") if number % 1000 == 7 else ("COMPLETED", None)
    place = {"run_id": run_id, "step_name": "each", "first_attempt": 1, "item_index": number, "attempt": 1}
    return {**place, "status": status, "started_at": at, "completed_at": at, "output": {"n": number}, "error": error}


def milliseconds(question: Callable[[], object]) -> tuple[float, float]:
    """Return the median time, and that of the processor: on a busy machine only the second one says much."""
    times, busy = [], []
    for _ in range(20):
        begin, cpu = time.perf_counter(), time.process_time()
        question()
        times.append((time.perf_counter() - begin) * 1000)
        busy.append((time.process_time() - cpu) * 1000)
    return statistics.median(times), statistics.median(busy)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    item_count = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    with tempfile.TemporaryDirectory() as folder, open_project(make_project(Path(folder), flows=FLOWS)) as project:
        fill(project.application.history, 0, count)
        run_id = add_map(project, item_count)
        plain = project.runs.list(workflow="workflow.7", limit=1).rows[0]["run_id"]
        print(f"{count:,} runs, {item_count:,} items of one run, SQLite: medians of 20")
        report("project.overview()", project.overview)
        with TestClient(create_app(project), base_url="http://127.0.0.1:8470") as client:
            pages = {
                "the first page": "/",
                "runs": "/runs",
                "runs that failed of a workflow": "/runs?" + urlencode({"workflow": "workflow.7", "status": "FAILED"}),
                "a run": f"/runs/{plain}",
                "a run with items": f"/runs/{run_id}",
                "items in the middle": f"/runs/{run_id}?after={item_count // 2}",
                "search": "/search?q=workflow.7",
            }
            for name, path in pages.items():
                answer = client.get(path)
                assert answer.status_code == 200, (path, answer.text)
                report(f"{name} ({len(answer.content) / 1000:.0f} kB)", lambda path=path: client.get(path))


def report(name: str, question: Callable[[], object]) -> None:
    median, busy = milliseconds(question)
    print(f"  {name:42} {median:7.1f} ms, {busy:7.1f} ms of processor", flush=True)


if __name__ == "__main__":
    main()
