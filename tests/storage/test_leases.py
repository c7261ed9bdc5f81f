"""Leases of runs, and limits of concurrent runs: on memory, SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from spine.orchestration import Step, Workflow, WorkflowRunner, WorkflowStatus
from spine.orchestration.lease import Lease, LeaseError, LostLeaseError, is_gone, local_pid, process_name
from spine.orchestration.records import Batch
from spine.orchestration.run_store import RunStore
from spine.orchestration.stop import Stop, StopReason
from spine.testing import FixedClock
from tests.clocks import moving
from tests.projects import wait_until
from tests.storage.records import LEASE, RUN, create

ELSEWHERE = Lease("other-host/1/1", 20)


def test_a_process_knows_itself_and_who_is_gone() -> None:
    name = process_name()
    assert not is_gone(name)
    assert local_pid(name) is not None
    host, pid, start = name.rsplit("/", 2)
    assert is_gone(f"{host}/{pid}/{int(start) + 1}")  # the PID was given to another process
    assert is_gone(f"{host}/999999999/1")
    assert not is_gone("other-host/999999999/1")


def test_a_lease_keeps_others_out_until_it_ends(store: RunStore, fixed_clock: FixedClock) -> None:
    create(store, lease=ELSEWHERE)
    with pytest.raises(LeaseError, match="is being run by other-host/1/1"):
        store.acquire("r1", LEASE)
    fixed_clock.advance(19)
    assert store.abandoned() == []
    fixed_clock.advance(2)
    assert [run.run_id for run in store.abandoned()] == ["r1"]
    taken = store.acquire("r1", LEASE)
    assert taken is not None
    assert (taken.fence, taken.lease_owner) == (2, LEASE.owner)


def test_a_run_that_has_ended_is_held_by_nobody(store: RunStore) -> None:
    workflow = Workflow("w", [Step.lambda_("a", lambda context, config: 1 / 0)])
    failed = WorkflowRunner(store=store).execute(workflow)
    taken = store.acquire(failed.run_id, ELSEWHERE)  # as `spine runs resume` does while the scheduler lives on
    assert taken is not None
    assert (taken.status, taken.lease_owner) == (WorkflowStatus.FAILED, ELSEWHERE.owner)


def test_who_lost_the_lease_can_neither_commit_nor_renew(store: RunStore) -> None:
    created = create(store, lease=ELSEWHERE)
    store.acquire("r1", LEASE, force=True)
    with pytest.raises(LostLeaseError):
        store.commit(Batch("r1", created.fence, run=created))
    assert not store.renew({"r1": created.fence}, ELSEWHERE)["r1"].held
    assert store.renew({"r1": created.fence + 1}, LEASE)["r1"].held


def test_a_released_run_is_abandoned_at_once(store: RunStore) -> None:
    run = create(store, evolve(RUN, status=WorkflowStatus.PENDING))
    store.release("r1", run.fence)
    assert [found.run_id for found in store.abandoned()] == ["r1"]


class Jobs:
    """A run queue that keeps what it was handed."""

    def __init__(self) -> None:
        self.jobs: list[str] = []

    def enqueue(self, _connection: Any, run_id: str, *_how: Any) -> None:
        self.jobs.append(run_id)


def test_a_run_is_handed_to_a_queue_once(store: RunStore) -> None:
    """Two schedulers find it abandoned at the same moment."""
    queue = Jobs()
    run = create(store, evolve(RUN, status=WorkflowStatus.PENDING))
    with pytest.raises(LeaseError):
        store.hand_over("r1", queue)
    store.release("r1", run.fence)
    store.hand_over("r1", queue)
    with pytest.raises(LeaseError):
        store.hand_over("r1", queue)
    assert queue.jobs == ["r1"]
    taken = store.acquire("r1", evolve(LEASE, handed_by="queue"))
    assert taken is not None
    assert taken.lease_owner == LEASE.owner


def test_a_waiting_run_is_due_when_its_time_has_come(store: RunStore, fixed_clock: FixedClock) -> None:
    for run_id, seconds in (("later", 60), ("soon", 30)):
        wake_at = fixed_clock.now() + timedelta(seconds=seconds)
        waiting = evolve(RUN, run_id=run_id, status=WorkflowStatus.WAITING, wake_at=wake_at)
        store.release(run_id, create(store, waiting).fence)
    assert store.abandoned() == []
    fixed_clock.advance(31)
    assert [run.run_id for run in store.abandoned()] == ["soon"]


def test_a_wish_to_cancel_reaches_the_owner(store: RunStore) -> None:
    run = create(store)
    assert not store.renew({"r1": run.fence}, LEASE)["r1"].cancel_requested
    assert store.request_cancel("r1")
    assert store.renew({"r1": run.fence}, LEASE)["r1"].cancel_requested
    store.commit(Batch("r1", run.fence, run=evolve(run, status=WorkflowStatus.COMPLETED)))
    assert not store.request_cancel("r1")


def test_a_limit_holds_others_up_while_its_holders_live(store: RunStore) -> None:
    def another(run_id: str) -> Any:
        return store.create(evolve(RUN, run_id=run_id), {}, {"api": 2}, LEASE)

    create(store, api=2)
    second = another("r2")
    assert second is not None
    assert another("r3") is None
    assert store.get_run("r3") is None
    store.commit(Batch("r2", second.fence, run=evolve(second, status=WorkflowStatus.COMPLETED)))
    assert another("r3") is not None


def test_a_dead_holder_holds_no_limit(store: RunStore, fixed_clock: FixedClock) -> None:
    create(store, lease=ELSEWHERE, api=1)
    assert store.create(evolve(RUN, run_id="r2"), {}, {"api": 1}, LEASE) is None
    fixed_clock.advance(21)
    assert store.create(evolve(RUN, run_id="r2"), {}, {"api": 1}, LEASE) is not None


def test_a_child_run_is_not_held_up_by_the_runs_that_wait_for_it_but_by_its_siblings(store: RunStore) -> None:
    def child(run_id: str, of: str) -> Any:
        return store.create(evolve(RUN, run_id=run_id, parent_run_id=of), {}, {"api": 1}, LEASE)

    create(store, api=1)
    assert store.create(evolve(RUN, run_id="between", parent_run_id="r1"), {}, {}, LEASE) is not None
    assert child("below", "between") is not None
    assert child("sibling", "r1") is None
    assert store.create(evolve(RUN, run_id="another"), {}, {"api": 1}, LEASE) is None


def test_a_run_waits_without_a_process_while_a_child_run_has_no_room(store: RunStore, fixed_clock: FixedClock) -> None:
    limited = Workflow("limited", [Step.wait("pause", 60)], limits={"api": 1})
    workflow, runner = Workflow("w", [Step.workflow("a", limited)]), WorkflowRunner(store=store, park_waits=True)
    create(store, api=1)
    waiting = runner.execute(workflow)  # before the child is created
    assert (waiting.status, waiting.wake_at) == (WorkflowStatus.WAITING, fixed_clock.now() + timedelta(seconds=5))
    fence = store.get_run("r1").fence  # type: ignore[union-attr]
    store.release("r1", fence)
    fixed_clock.advance(5)
    assert runner.resume(waiting.run_id, workflow).status is WorkflowStatus.WAITING
    fixed_clock.advance(60)
    store.acquire("r1", ELSEWHERE, limits={"api": 1})
    assert runner.resume(waiting.run_id, workflow).status is WorkflowStatus.WAITING  # when the child wakes
    fixed_clock.advance(21)
    assert runner.resume(waiting.run_id, workflow).status is WorkflowStatus.COMPLETED


def test_a_key_gives_the_first_run_again(store: RunStore) -> None:
    first = create(store, evolve(RUN, idempotency_key="k"))
    again = store.create(evolve(RUN, run_id="r2", idempotency_key="k"), {}, {}, LEASE)
    assert again is not None
    assert again.run_id == first.run_id
    assert store.get_run("r2") is None


def test_runs_of_a_limited_workflow_take_turns(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    running: list[int] = []
    most: list[int] = []
    asked: set[int] = set()
    lock, create_run = threading.Lock(), store.create

    def create_and_tell(*arguments: Any, **options: Any) -> Any:
        found = create_run(*arguments, **options)
        asked.add(threading.get_ident())
        return found

    monkeypatch.setattr(store, "create", create_and_tell)

    def busy(ctx: Any, config: Any) -> None:
        with lock:
            running.append(1)
            most.append(len(running))
        wait_until(lambda: len(asked) == 3)  # so that the others have found no room
        with lock:
            running.pop()

    workflow = Workflow("w", [Step.lambda_("a", busy)], limits={"api": 1})
    results: list[Any] = []
    threads = [
        threading.Thread(target=lambda: results.append(WorkflowRunner(store=store).execute(workflow))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.status for result in results] == [WorkflowStatus.COMPLETED] * 3
    assert max(most) == 1


def test_a_heartbeat_outlives_the_lease_and_hears_of_a_cancellation(store: RunStore, fixed_clock: FixedClock) -> None:
    seen: list[Any] = []

    def long(ctx: Any, config: Any) -> None:
        for _ in range(6):
            wait_until(lambda: fixed_clock.waiting == 1)
            ends_at = fixed_clock.advance(2) + timedelta(seconds=6)
            wait_until(lambda: _lease_end(store, ctx.run_id) == ends_at)  # noqa: B023
            seen.extend(store.abandoned())
        store.request_cancel(ctx.run_id)

    workflow = Workflow("w", [Step.lambda_("a", long), Step.wait("b", 3000)])
    with moving(fixed_clock, 2, when=lambda: fixed_clock.monotonic() == 12 and fixed_clock.waiting == 2):
        result = WorkflowRunner(store=store, lease_seconds=6).execute(workflow)
    assert (result.status, seen) == (WorkflowStatus.CANCELLED, [])


def _lease_end(store: RunStore, run_id: str) -> datetime | None:
    run = store.get_run(run_id)
    return run and run.lease_expires_at


def test_another_thread_may_park_a_run(store: RunStore) -> None:
    stop = Stop()
    workflow = Workflow(
        "w",
        [Step.lambda_("a", lambda ctx, config: stop.request(StopReason.PARK)), Step.lambda_("b", lambda c, g: None)],
    )
    parked = WorkflowRunner(store=store).execute(workflow, stop=stop)
    assert (parked.status, parked.completed_steps) == (WorkflowStatus.PENDING, ["a"])
    assert [run.run_id for run in store.abandoned()] == [parked.run_id]
    assert WorkflowRunner(store=store).resume(parked.run_id, workflow).status is WorkflowStatus.COMPLETED


def _with_child(stop: Stop, shape: str) -> Workflow:
    """Return a workflow with a child whose first step asks the process to end."""

    def ask(_context: Any, _config: Any) -> None:
        stop.request(StopReason.PARK)

    below = Workflow("below", [Step.lambda_("a", ask), Step.lambda_("b", lambda *_: {"n": 1})])
    if shape == "workflow":
        return Workflow("above", [Step.workflow("sub", below)])
    return Workflow("above", [Step.lambda_("l", lambda *_: {"of": [1]}), Step.map("sub", "l.of", below, collect=False)])


@pytest.mark.parametrize("shape", ["workflow", "map"])
def test_a_process_that_ends_parks_the_run_above_its_child_too(store: RunStore, shape: str) -> None:
    stop = Stop()
    workflow = _with_child(stop, shape)
    runner = WorkflowRunner(store=store)
    parked = runner.execute(workflow, stop=stop)
    assert parked.status is WorkflowStatus.PENDING
    ended = runner.resume(parked.run_id, workflow)
    assert ended.status is WorkflowStatus.COMPLETED
    assert [child.status for child in store.list_children(parked.run_id)] == [WorkflowStatus.COMPLETED]
