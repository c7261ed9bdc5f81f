"""Requests to park a run, which its owner sees at the next heartbeat: on memory, SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from attrs import evolve

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.orchestration import Step, Workflow, WorkflowRunner, WorkflowStatus
from spine.orchestration.lease import Lease, LostLeaseError
from spine.orchestration.records import Batch, RunRecord
from spine.orchestration.run_store import RunStore
from spine.storage.history import History
from spine.storage.runs.store import SqlRunStore
from tests.projects import DEADLINE_SECONDS, wait_until
from tests.storage.records import LEASE, RUN, create
from tests.storage.test_leases import Jobs

ELSEWHERE = Lease("other-host/1/1", 20)


def asked(store: RunStore, run: RunRecord, lease: Lease = LEASE) -> bool:
    return store.renew({run.run_id: run.fence}, lease)[run.run_id].park_requested


def test_its_owner_sees_it_at_the_next_heartbeat(store: RunStore) -> None:
    run = create(store)
    assert not asked(store, run)
    assert store.request_park("r1")
    assert asked(store, run)
    assert not store.renew({"r1": run.fence}, LEASE)["r1"].cancel_requested


def test_it_is_refused_for_a_run_that_has_ended(store: RunStore) -> None:
    run = create(store)
    store.commit(Batch("r1", run.fence, run=evolve(run, status=WorkflowStatus.COMPLETED)))
    assert not store.request_park("r1")


def test_a_commit_of_the_run_keeps_it(store: RunStore) -> None:
    run = create(store)
    store.request_park("r1")
    store.commit(Batch("r1", run.fence, run=run))
    assert asked(store, run)


def test_it_is_not_for_the_next_owner(store: RunStore) -> None:
    run = create(store, lease=ELSEWHERE)
    store.request_park("r1")
    taken = store.acquire("r1", LEASE, force=True)
    assert taken is not None
    assert not asked(store, taken)
    store.request_park("r1")
    store.release("r1", taken.fence)
    assert (free := store.get_run("r1")) is not None
    assert free.park_requested_at is None
    again = store.acquire("r1", LEASE)
    assert again is not None
    assert not asked(store, again)
    assert run.fence < taken.fence < again.fence


def test_a_process_that_lost_the_run_does_not_take_it_back(store: RunStore) -> None:
    lost = create(store, lease=ELSEWHERE)
    taken = store.acquire("r1", LEASE, force=True)
    assert taken is not None
    store.request_park("r1")
    with suppress(LostLeaseError):
        store.release("r1", lost.fence)
    assert asked(store, taken)


def test_it_stays_with_a_run_that_its_owner_hands_on(store: RunStore) -> None:
    """A scheduler that ends asks for it while the process that it chose takes the run."""
    create(store, lease=ELSEWHERE)
    store.request_park("r1")
    taken = store.acquire("r1", evolve(LEASE, handed_by=ELSEWHERE.owner))
    assert taken is not None
    assert asked(store, taken)


def test_a_run_that_is_enqueued_again_has_none(store: RunStore) -> None:
    run = create(store, evolve(RUN, status=WorkflowStatus.PENDING))
    store.request_park("r1")
    store.release("r1", run.fence)
    store.hand_over("r1", Jobs())
    taken = store.acquire("r1", evolve(LEASE, handed_by="queue"))
    assert taken is not None
    assert not asked(store, taken)


def lease_end(store: RunStore, run_id: str) -> datetime | None:
    run = store.get_run(run_id)
    return run and run.lease_expires_at


def parking(store: RunStore, ask: Callable[[str], Any]) -> list[WorkflowStatus]:
    """Execute a run in a thread, ask while its first step works, and return how it was left and how it ended."""
    begun, go = threading.Event(), threading.Event()
    results: list[Any] = []
    run_ids: list[str] = []

    def first(context: Any, _config: Any) -> None:
        run_ids.append(context.run_id)
        begun.set()
        assert go.wait(DEADLINE_SECONDS)

    workflow = Workflow("w", [Step.lambda_("a", first), Step.lambda_("b", lambda *_: None)])
    runner = WorkflowRunner(store=store, lease_seconds=0.3)
    thread = threading.Thread(target=lambda: results.append(runner.execute(workflow)))
    thread.start()
    assert begun.wait(DEADLINE_SECONDS)
    [run_id] = run_ids
    ask(run_id)
    for _ in range(3):  # heartbeats: the second one began after the request, and the third after it was heard
        before = lease_end(store, run_id)
        wait_until(lambda: lease_end(store, run_id) != before)  # noqa: B023
    go.set()
    thread.join()
    [parked] = results
    assert parked.completed_steps == ["a"]
    return [parked.status, WorkflowRunner(store=store).resume(run_id, workflow).status]


def test_the_run_of_another_thread_parks_after_its_step(store: RunStore) -> None:
    assert parking(store, store.request_park) == [WorkflowStatus.PENDING, WorkflowStatus.COMPLETED]


def test_it_reaches_a_run_through_another_connection(adapter: DatabaseAdapter, history_url: str) -> None:
    """A process of another machine shares nothing but the database."""
    with get_adapter(history_url) as theirs:
        ends = parking(SqlRunStore(History(adapter)), SqlRunStore(History(theirs)).request_park)
    assert ends == [WorkflowStatus.PENDING, WorkflowStatus.COMPLETED]


def test_a_run_of_another_project_cannot_be_asked(adapter: DatabaseAdapter) -> None:
    mine, theirs = (SqlRunStore(History(adapter, name)) for name in ("p", "q"))
    run = create(mine)
    assert not theirs.request_park("r1")
    assert not asked(mine, run)
