"""Delay of ticks, and cost of a scheduler at its start and when nothing is due, beside APScheduler in one run.

APScheduler 3.11 is used as its documentation shows it, with its SQLAlchemy job store on SQLite, and keeps no history. A
tick of Spine is "created" when its run is committed, and "executed" when the run's first step starts.
"""

from __future__ import annotations

import argparse
import logging
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from pathlib import Path

from spine.app import Application, open_project
from spine.cli.garbage import begin_start, end_start
from spine.scheduling.record import to_record
from spine.scheduling.schedule import Schedule

FLOWS = """
from spine.orchestration import Step, Workflow, workflow_registry

workflow_registry.register(Workflow("w", [Step.lambda_("a", lambda context, config: None)]))
"""
STARTED: list[float] = []


def job() -> None:
    """Job of APScheduler; it is pickled by its name."""
    STARTED.append(time.time())


@contextmanager
def project(schedules: int, every: str, settings: str = "") -> Iterator[Application]:
    """Open a project whose `spine.toml` declares so many schedules."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        table = f'workflow = "w"\nevery = "{every}"\n'
        declared = "".join(f"[schedules.s{number}]\n{table}" for number in range(schedules))
        (root / "spine.toml").write_text(f'[spine]\nmodules = ["flows"]\n{settings}{declared}')
        (root / "flows.py").write_text(FLOWS)
        begin_start()
        with open_project(root) as application:
            end_start()  # as `spine scheduler run` does
            yield application


@contextmanager
def serving(application: Application) -> Iterator[None]:
    stop = threading.Event()
    service = application.scheduler()
    thread = threading.Thread(target=copy_context().run, args=(service.run, stop))
    thread.start()
    yield
    stop.set()
    thread.join()


def start_and_idle(schedules: int, seconds: float) -> None:
    with project(schedules, "30d") as application:
        began = time.perf_counter()
        application.scheduler().fire()
        first = time.perf_counter() - began
    print(f"{schedules:,} schedules: the first start (each is written) {first:.2f} s")
    with project(schedules, "30d") as application:
        _ = application.schedules
        del application.__dict__["schedules"]
        began = time.perf_counter()
        application.scheduler().fire()
        print(f"  a start after that (each is compared) {time.perf_counter() - began:.2f} s (aim 5)")
        with serving(application):
            time.sleep(1)
            before = os.times()
            time.sleep(seconds)
            after = os.times()
        used = after.user + after.system - before.user - before.system
        print(f"  idle: {100 * used / seconds:.1f} % of a CPU (aim 2)")


def due_at_once(count: int, executor: str) -> tuple[list[float], list[float]]:
    """Return by how many seconds the runs of `count` schedules were created, and executed, after their time."""
    workers = f"workers = {os.cpu_count()}" if executor == "processes" else ""  # the default is made for threads
    with project(0, "1h", f'[scheduler]\nexecutor = "{executor}"\n{workers}\n') as application:
        store = application.schedules
        at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
        moment = at.isoformat()
        now = store.now()
        store.sync(
            [to_record(Schedule(name=f"s{n}", workflow="w", at=moment), now, declared=True) for n in range(count)]
        )
        with serving(application):
            while True:
                time.sleep(0.5)
                query = "SELECT count(*) AS n FROM core_schedule_runs WHERE status = 'COMPLETED'"
                if application.history.adapter.query(query)[0]["n"] == count:
                    break
        ticks = application.history.adapter.query("SELECT started_at FROM core_schedule_runs")
        steps = application.history.adapter.query("SELECT started_at FROM core_workflow_steps")
    return tuple(  # type: ignore[return-value]  # there are two
        sorted((datetime.fromisoformat(row["started_at"]) - at).total_seconds() for row in rows)
        for rows in (ticks, steps)
    )


def due_at_once_apscheduler(count: int) -> list[float]:
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.background import BackgroundScheduler

    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    STARTED.clear()
    with tempfile.TemporaryDirectory() as folder:
        stores = {"default": SQLAlchemyJobStore(url=f"sqlite:///{folder}/jobs.db")}
        scheduler = BackgroundScheduler(jobstores=stores, timezone=UTC)
        scheduler.start(paused=True)
        at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=12)
        for number in range(count):
            scheduler.add_job(job, "date", run_date=at, id=str(number))
        scheduler.resume()
        time.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds()) + 8)
        scheduler.shutdown()
    return sorted(moment - at.timestamp() for moment in STARTED)


def say(what: str, lateness: list[float], count: int) -> float:
    median = statistics.median(lateness)
    p99 = lateness[int(len(lateness) * 0.99)]
    print(f"  {what}: {len(lateness):,} of {count:,}, median {median:.2f} s, p99 {p99:.2f} s late")
    return p99


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=10_000)
    parser.add_argument("--due", type=int, default=1_000)
    parser.add_argument("--idle-seconds", type=float, default=10.0)
    given = parser.parse_args()
    start_and_idle(given.schedules, given.idle_seconds)
    print(f"{given.due:,} due in one second:")
    for executor in ("threads", "processes"):
        created, executed = due_at_once(given.due, executor)
        say(f"Spine ({executor}), run created", created, given.due)
        say(f"Spine ({executor}), first step executed", executed, given.due)
    say("APScheduler, job called", due_at_once_apscheduler(given.due), given.due)


if __name__ == "__main__":
    main()
