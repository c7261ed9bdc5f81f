"""A scheduler on a run queue, or on an executor that misbehaves: a fault is that of one schedule or one run."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from spine.app import Application, open_project
from spine.orchestration.executors.base import Task
from spine.orchestration.lease import LeaseError, LimitReachedError
from spine.orchestration.memory_run_store import MemoryRunStore
from spine.orchestration.run_queue import DEFAULT_QUEUE, QUEUE_LEASE
from spine.orchestration.run_store import run_store
from spine.project import Project
from spine.scheduling.scheduler import Scheduler
from spine.testing import FixedClock
from tests.projects import Project as Folder
from tests.projects import no_call_is_going, wait_until

FLOWS = """
from spine.orchestration import Step, Workflow, workflow_registry

for name, limits in (("w", {}), ("limited", {"feed": 1})):
    workflow_registry.register(Workflow(name, [Step.lambda_("a", lambda context, config: None)], limits=limits))
"""


PLUGIN = """
from spine.plugins import CalendarSpec, hookimpl

@hookimpl
def spine_register_calendars():
    return [CalendarSpec("unmade", "spine_days.days:Unmade"), CalendarSpec("exits", "spine_days.days:Exits")]
"""
DAYS = """
class Unmade:
    def __init__(self, name):
        raise OSError("no file")

    def is_business_day(self, day):
        return True

class Exits:
    def __init__(self, name):
        self.name = name

    def is_business_day(self, day):
        raise SystemExit(3)
"""


class Queue:
    """An executor that keeps run ids, and raises what `refuses` returns for the name of a schedule."""

    name = "kept"
    in_process = True

    def __init__(self, max_workers: int = 1) -> None:
        self.max_workers = max_workers
        self.taken: list[str] = []
        self.refuses: Callable[[str], BaseException | None] = lambda _schedule: None

    def submit(self, task: Task) -> Future[Any]:
        raise AssertionError(task)

    def close(self) -> None:
        raise LookupError("no close")

    def enqueue(
        self,
        connection: Any,
        run_id: str,
        queue: str = DEFAULT_QUEUE,
        priority: int = 0,
        not_before: datetime | None = None,
    ) -> None:
        query = "SELECT s.name FROM core_schedules s JOIN core_workflow_runs r ON r.schedule_id = s.id WHERE run_id = ?"
        if (failure := self.refuses(connection.exec_driver_sql(query, (run_id,)).scalar())) is not None:
            raise failure
        self.taken.append(run_id)


class Odd(Queue):
    """An executor that is no queue, and hands back what is no future."""

    enqueue = None  # type: ignore[assignment]

    def submit(self, task: Task) -> Future[Any]:
        return None  # type: ignore[return-value]


@pytest.fixture
def service(
    tmp_path: Path, fixed_clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Application], tuple[Scheduler, Queue]]:
    """Return a function that makes a scheduler on a Queue."""

    def make(application: Application) -> tuple[Scheduler, Queue]:
        queue = Queue()
        monkeypatch.setattr("spine.app.service.make_executor", lambda _name, _workers: queue)
        return application.scheduler(), queue

    return make


def project(folder: Path, *schedules: str, lines: str = 'every = "1h"') -> Folder:
    made = Folder(folder)
    tables = "".join(f'[schedules.{name}]\nworkflow = "w"\n{lines}\n' for name in schedules)
    made.write("spine.toml", f'[spine]\nmodules = ["flows"]\n{tables}')
    made.write("flows.py", FLOWS)
    return made


Make = Callable[[Application], tuple[Scheduler, Queue]]


@pytest.mark.parametrize("failure", [ValueError("no luck"), SystemExit(3)])
def test_a_queue_that_refuses_the_run_of_one_schedule_holds_up_no_other_and_says_so_once(
    failure: BaseException, tmp_path: Path, service: Make, fixed_clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    with open_project(project(tmp_path, "a", "b", "c").root) as application:
        scheduler, queue = service(application)
        queue.refuses = lambda schedule: failure if schedule == "b" else None
        fixed_clock.advance(3600)
        with caplog.at_level(logging.ERROR, "spine.scheduling"):
            for _ in range(3):
                scheduler.fire()
        assert sorted(tick.schedule_name for tick in application.schedules.history()) == ["a", "c"]
        [record] = [each for each in caplog.records if each.name == "spine.scheduling"]
        assert record.message == (
            "schedule b could not be fired: executor 'kept' did not take the run into its queue: "
            f"{type(failure).__name__}: {failure}; see what provides it: spine plugins list"
        )
        queue.refuses = lambda _schedule: None
        scheduler.fire()
        ticks = application.schedules.history()
        assert sorted(str(tick.run_id) for tick in ticks) == sorted(queue.taken[-3:])
        assert {tick.schedule_name for tick in ticks} == {"a", "b", "c"}


def test_a_tick_that_waited_and_is_refused_then_holds_up_no_other(
    tmp_path: Path, service: Make, fixed_clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    lines = 'every = "1h"\noverlap = "queue"'
    with open_project(project(tmp_path, "a", "b", lines=lines).root) as application:
        scheduler, queue = service(application)
        for _ in range(2):
            fixed_clock.advance(3600)
            scheduler.fire()
        first = list(queue.taken)
        assert len(first) == 2
        for run_id in first:
            Project(application).proceed(run_id)
        queue.refuses = lambda schedule: ValueError("no luck") if schedule == "b" else None
        with caplog.at_level(logging.ERROR, "spine.scheduling"):
            assert scheduler.start_queued()
        [record] = [each for each in caplog.records if each.name == "spine.scheduling"]
        assert "of schedule b that waited could not be started: executor 'kept' did not take the run" in record.message
        assert len(queue.taken) == 3
        queue.refuses = lambda _schedule: None
        scheduler.start_queued()
        assert len(queue.taken) == 4
        statuses = [tick.status.name for tick in application.schedules.history()]
        assert sorted(statuses) == ["COMPLETED", "COMPLETED", "RUNNING", "RUNNING"]


def test_a_run_whose_limit_is_reached_is_given_back_and_enqueued_again(
    tmp_path: Path, service: Make, fixed_clock: FixedClock
) -> None:
    made = project(tmp_path)
    made.write("spine.toml", '[spine]\nmodules = ["flows"]\n[schedules.s]\nworkflow = "limited"\nevery = "1h"\n')
    with open_project(made.root) as application:
        scheduler, queue = service(application)
        fixed_clock.advance(3600)
        scheduler.fire()
        [run_id] = queue.taken
        runs = run_store()
        with application.adapter.engine.begin() as connection:  # another run has the one place
            row = connection.exec_driver_sql("SELECT * FROM core_workflow_runs").mappings().one()
            other = {**row, "run_id": "other", "schedule_id": None, "status": "RUNNING", "lease_owner": "elsewhere/1/1"}
            names = ", ".join(other)
            marks = ", ".join("?" * len(other))
            connection.exec_driver_sql(
                f"INSERT INTO core_workflow_runs ({names}) VALUES ({marks})", tuple(other.values())
            )
            connection.exec_driver_sql("INSERT INTO core_run_limits (name, run_id) VALUES ('feed', 'other')")
        with pytest.raises(LimitReachedError):
            Project(application).proceed(run_id)
        assert (kept := runs.get_run(run_id)) is not None
        assert kept.lease_owner is None
        scheduler.recover()
        assert queue.taken == [run_id, run_id]
        assert (kept := runs.get_run(run_id)) is not None
        assert kept.lease_owner == QUEUE_LEASE.owner


def test_a_run_that_a_queue_refuses_to_take_again_holds_up_no_other_and_keeps_its_place(
    tmp_path: Path, service: Make, fixed_clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    with open_project(project(tmp_path, "a", "b").root) as application:
        scheduler, queue = service(application)
        fixed_clock.advance(3600)
        scheduler.fire()
        fixed_clock.advance(100_000)
        queue.refuses = lambda schedule: KeyError("a") if schedule == "a" else None
        first = list(queue.taken)
        scheduler.recover()
        assert len(queue.taken) == len(first) + 1
        assert "could not be enqueued: executor 'kept' did not take the run" in caplog.text
        queue.refuses = lambda _schedule: None
        scheduler.recover()
        assert sorted(queue.taken) == sorted(first * 2)


def test_an_executor_that_hands_back_no_future_or_fails_to_close_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fixed_clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("spine.app.service.make_executor", lambda _name, _workers: Odd())
    with open_project(project(tmp_path, "a").root) as application:
        scheduler = application.scheduler()
        fixed_clock.advance(3600)
        assert scheduler.fire() == 1
        assert scheduler.pool.park(1.0)
    assert "executor 'kept': run " in caplog.text
    assert " could not be given to it: TypeError: it returned a NoneType, not a future" in caplog.text
    assert "executor 'kept': it did not close: LookupError: no close" in caplog.text


def test_a_calendar_that_cannot_be_made_or_ends_the_process_concerns_the_ticks_of_its_schedule_alone(
    tmp_path: Path, service: Make, fixed_clock: FixedClock, caplog: pytest.LogCaptureFixture, installed_plugin: Any
) -> None:
    installed_plugin("days", PLUGIN, modules={"days.py": DAYS})
    made = project(tmp_path)
    tables = "".join(
        f'[schedules.{name}]\nworkflow = "w"\nevery = "1h"\n{line}\n'
        for name, line in (("a", ""), ("b", 'calendar = "unmade"'), ("c", 'calendar = "exits"'))
    )
    made.write("spine.toml", f'[spine]\nmodules = ["flows"]\n{tables}')
    with open_project(made.root) as application:
        scheduler, queue = service(application)
        fixed_clock.advance(3600)

        def has_called_the_calendars() -> bool:
            scheduler.fire()
            return sum(record.levelno == logging.ERROR for record in caplog.records) == 2

        wait_until(has_called_the_calendars)
        wait_until(no_call_is_going)
        assert [tick.schedule_name for tick in application.schedules.history()] == ["a"]
        assert len(queue.taken) == 1
    day = datetime(2026, 1, 1, tzinfo=UTC).date()
    assert sorted(record.message for record in caplog.records if record.levelno == logging.ERROR) == [
        f"schedule b skipped: calendar 'unmade' failed for {day}: PluginBrokenError: calendar type 'unmade' of plugin "
        "'days' cannot be made: OSError: no file; its options: spine plugins show days",
        f"schedule c skipped: calendar 'exits' failed for {day}: SystemExit: 3",
    ]


def test_a_run_that_is_in_the_queue_is_not_enqueued_once_more_by_another_scheduler(
    tmp_path: Path, service: Make, fixed_clock: FixedClock
) -> None:
    with open_project(project(tmp_path, "a").root) as application:
        scheduler, queue = service(application)
        fixed_clock.advance(3600)
        scheduler.fire()
        [run_id] = queue.taken
        for store in (run_store(), MemoryRunStore()):
            if isinstance(store, MemoryRunStore):
                run = run_store().get_run(run_id)
                assert run is not None
                store.insert(run, {}, QUEUE_LEASE)
            with pytest.raises(LeaseError):
                store.hand_over(run_id, queue)
        scheduler.pool.submit(run_id)
        assert queue.taken == [run_id]
