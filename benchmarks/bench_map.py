"""Milliseconds of a worker for an item of a map: on Dask beside bare `client.map`, in threads beside a bare pool.

The bare pool inserts each result into SQLite in a transaction of its own. The start of the clusters does not count:
it is from the end of the first item to that of the last. Usage: bench_map.py [WORKERS [SCALE]].
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from distributed import Client, LocalCluster, as_completed

from spine.project import open_project
from spine.testing.command_line import call

FLOWS = """
import time
from spine import Step, Workflow, workflow_registry

def items(context):
    return range(context.params["count"])

def body(context, item):
    time.sleep(context.params["seconds"])
    return item

for executor in ("dask", "threads"):
    each = Step.map("each", items, function=body, executor=executor, max_concurrency={workers})
    workflow_registry.register(Workflow(executor, [each], defaults={{"count": 0, "seconds": 0.0}}))
"""
SETTINGS = """
[spine]
name = "bench"
modules = ["flows"]
[executors.dask]
type = "dask"
"""
SIZES = ((0.0, 2000), (0.01, 1000), (0.1, 100))  # seconds of an item, and how many
ENDS = """
SELECT min(completed_at) AS first, max(completed_at) AS last FROM core_workflow_items WHERE run_id = ?
"""


def body(seconds: float, item: int) -> int:
    time.sleep(seconds)
    return item


def bare_dask(client: Client, seconds: float, count: int) -> float:
    ended = as_completed(client.map(body, [seconds] * count, range(count), pure=False), with_results=True)
    next(ended)
    began = time.perf_counter()
    for _ in ended:
        pass
    return time.perf_counter() - began


def bare_threads(folder: Path, workers: int, seconds: float, count: int) -> float:
    database = sqlite3.connect(folder / "bare.db", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE IF NOT EXISTS items (item INTEGER, output TEXT)")
    began = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        for item, found in enumerate(pool.map(body, [seconds] * count, range(count))):
            database.execute("INSERT INTO items VALUES (?, ?)", (item, json.dumps(found)))
    database.close()
    return time.perf_counter() - began


def spine(folder: Path, executor: str, seconds: float, count: int) -> float:
    given = (f"seconds:={seconds}", f"count:={count}")
    done = call("--project", str(folder), "run", executor, "-p", given[0], "-p", given[1], "--json")
    assert done.code == 0, done.err
    with open_project(folder, {}) as project:
        [row] = project.database.query(ENDS, (done.json["run_id"],))
    return (datetime.fromisoformat(row["last"]) - datetime.fromisoformat(row["first"])).total_seconds()


def main(workers: int = 2, scale: int = 1) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "spine.toml").write_text(SETTINGS)
        (folder / "flows.py").write_text(FLOWS.format(workers=workers))
        bare = {}
        with (
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as cluster,
            Client(cluster) as client,
        ):
            bare_dask(client, 0.0, 100)
            for seconds, count in SIZES:
                bare["dask", seconds] = bare_dask(client, seconds, count * scale)
        for seconds, count in SIZES:
            bare["threads", seconds] = bare_threads(folder, workers, seconds, count * scale)
        for (executor, seconds), took in bare.items():
            count = dict(SIZES)[seconds] * scale
            ours = spine(folder, executor, seconds, count)
            each, bare_each = 1000 * workers * ours / count, 1000 * workers * took / count
            print(
                f"{executor:<8} items of {1000 * seconds:3.0f} ms: bare {bare_each:7.2f} ms, spine {each:7.2f} ms, "
                f"{ours / took:.2f} times"
            )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
