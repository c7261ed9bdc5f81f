"""The host of schedules in a BackgroundScheduler and in an AsyncIOScheduler."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.blocking import BlockingScheduler

from spine.core.errors import ConfigError, ScheduleError
from spine.project import Project, open_project
from spine.scheduling.tick import TickStatus
from spine_scheduler_apscheduler import ScheduleHost, host_schedules
from tests import projects
from tests.projects import wait_until
from tests.scheduler_apscheduler.applications import make, ran

EVERY_SECOND = '[schedules.s]\nworkflow = "w"\nevery = "1s"\n'
STAGES = '[schedules.s]\nworkflow = "stages"\nevery = "1s"\n'  # one run at a time
KINDS = ("background", "asyncio")


@contextmanager
def in_background(scheduler: BackgroundScheduler) -> Iterator[None]:
    scheduler.start()
    try:
        yield
    finally:
        if scheduler.running:
            scheduler.shutdown()


@contextmanager
def in_event_loop(scheduler: AsyncIOScheduler) -> Iterator[None]:
    """Start a scheduler in the event loop of a thread, and end it there."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> None:
        scheduler.start()

    async def end() -> None:
        if scheduler.running:
            scheduler.shutdown()

    asyncio.run_coroutine_threadsafe(start(), loop).result()
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result()
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


Started = Callable[..., Any]


@pytest.fixture(params=KINDS)
def start(request: pytest.FixtureRequest) -> Iterator[Started]:
    """A function that hosts a project in a new scheduler of each kind, and starts that; it returns both."""
    with ExitStack() as stack:

        def begin(project: Project, **options: Any) -> tuple[ScheduleHost, Any]:
            is_async = request.param == "asyncio"
            scheduler = AsyncIOScheduler() if is_async else BackgroundScheduler()
            host = host_schedules(project, scheduler, **options)
            stack.callback(host.stop)
            stack.enter_context(in_event_loop(scheduler) if is_async else in_background(scheduler))
            return host, scheduler

        yield begin


def done(project: Project, count: int = 1) -> bool:
    found = [tick for tick in project.schedules.history() if tick.status is TickStatus.COMPLETED]
    return len(found) >= count


@pytest.mark.slow
def test_due_runs_are_started_and_the_status_is_told(tmp_path: Path, start: Started) -> None:
    made = make(tmp_path, EVERY_SECOND)
    with open_project(tmp_path) as project:
        host, _scheduler = start(project)
        wait_until(lambda: done(project, 2) and host.status["ticks"] >= 2)
        assert host.status["last_error"] is None
        [row] = made.call("scheduler", "run", "--status", "--json").json
        assert row["well"]
        assert host.stop()
        assert made.call("scheduler", "run", "--status", "--json").json == []
    assert len(ran(made)) == len(set(ran(made)))


@pytest.mark.slow
def test_a_beat_leaves_the_event_loop_free(tmp_path: Path) -> None:
    make(tmp_path, EVERY_SECOND)
    threads: set[str] = set()

    async def serve(project: Project) -> None:
        scheduler = AsyncIOScheduler()
        host = host_schedules(project, scheduler)
        scheduler.add_listener(lambda _event: threads.add(threading.current_thread().name), mask=1 << 12)
        scheduler.start()
        while not await asyncio.to_thread(done, project):
            await asyncio.sleep(0.01)
        await asyncio.to_thread(host.stop)
        scheduler.shutdown()
        await asyncio.sleep(0)

    with open_project(tmp_path) as project:
        asyncio.run(serve(project))
    assert threads == {"spine-beat-spine:ingest"}


@pytest.mark.slow
def test_an_event_loop_that_ends_without_a_shutdown_stops_the_host(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make(tmp_path, EVERY_SECOND)

    async def serve(project: Project) -> None:
        scheduler = AsyncIOScheduler()
        host_schedules(project, scheduler)
        scheduler.start()
        while not await asyncio.to_thread(done, project):
            await asyncio.sleep(0.01)

    with open_project(tmp_path) as project:
        asyncio.run(serve(project))
        wait_until(lambda: "spine:ingest is stopped" in caplog.text)
        assert "Event loop is closed" in caplog.text
        wait_until(lambda: not list((tmp_path / ".spine" / "schedulers").glob("*.json")))


def test_a_shutdown_in_an_event_loop_that_ends_at_once_leaves_the_runs_to_the_end_of_the_project(
    tmp_path: Path,
) -> None:
    make(tmp_path, EVERY_SECOND)

    async def serve() -> ScheduleHost:
        with open_project(tmp_path) as project:
            scheduler = AsyncIOScheduler()
            host = host_schedules(project, scheduler)
            scheduler.start()
            while not await asyncio.to_thread(done, project):
                await asyncio.sleep(0.01)
            scheduler.shutdown()
        return host

    host = asyncio.run(serve())
    assert host.stop()
    assert not list((tmp_path / ".spine" / "schedulers").glob("*.json"))


def test_a_run_takes_no_worker_of_the_application(tmp_path: Path, start: Started) -> None:
    made = make(tmp_path, STAGES)
    with open_project(tmp_path) as project:
        _host, scheduler = start(project)
        wait_until(lambda: len(ran(made)) >= 1)
        called = threading.Event()
        scheduler.add_job(called.set, next_run_time=datetime.now(UTC))
        assert called.wait(projects.DEADLINE_SECONDS)
        assert project.schedules.history()[0].status is TickStatus.RUNNING
        made.write("go", "")


def go_when_asked_to_park(project: projects.Project, caplog: pytest.LogCaptureFixture) -> None:
    wait_until(lambda: "1 active run(s) may end their steps" in caplog.text)
    project.write("go", "")


@pytest.mark.parametrize("kind", KINDS)
def test_a_shutdown_parks_an_active_run(tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "spine.scheduling")
    made = make(tmp_path, STAGES, "[runs]\ngrace_seconds = 600\n")
    scheduler = BackgroundScheduler() if kind == "background" else AsyncIOScheduler()
    with open_project(tmp_path) as project:
        host = host_schedules(project, scheduler)
        with in_background(scheduler) if kind == "background" else in_event_loop(scheduler):
            wait_until(lambda: len(ran(made)) >= 1)
            go = threading.Thread(target=go_when_asked_to_park, args=(made, caplog))
            go.start()
        assert host.stop()
        go.join()
        [run] = [run for run in project.runs.list() if run["run_id"] == ran(made)[0]]
        assert run["status"] == "PENDING"
        assert [step["status"] for step in project.runs.steps(run["run_id"])] == ["COMPLETED"]
        assert not scheduler.get_jobs()


def test_a_run_that_does_not_park_in_time_is_left_to_another(tmp_path: Path, start: Started) -> None:
    made = make(tmp_path, STAGES)
    with open_project(tmp_path) as project:
        host, _scheduler = start(project, grace_seconds=0)
        wait_until(lambda: len(ran(made)) >= 1)
        assert not host.stop()
        assert {run["status"] for run in project.runs.list()} == {"PENDING"}
        made.write("go", "")


@pytest.mark.slow
def test_stop_leaves_the_other_jobs_and_another_host_may_follow(tmp_path: Path, start: Started) -> None:
    make(tmp_path, EVERY_SECOND)
    with open_project(tmp_path) as project:
        host, scheduler = start(project)
        scheduler.add_job(lambda: None, "interval", hours=1, id="own")
        wait_until(lambda: done(project))
        assert host.stop()
        assert host.stop()
        assert [job.id for job in scheduler.get_jobs()] == ["own"]
        again = host_schedules(project, scheduler)
        before = len(project.schedules.history())
        wait_until(lambda: len(project.schedules.history()) > before)
        assert again.stop()


def test_a_job_store_that_pickles_and_a_pool_of_processes_are_no_obstacle(tmp_path: Path) -> None:
    make(tmp_path, EVERY_SECOND)
    url = f"sqlite:///{tmp_path / 'jobs.db'}"
    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(url)}, executors={"default": {"type": "processpool"}}
    )
    with open_project(tmp_path) as project, in_background(scheduler):
        host = host_schedules(project, scheduler)
        wait_until(lambda: done(project))
        assert host.stop()


@pytest.mark.slow
def test_a_paused_job_starts_nothing_until_it_is_resumed(tmp_path: Path, start: Started) -> None:
    make(tmp_path, EVERY_SECOND)
    with open_project(tmp_path) as project:
        host, scheduler = start(project)
        wait_until(lambda: done(project))
        scheduler.pause_job(host.job_id)
        host._plan(0)  # a beat that ends now
        assert scheduler.get_job(host.job_id).next_run_time is None
        scheduler.resume_job(host.job_id)
        before = len(project.schedules.history())
        wait_until(lambda: len(project.schedules.history()) > before)


@pytest.mark.slow
def test_a_removed_job_stops_the_host_and_says_so(
    tmp_path: Path, start: Started, caplog: pytest.LogCaptureFixture
) -> None:
    make(tmp_path, EVERY_SECOND)
    with open_project(tmp_path) as project:
        _host, scheduler = start(project)
        wait_until(lambda: done(project))
        scheduler.remove_all_jobs()
        wait_until(lambda: "spine:ingest is stopped" in caplog.text)
        wait_until(lambda: not list((tmp_path / ".spine" / "schedulers").glob("*.json")))
        host_schedules(project, scheduler).stop()


@pytest.mark.slow
def test_a_time_of_the_job_that_never_comes_delays_nothing(tmp_path: Path, start: Started) -> None:
    make(tmp_path, EVERY_SECOND)
    with open_project(tmp_path) as project:
        host, scheduler = start(project)
        wait_until(lambda: done(project))
        scheduler.modify_job(host.job_id, next_run_time=datetime.now(UTC) + timedelta(hours=1))
        before = len(project.schedules.history())
        wait_until(lambda: len(project.schedules.history()) > before)


@pytest.mark.slow
def test_a_database_that_is_away_is_told_once_and_tried_again(
    tmp_path: Path, start: Started, caplog: pytest.LogCaptureFixture
) -> None:
    make(tmp_path, EVERY_SECOND)
    with open_project(tmp_path) as project:
        host, _scheduler = start(project)
        wait_until(lambda: done(project))
        project.database.execute("ALTER TABLE core_schedules RENAME TO gone")
        wait_until(lambda: host.status["last_error"] is not None)
        beats = host.status["beat_at"]
        wait_until(lambda: host.status["beat_at"] > beats + timedelta(seconds=2))
        project.database.execute("ALTER TABLE gone RENAME TO core_schedules")
        wait_until(lambda: host.status["last_error"] is None)
        assert caplog.text.count("the ticks could not be decided") == 1


@pytest.mark.slow
def test_a_database_file_that_was_replaced_stops_the_host(
    tmp_path: Path, start: Started, caplog: pytest.LogCaptureFixture
) -> None:
    make(tmp_path, EVERY_SECOND)
    with open_project(tmp_path) as project:
        host, scheduler = start(project)
        wait_until(lambda: done(project))
        (tmp_path / "spine.db").rename(tmp_path / "moved.db")
        wait_until(lambda: scheduler.get_job(host.job_id) is None)
        assert "spine.db was deleted while the scheduler ran" in caplog.text
        (tmp_path / "moved.db").rename(tmp_path / "spine.db")


def test_one_process_hosts_a_project_once(tmp_path: Path, start: Started) -> None:
    make(tmp_path, EVERY_SECOND)
    with open_project(tmp_path) as project:
        start(project)
        with pytest.raises(ScheduleError, match="has a scheduler in this process already"):
            host_schedules(project, BackgroundScheduler())
        with open_project(tmp_path) as other, pytest.raises(ScheduleError, match="in this process already"):
            host_schedules(other, BackgroundScheduler())


def test_one_scheduler_hosts_several_projects_each_in_its_own_place(tmp_path: Path, start: Started) -> None:
    first, second, third = (make(tmp_path / name, EVERY_SECOND) for name in ("one", "two", "three"))
    second.write("spine.toml", (second.root / "spine.toml").read_text().replace('"ingest"', '"other"'))
    with open_project(first.root) as one, open_project(second.root) as two, open_project(third.root) as three:
        _host, scheduler = start(one)
        other = host_schedules(two, scheduler)
        wait_until(lambda: done(one) and done(two))
        with pytest.raises(ScheduleError, match="give one of the two another name"):
            host_schedules(three, scheduler)
        assert other.stop()
    assert ran(first)
    assert ran(second)


@pytest.mark.slow
def test_a_project_that_is_closed_parks_its_runs_and_says_so(
    tmp_path: Path, start: Started, caplog: pytest.LogCaptureFixture
) -> None:
    made = make(tmp_path, STAGES, "[runs]\ngrace_seconds = 0\n")
    with open_project(tmp_path) as project:
        host, scheduler = start(project)
        wait_until(lambda: len(ran(made)) >= 1)
    assert f"the project in {tmp_path} is closed while a scheduler of this process starts its runs" in caplog.text
    wait_until(lambda: scheduler.get_job(host.job_id) is None)
    assert "is stopped" not in caplog.text
    with pytest.raises(ScheduleError, match="is closed"):
        host_schedules(project, scheduler)
    made.write("go", "")


@pytest.mark.parametrize("scheduler", [BlockingScheduler(), object(), None])
def test_a_scheduler_of_another_class_is_refused(tmp_path: Path, scheduler: Any) -> None:
    make(tmp_path)
    with open_project(tmp_path) as project, pytest.raises(ConfigError, match="give it a BackgroundScheduler or an"):
        host_schedules(project, scheduler)


def test_apscheduler_4_is_refused_with_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "apscheduler").mkdir()
    (tmp_path / "apscheduler" / "__init__.py").touch()  # as of version 4, without the modules of 3
    environ = {**projects.clean_environ(), "PYTHONPATH": str(tmp_path)}
    code = "import spine_scheduler_apscheduler"
    told = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True)
    last = told.stderr.splitlines()[-1]
    assert last.startswith("ImportError: spine-scheduler-apscheduler needs APScheduler 3.11")
    assert last.endswith("pip install 'apscheduler>=3.11,<4'")


def test_a_host_that_was_made_before_a_fork_is_refused_in_the_child(tmp_path: Path) -> None:
    make(tmp_path, EVERY_SECOND)
    code = f"""
import os
from apscheduler.schedulers.background import BackgroundScheduler
from spine.project import open_project
from spine_scheduler_apscheduler import host_schedules
with open_project({str(tmp_path)!r}) as project:
    spine = project.schedules.scheduler()
    child = os.fork()
    if child == 0:
        try:
            spine.beat()
        except Exception as error:
            print(type(error).__name__, error, flush=True)
        print(spine.park(), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    print(spine.beat() <= 1, spine.park())
"""
    told = subprocess.run([sys.executable, "-c", code], env=projects.clean_environ(), capture_output=True, text=True)
    first, *rest = told.stdout.splitlines()
    assert first.startswith("ScheduleError the scheduler of the project in"), told.stderr
    assert first.endswith("open the project and make its scheduler in each process")
    assert rest == ["True", "True True"]
