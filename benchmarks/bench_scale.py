"""Cost of a step and memory over a long run, and throughput of several processes.

Usage: bench_scale.py [--steps N] [--threads N] [--runs N]. The first part is a run of N steps on SQLite; the second one
so many threads, in 1, 2 and 4 processes, that execute runs of one step on one PostgreSQL database.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import tempfile
import threading
import time
from contextvars import copy_context
from pathlib import Path
from typing import Any

from bench_engine import Times, databases, ready, trivial

from spine.core.adapters.database import get_adapter
from spine.orchestration import Step, Workflow, WorkflowRunner
from spine.storage.history import History
from spine.storage.migrate import upgrade
from spine.storage.runs.store import SqlRunStore


def long_run(url: str, count: int) -> None:
    """Print the cost of a step for each tenth of a run, and the memory after it."""
    times, memory = Times(), []

    class Memory:
        def on_event(self, event: Any) -> None:
            if event.event_type == "step.completed" and len(times.moments) % (count // 10) == 0:
                memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

    workflow = Workflow("long", [Step.lambda_(f"s{number}", trivial) for number in range(count)])
    with ready(url, times, Memory()) as runner:
        times.moments.clear()
        memory.clear()
        runner.execute(workflow)
    tenth = count // 10
    print(f"a run of {count:,} steps: ms a step in each tenth, and peak memory in MB after it")
    for number in range(10):
        part = times.moments[number * tenth : (number + 1) * tenth]
        print(f"  {number + 1:2}  {(part[-1] - part[0]) / (tenth - 1) * 1000:.3f} ms  {memory[number]:.0f} MB")


def work(url: str, threads: int, runs: int, begin: Any, ended: Any) -> None:
    """Execute so many runs in each thread of a process, once `begin` is passed."""
    workflow = Workflow("one", [Step.lambda_("a", trivial)])
    with get_adapter(url, pool_size=20, pool_timeout=600) as adapter:
        runner = WorkflowRunner(store=SqlRunStore(History(adapter)))
        runner.execute(workflow)
        begin.wait()

        def execute() -> None:
            for _ in range(runs):
                runner.execute(workflow)

        started = [threading.Thread(target=copy_context().run, args=(execute,)) for _ in range(threads)]
        for thread in started:
            thread.start()
        for thread in started:
            thread.join()
        ended.wait()


def throughput(url: str, processes: int, threads: int, runs: int) -> tuple[float, float]:
    """Return runs a second, and the part of the machine's CPU that was used meanwhile."""
    context = multiprocessing.get_context("spawn")
    begin, ended = context.Barrier(processes + 1), context.Barrier(processes + 1)
    arguments = (url, threads // processes, runs, begin, ended)
    workers = [context.Process(target=work, args=arguments) for _ in range(processes)]
    for worker in workers:
        worker.start()
    begin.wait()
    idle, began = idle_seconds(), time.perf_counter()
    ended.wait()
    taken, unused = time.perf_counter() - began, idle_seconds() - idle
    for worker in workers:
        worker.join()
    cores = os.cpu_count() or 1
    return threads // processes * processes * runs / taken, 1 - unused / (taken * cores)


def idle_seconds() -> float:
    """Return for how long the cores of the machine have been idle, in seconds."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return (int(fields[4]) + int(fields[5])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--threads", type=int, default=100)
    parser.add_argument("--runs", type=int, default=10)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        long_run(f"sqlite:///{folder}/long.db", given.steps)
    with databases() as make:
        print(f"{given.threads} threads, runs of one step on one PostgreSQL database")
        for processes in (1, 2, 4):
            url = make["PostgreSQL"]().replace("postgresql://", "postgresql+psycopg://")
            with get_adapter(url) as adapter:
                upgrade(adapter)
            found, busy = throughput(url, processes, given.threads, given.runs)
            print(f"  {processes} processes: {found:.0f} runs a second, {busy:.0%} of the cores busy")


if __name__ == "__main__":
    main()
