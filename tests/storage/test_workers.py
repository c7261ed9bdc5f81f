"""Workers that live, with the runs of each, and the runs that wait for one: on every dialect."""

from __future__ import annotations

import pytest
from attrs import evolve
from sqlalchemy import update

from spine.core.adapters.database import DatabaseAdapter
from spine.orchestration import WorkflowStatus
from spine.orchestration.lease import Lease, process_name
from spine.storage.history import History
from spine.storage.runs.store import SqlRunStore
from spine.storage.tables.workers import workers as table
from spine.storage.workers import Workers
from spine.testing import FixedClock
from tests.storage.records import RUN, create
from tests.storage.test_leases import Jobs

ELSEWHERE = "elsewhere.boot.1/1/1"  # a process of another machine


@pytest.fixture
def workers(adapter: DatabaseAdapter, fixed_clock: FixedClock) -> Workers:
    return Workers(History(adapter, "p"))


def enter(workers: Workers, process: str | None = None) -> None:
    """Record this process, or as another one."""
    workers.enter("/srv/a", "procrastinate", ["default", "gpu"], 4, {"w": "hash"})
    if process is not None:
        with workers.history.engine.begin() as connection:
            mine = (table.c.project == workers.history.project, table.c.process == process_name())
            connection.execute(update(table).where(*mine).values(process=process))


def living(workers: Workers) -> list[str]:
    return [row["process"] for row in workers.living()]


def test_a_worker_lives_from_its_start_with_what_it_takes_and_which_code_it_has(
    workers: Workers, fixed_clock: FixedClock
) -> None:
    enter(workers)
    [row] = workers.living()
    assert row["process"] == process_name()
    assert (row["folder"], row["executor"], row["concurrency"]) == ("/srv/a", "procrastinate", 4)
    assert (row["queues"], row["workflows"]) == (["default", "gpu"], {"w": "hash"})
    assert (row["started_at"], row["seen_at"], row["stopping_at"]) == (fixed_clock.now(), fixed_clock.now(), None)
    assert row["runs"] == []


def test_a_sign_of_life_changes_its_time_alone(workers: Workers, fixed_clock: FixedClock) -> None:
    started = fixed_clock.now()
    enter(workers)
    seen = fixed_clock.advance(10)
    enter(workers)
    [row] = workers.living()
    assert (row["started_at"], row["seen_at"]) == (started, seen)


def test_a_worker_that_stops_is_still_there_and_says_since_when(workers: Workers, fixed_clock: FixedClock) -> None:
    enter(workers)
    workers.stop()
    [row] = workers.living()
    assert row["stopping_at"] == fixed_clock.now()
    enter(workers)  # a sign of life while its runs park
    assert workers.living()[0]["stopping_at"] == fixed_clock.now()


def test_a_worker_that_left_is_gone_alone(workers: Workers) -> None:
    enter(workers, ELSEWHERE)
    enter(workers)
    assert len(living(workers)) == 2
    workers.leave()
    assert living(workers) == [ELSEWHERE]
    workers.leave()


def test_a_worker_of_this_machine_that_was_killed_is_gone_at_once(workers: Workers) -> None:
    host = process_name().rsplit("/", 2)[0]
    enter(workers, f"{host}/999999999/1")
    assert living(workers) == []


def test_a_worker_of_another_machine_is_taken_for_dead_after_a_minute_of_silence(
    workers: Workers, fixed_clock: FixedClock
) -> None:
    enter(workers, ELSEWHERE)
    fixed_clock.advance(59)
    assert living(workers) == [ELSEWHERE]
    fixed_clock.advance(2)
    assert living(workers) == []


def test_the_record_of_one_that_was_silent_for_long_is_removed_and_comes_back_with_its_next_sign(
    workers: Workers, fixed_clock: FixedClock
) -> None:
    enter(workers, ELSEWHERE)
    fixed_clock.advance(601)
    enter(workers)
    kept = workers.history.adapter.query("SELECT process FROM core_workers")
    assert [row["process"] for row in kept] == [process_name()]
    fixed_clock.advance(601)  # this one was suspended
    assert living(workers) == []
    enter(workers)
    assert living(workers) == [process_name()]


def test_each_worker_has_the_open_runs_whose_lease_it_holds(workers: Workers, fixed_clock: FixedClock) -> None:
    enter(workers, ELSEWHERE)
    store = SqlRunStore(workers.history)
    create(store, lease=Lease(ELSEWHERE))
    create(store, evolve(RUN, run_id="r2", status=WorkflowStatus.COMPLETED), Lease(ELSEWHERE))
    create(store, evolve(RUN, run_id="r3"), Lease("another/1/1"))
    assert [row["runs"] for row in workers.living()] == [["r1"]]


def test_runs_wait_by_queue_workflow_and_definition(workers: Workers, fixed_clock: FixedClock) -> None:
    store, queue = SqlRunStore(workers.history), Jobs()
    since = fixed_clock.now()
    pending = evolve(RUN, status=WorkflowStatus.PENDING, queue="gpu")
    for number in range(2):
        store.submit(evolve(pending, run_id=f"same{number}"), {}, queue)
        fixed_clock.advance(5)
    store.submit(evolve(pending, run_id="code", definition_hash="1" * 64), {}, queue)
    store.submit(evolve(pending, run_id="queue", queue="default"), {}, queue)
    store.submit(evolve(pending, run_id="nobody"), {}, None)  # a scheduler takes it
    waiting = workers.waiting()
    assert [(row["queue"], row["workflow_name"], row["definition_hash"][:1], row["runs"]) for row in waiting] == [
        ("default", "w", "0", 1),
        ("gpu", "w", "0", 2),
        ("gpu", "w", "1", 1),
    ]
    assert waiting[1]["since"] == since
    store.acquire("queue", Lease(ELSEWHERE, handed_by="queue"))
    assert [row["queue"] for row in workers.waiting()] == ["gpu", "gpu"]


def test_two_projects_of_a_database_see_their_own(workers: Workers) -> None:
    enter(workers)
    SqlRunStore(workers.history).submit(evolve(RUN, status=WorkflowStatus.PENDING), {}, Jobs())
    other = Workers(History(workers.history.adapter, "q"))
    assert (other.living(), other.waiting()) == ([], [])
    enter(other)
    other.leave()
    assert living(workers) == [process_name()]
