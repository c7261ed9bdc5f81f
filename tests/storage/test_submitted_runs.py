"""Runs that are submitted: stored for any process, or enqueued in the same transaction; on every store."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from spine.core.adapters.database import DatabaseAdapter
from spine.core.errors import OrchestrationError
from spine.orchestration import WorkflowStatus
from spine.orchestration.lease import LeaseError, PartitionBusyError
from spine.orchestration.records import RunRecord
from spine.orchestration.run_store import RunStore
from spine.storage.history import History
from spine.storage.runs.store import SqlRunStore
from tests.storage.records import LEASE, RUN, create

NEW = evolve(RUN, status=WorkflowStatus.PENDING, queue="gpu", priority=5)
DEFINITION = {"name": "w"}


class Queue:
    """A run queue that keeps the arguments of its calls, after which it raises `error`."""

    name = "kept"

    def __init__(self, error: BaseException | None = None) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.error = error

    def enqueue(self, _connection: Any, *how: Any) -> None:
        self.calls.append(how)
        if self.error is not None:
            raise self.error


def test_without_a_queue_any_process_may_take_it(store: RunStore) -> None:
    kept = store.submit(NEW, DEFINITION, None)
    assert (kept.fence, kept.status, kept.lease_owner) == (0, WorkflowStatus.PENDING, None)
    found = store.get_run("r1")
    assert found is not None
    assert (found.is_prepared, found.queue, found.priority) == (True, "gpu", 5)
    assert store.get_definition(NEW.definition_hash) == DEFINITION
    assert [run.run_id for run in store.abandoned()] == ["r1"]


def test_with_a_queue_it_is_enqueued_with_its_queue_and_priority_and_is_not_due_for_others(store: RunStore) -> None:
    queue = Queue()
    assert store.submit(NEW, DEFINITION, queue).lease_owner == "queue"
    assert queue.calls == [("r1", "gpu", 10)]  # doubled: a run that has begun comes before new ones of its priority
    assert store.abandoned() == []
    taken = store.acquire("r1", evolve(LEASE, handed_by="queue"))
    assert taken is not None
    assert taken.fence == 1


@pytest.mark.parametrize("error", [ValueError("full"), SystemExit(3)])
def test_a_run_that_the_queue_refuses_is_not_stored(store: RunStore, error: BaseException) -> None:
    with pytest.raises(OrchestrationError, match="'kept' did not take the run into its queue: "):
        store.submit(NEW, DEFINITION, Queue(error))
    assert store.get_run("r1") is None


def test_what_the_queue_wrote_is_rolled_back_with_the_run(adapter: DatabaseAdapter) -> None:
    adapter.execute("CREATE TABLE jobs (run_id VARCHAR(64))")

    class Table(Queue):
        def enqueue(self, connection: Any, run_id: str, *_how: Any) -> None:
            connection.exec_driver_sql(f"INSERT INTO jobs VALUES ('{run_id}')")
            if self.error is not None:
                raise self.error

    store = SqlRunStore(History(adapter))
    with pytest.raises(OrchestrationError):
        store.submit(NEW, DEFINITION, Table(ValueError("no")))
    assert adapter.query("SELECT * FROM jobs") == []
    store.submit(NEW, DEFINITION, Table())
    assert adapter.query("SELECT * FROM jobs") == [{"run_id": "r1"}]


def test_an_equal_key_gives_the_first_run_and_enqueues_nothing(store: RunStore) -> None:
    queue = Queue()
    first = store.submit(evolve(NEW, idempotency_key="k"), DEFINITION, queue)
    again = store.submit(evolve(NEW, run_id="r2", idempotency_key="k"), DEFINITION, queue)
    assert again.run_id == first.run_id
    assert store.get_run("r2") is None
    assert len(queue.calls) == 1


def test_a_key_is_shared_with_runs_that_were_begun_at_once(store: RunStore) -> None:
    create(store, evolve(RUN, idempotency_key="k"))
    assert store.submit(evolve(NEW, run_id="r2", idempotency_key="k"), DEFINITION, None).run_id == "r1"


def test_a_partition_with_an_open_run_is_busy_and_free_again_for_a_key(store: RunStore) -> None:
    locked = evolve(NEW, partition_lock="a" * 64)
    store.submit(evolve(locked, idempotency_key="k"), DEFINITION, None)
    queue = Queue()
    with pytest.raises(PartitionBusyError) as caught:
        store.submit(evolve(locked, run_id="r2"), DEFINITION, queue)
    assert (caught.value.run_id, queue.calls) == ("r1", [])
    assert store.submit(evolve(locked, run_id="r3", idempotency_key="k"), DEFINITION, queue).run_id == "r1"


def test_of_two_processes_with_one_key_one_stores_the_run(store: RunStore) -> None:
    barrier, found = threading.Barrier(4), []

    def submit(number: int) -> None:
        barrier.wait()
        found.append(store.submit(evolve(NEW, run_id=f"r{number}", idempotency_key="k"), DEFINITION, None).run_id)

    threads = [threading.Thread(target=submit, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert len(store.abandoned()) == 1


def test_another_project_has_keys_of_its_own(adapter: DatabaseAdapter) -> None:
    keyed: Callable[[str], RunRecord] = lambda run_id: evolve(NEW, run_id=run_id, idempotency_key="k")  # noqa: E731
    for project, run_id in (("p", "r1"), ("q", "r2")):
        assert SqlRunStore(History(adapter, project)).submit(keyed(run_id), DEFINITION, None).run_id == run_id


def test_a_run_in_the_queue_is_said_to_wait_there(store: RunStore) -> None:
    store.submit(NEW, DEFINITION, Queue())
    with pytest.raises(LeaseError, match=r"^run r1 waits in a queue for a worker: see spine workers list"):
        store.acquire("r1", LEASE)
