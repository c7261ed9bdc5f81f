"""Cost of a durable step, beside that of two bare commits; and of a durable item of a map.

Usage: bench_engine.py [DATABASE_URL] [--steps N ...] [--items N]; by default 200 and 2,000 steps and 10,000 items in a
new SQLite file. The bare figures are of SQLite in the same run: one row inserted and one updated, each committed.
"""

from __future__ import annotations

import argparse
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.orchestration import Step, Workflow, WorkflowRunner
from spine.storage.history import History
from spine.storage.migrate import upgrade
from spine.storage.runs.store import SqlRunStore


def trivial(context: Any, config: Any) -> dict[str, int]:
    return {"n": 1}


def trivial_item(context: Any, item: int) -> int:
    return item


def bare_sqlite3(path: Path, count: int) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;CREATE TABLE s (id TEXT PRIMARY KEY, status TEXT, out TEXT)"
    )
    begin = time.perf_counter()
    for number in range(count):
        connection.execute("INSERT INTO s VALUES (?, 'RUNNING', '')", (str(number),))
        connection.execute("UPDATE s SET status = 'COMPLETED', out = '{}' WHERE id = ?", (str(number),))
    taken = time.perf_counter() - begin
    connection.close()
    return taken


def core_sqlite(path: Path, count: int) -> float:
    with get_adapter(f"sqlite:///{path}") as adapter:
        table = sa.Table(
            "s",
            sa.MetaData(),
            sa.Column("id", sa.String, primary_key=True),
            sa.Column("status", sa.String),
            sa.Column("out", sa.Text),
        )
        table.metadata.create_all(adapter.engine)
        begin = time.perf_counter()
        for number in range(count):
            with adapter.engine.begin() as connection:
                connection.execute(sa.insert(table).values(id=str(number), status="RUNNING", out=""))
            with adapter.engine.begin() as connection:
                done = sa.update(table).where(table.c.id == str(number))
                connection.execute(done.values(status="COMPLETED", out="{}"))
        return time.perf_counter() - begin


class Times:
    """Listener that records the times at which steps completed."""

    def __init__(self) -> None:
        self.moments: list[float] = []

    def on_event(self, event: Any) -> None:
        if event.event_type == "step.completed":
            self.moments.append(time.perf_counter())


def steps(adapter: DatabaseAdapter, count: int) -> tuple[float, float]:
    """Return milliseconds a step, and how the last tenth compares with the first."""
    workflow = Workflow(f"steps.{count}", [Step.lambda_(f"s{number}", trivial) for number in range(count)])
    times = Times()
    runner = WorkflowRunner(store=SqlRunStore(History(adapter)), listeners=[times])
    workflow.definition_hash()
    begin = time.perf_counter()
    runner.execute(workflow)
    taken = time.perf_counter() - begin
    tenth = max(count // 20, 10)
    moments = times.moments
    first, last = moments[tenth] - moments[0], moments[-1] - moments[-1 - tenth]
    return taken * 1000 / count, last / first


def items(adapter: DatabaseAdapter, count: int) -> float:
    step = Step.map("each", "numbers", function=trivial_item, collect=False)
    runner = WorkflowRunner(store=SqlRunStore(History(adapter)))
    begin = time.perf_counter()
    result = runner.execute(Workflow("items", [step]), {"numbers": list(range(count))})
    taken = time.perf_counter() - begin
    assert result.context.get_output("each", "succeeded") == count, result.error
    return taken * 1000 / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?")
    parser.add_argument("--steps", type=int, nargs="*", default=[200, 2000])
    parser.add_argument("--items", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        bare: list[tuple[str, Callable[[Path, int], float]]] = [
            ("sqlite3", bare_sqlite3),
            ("SQLAlchemy Core", core_sqlite),
        ]
        for name, measure in bare:
            print(f"{name}, two commits: {measure(place / f'{name[:6]}.db', 2000) / 2:.3f} ms a step")
        with get_adapter(given.url or f"sqlite:///{place / 'spine.db'}") as adapter:
            upgrade(adapter)
            steps(adapter, 50)
            for count in given.steps:
                each, growth = steps(adapter, count)
                print(f"{count:,} steps: {each:.3f} ms a step; the last of them took {growth:.2f} times the first")
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            print(f"map of {given.items:,} items on threads: {items(adapter, given.items):.3f} ms an item")
            after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            print(f"peak memory before the map {before / 1024:.0f} MB, after it {after / 1024:.0f} MB")


if __name__ == "__main__":
    main()
