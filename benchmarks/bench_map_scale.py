"""A map of many items: seconds, CPU, memory, and the size of the database, beside a bare pool with one insert an item.

Usage: bench_map_scale.py [ITEMS [POSTGRES_URL]]. The pool of threads inserts each result in a transaction of its own,
from the thread that collects; each is measured in a process of its own. The scaling is that of items that sleep 5 ms.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from spine.project import open_project
from spine.testing.command_line import call

FLOWS = """
import time
from spine import Step, Workflow, capture, workflow_registry
from spine.orchestration.steptypes.map_items import CaptureItems

def make(context, config):
    import pyarrow as pa
    count = context.params["count"]
    starts = range(0, count, 50_000)
    capture("numbers", (pa.table({"n": range(start, min(start + 50_000, count))}) for start in starts))
    return {}

def body(context, item):
    return item["n"]

def sleep(context, item):
    time.sleep(0.005)

def many(context):
    return range(context.params["count"])

for executor in ("threads", "processes"):
    for collect in (False, "capture"):
        name = f"{executor}-{collect or 'none'}"
        each = Step.map("each", CaptureItems("numbers"), function=body, executor=executor, max_concurrency=2,
                        collect=collect)
        workflow_registry.register(Workflow(name, [Step.lambda_("make", make), each], defaults={"count": 0}))
for workers in (1, 2, 4):
    each = Step.map("each", many, function=sleep, max_concurrency=workers, collect=False)
    workflow_registry.register(Workflow(f"sleep-{workers}", [each], defaults={"count": 0}))
"""


def spine(workflow: str, count: int) -> None:
    """Run a workflow, and print its figures as JSON."""
    with open_project(Path.cwd(), {}) as project:
        project.run(workflow, {"count": 100})
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        cpu = time.process_time()
        result = project.run(workflow, {"count": count})
        assert result.error is None, result.error
        [step] = [step for step in project.runs.steps(result.run_id) if step["step_name"] == "each"]
        mine, peak = time.process_time() - cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds = step["duration_ms"] / 1000
    print(json.dumps({"seconds": seconds, "cpu": mine, "before": before / 1024, "peak": peak / 1024}))


def bare(count: int) -> None:
    """Run a pool of threads with one insert for an item, and print its figures as JSON."""
    database = sqlite3.connect("bare.db", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("CREATE TABLE IF NOT EXISTS items (item INTEGER, output TEXT)")
    began, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(2) as pool:
        for item, found in enumerate(pool.map(lambda item: item["n"], ({"n": number} for number in range(count)))):
            database.execute("INSERT INTO items VALUES (?, ?)", (item, json.dumps(found)))
    found = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
    database.close()
    print(json.dumps({**found, "before": 0, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def measured(folder: Path, *arguments: str) -> dict[str, float]:
    done = subprocess.run([sys.executable, __file__, *arguments], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main(count: int, url: str | None) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = '[spine]\nmodules = ["flows"]\n'
        if url is not None:
            settings += f'database = "{url}"\n'
        (folder / "spine.toml").write_text(settings)
        (folder / "flows.py").write_text(FLOWS)
        if url is not None:
            upgraded = call("--project", str(folder), "db", "upgrade")
            assert upgraded.code == 0, upgraded.err
        for workflow in ("bare", "threads-none", "threads-capture", "processes-none"):
            given = ("--bare", str(count)) if workflow == "bare" else ("--spine", workflow, str(count))
            found = measured(folder, *given)
            each, cpu = 1e6 * found["seconds"] / count, 1e6 * found["cpu"] / count
            print(
                f"{workflow:<16} {found['seconds']:7.1f} s  {each:6.1f} us an item, {cpu:6.1f} us of CPU here  "
                f"memory {found['before']:4.0f} to {found['peak']:4.0f} MiB",
                flush=True,
            )
            file = folder / ".spine" / "spine.db"
            if workflow == "threads-none" and file.exists():
                print(f"{'':<16} database {file.stat().st_size / count:6.0f} bytes an item")
        for workers in (1, 2, 4):
            found = measured(folder, "--spine", f"sleep-{workers}", "2000")
            print(f"{workers} workers, 2,000 items of 5 ms: {found['seconds']:5.2f} s", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--spine"]:
        spine(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1:2] == ["--bare"]:
        bare(int(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, sys.argv[2] if len(sys.argv) > 2 else None)
