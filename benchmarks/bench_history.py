"""Duration of what reads and writes a long history, as it grows, on SQLite and PostgreSQL.

A run has ten steps, and there are forty workflows. "A new run" is one of one step, executed to its end, and "pruning"
is the deletion of the thousand oldest runs. Usage: bench_history.py [--runs 1000 10000 100000] [--database sqlite].
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench_engine import databases
from sqlalchemy import insert, make_url, text

from spine.core.adapters.database import get_adapter
from spine.core.ids import new_id
from spine.project import Project, open_project
from spine.storage.history import History
from spine.storage.migrate import upgrade
from spine.storage.retention import prune
from spine.storage.runs import queries
from spine.storage.runs.store import SqlRunStore
from spine.storage.tables.runs import runs

START = datetime(2020, 1, 1, tzinfo=UTC)
STATUSES = ("COMPLETED",) * 97 + ("FAILED", "PARTIAL", "CANCELLED")
STEPS = 10
BATCH = 10_000
PRUNED = 1_000
FLOWS = """
from spine.orchestration import Step, Workflow, workflow_registry

for number in range(40):
    workflow_registry.register(Workflow(f"workflow.{number}", [Step.lambda_("a", lambda context, config: {"n": 1})]))
"""
ADD_STEPS = text(
    "INSERT INTO core_workflow_steps (step_id, run_id, step_name, step_type, step_order, attempt, max_attempts, "
    "status, started_at, completed_at, duration_ms, params, outputs, metrics) "
    "SELECT run_id || '-' || n, run_id, 'step.' || n, 'lambda', n, 1, 1, 'COMPLETED', started_at, completed_at, 1, "
    """'{}', '{"rows": 1}', '{}' FROM core_workflow_runs, """
    f"({' UNION ALL '.join(f'SELECT {number} AS n' for number in range(STEPS))}) AS numbers "
    "WHERE run_id >= :first AND run_id <= :last"
)


def fill(history: History, begin: int, end: int) -> None:
    """Add the runs with these numbers, and their steps."""
    for first in range(begin, end, BATCH):
        rows = [row(history, number) for number in range(first, min(first + BATCH, end))]
        with history.engine.begin() as connection:
            connection.execute(insert(runs), rows)
            connection.execute(ADD_STEPS, {"first": rows[0]["run_id"], "last": rows[-1]["run_id"]})

    if history.adapter.db_type == "postgresql":
        with history.engine.begin() as connection:
            connection.execute(text("ANALYZE"))  # as autovacuum does before long


def row(history: History, number: int) -> dict[str, object]:
    at = START + timedelta(minutes=number)
    return {
        "project": history.project,
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
        "total_steps": STEPS,
        "completed_steps": STEPS,
        "failed_steps": 0,
        "skipped_steps": 0,
        "triggered_by": "cli",
        "definition_hash": "0" * 64,
        "created_at": at,
    }


def options(url: str) -> str:
    """Return the options of a database in spine.toml."""
    parts = make_url(url)
    if parts.database is not None and parts.drivername == "sqlite":
        return f'type = "sqlite"\npath = "{parts.database}"'
    named = {"host": parts.query["host"], "database": parts.database, "username": parts.username}
    return "\n".join(['type = "postgresql"', *(f'{name} = "{value}"' for name, value in named.items())])


def milliseconds(work: Callable[[], object], times: int = 20) -> float:
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        found.append((time.perf_counter() - begin) * 1000)
    return statistics.median(found)


def measure(project: Project, pruned: int) -> dict[str, float]:
    """Return the milliseconds of each command; `pruned` runs are gone already."""
    history = project.application.history
    newest = queries.list_runs(history, limit=1)[0]["run_id"]

    def show() -> None:
        run = project.runs.find(newest[-12:])
        project.runs.steps(run["run_id"])

    before = START + timedelta(minutes=pruned + PRUNED)
    return {
        "runs list": milliseconds(project.runs.list),
        "runs list --workflow": milliseconds(lambda: project.runs.list(workflow="workflow.7")),
        "runs list --status FAILED": milliseconds(lambda: project.runs.list(status="FAILED")),
        "runs show latest": milliseconds(lambda: project.runs.find("latest")),
        "runs show, by the tail of an id": milliseconds(show),
        "status": milliseconds(project.overview, 5),
        "abandoned runs": milliseconds(SqlRunStore(history).abandoned),
        "a new run": milliseconds(lambda: project.run("workflow.7"), 100),
        f"pruning of {PRUNED:,}": milliseconds(lambda: prune(history, before), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--database", choices=["SQLite", "PostgreSQL"], nargs="+", default=["SQLite", "PostgreSQL"])
    given = parser.parse_args()
    with databases() as new, tempfile.TemporaryDirectory() as folder:
        Path(folder, "flows.py").write_text(FLOWS)
        for name in given.database:
            url = new[name]().replace("postgresql://", "postgresql+psycopg://")
            with get_adapter(url) as adapter:
                upgrade(adapter)
            settings = f'[spine]\nmodules = ["flows"]\ndatabase = "history"\n[databases.history]\n{options(url)}\n'
            Path(folder, "spine.toml").write_text(settings)
            found: dict[int, dict[str, float]] = {}
            size = 0
            with open_project(folder) as project:
                for number, wanted in enumerate(given.runs):
                    fill(project.application.history, size, wanted)
                    size = wanted
                    found[wanted] = measure(project, number * PRUNED)
            print(f"{name}, milliseconds", *(f"{size:>12,} runs" for size in found), sep="  ")
            for work in found[size]:
                print(f"  {work:32}", *(f"{figures[work]:15.2f}" for figures in found.values()))


if __name__ == "__main__":
    main()
