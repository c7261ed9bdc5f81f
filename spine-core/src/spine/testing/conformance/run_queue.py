"""Rules for every run queue, in addition to those for executors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from spine.db.adapter import DatabaseAdapter
from spine.orchestration.records import DEFAULT_QUEUE
from spine.orchestration.run_queue import RunQueue

_THREADS = 4
_EACH = 10


class _Undone(Exception):
    """Raised to roll back a transaction."""


class RunQueueConformance:
    """Subclass it as `Test...`, define `make_adapter`, `make_queue` and `jobs`, and set the queue's flags.

    `can_take`: `take` takes a job as a worker does.
    """

    can_take = False

    def make_adapter(self, tmp_path: Path) -> DatabaseAdapter:
        """Return an adapter for a database with the tables of the queue, and no job."""
        raise NotImplementedError("define make_adapter(self, tmp_path)")

    def make_queue(self) -> Any:
        """Return the run queue."""
        raise NotImplementedError("define make_queue(self)")

    def jobs(self, adapter: DatabaseAdapter) -> Sequence[str]:
        """Return the run id of each job that waits, in any order."""
        raise NotImplementedError("define jobs(self, adapter)")

    def take(self, adapter: DatabaseAdapter, queue: str) -> str | None:
        """Take the next job of the queue with that name, as a worker does, and return its run id; None without one."""
        raise NotImplementedError("can_take is on: define take(self, adapter, queue)")

    @pytest.fixture
    def adapter(self, tmp_path: Path) -> Iterator[DatabaseAdapter]:
        """Make the adapter, and disconnect it after the test."""
        with self.make_adapter(tmp_path) as made:
            yield made

    def test_it_is_a_run_queue(self) -> None:
        """It has `enqueue`, which marks it as a run queue for Spine."""
        assert isinstance(self.make_queue(), RunQueue), "define enqueue(connection, run_id, ...) in the executor"

    def test_what_is_committed_is_there_once(self, adapter: DatabaseAdapter) -> None:
        """After the commit there is one job for the run."""
        self.enqueue(adapter, "run-1")
        assert list(self.jobs(adapter)) == ["run-1"], "enqueue() must write one job through the connection"

    def test_what_is_rolled_back_leaves_nothing(self, adapter: DatabaseAdapter) -> None:
        """The job is written inside the caller's transaction: a run that was not created has no job."""
        with pytest.raises(_Undone), adapter.engine.begin() as connection:
            self.make_queue().enqueue(connection, "run-1")
            raise _Undone
        assert list(self.jobs(adapter)) == [], "write through the connection passed to it, and do not commit"

    def test_the_transaction_stays_the_callers(self, adapter: DatabaseAdapter) -> None:
        """After `enqueue` the caller continues its transaction, and enqueues more in it."""
        queue = self.make_queue()
        with adapter.engine.begin() as connection:
            for number in range(_EACH):
                queue.enqueue(connection, f"run-{number}")
                assert connection.in_transaction(), "enqueue() must not commit, roll back or close the connection"
        assert sorted(self.jobs(adapter)) == [f"run-{number}" for number in range(_EACH)], "each run must have its job"

    def test_a_run_may_come_again(self, adapter: DatabaseAdapter) -> None:
        """A run that waited, or whose worker died, is enqueued again; its earlier job may stay."""
        self.enqueue(adapter, "run-1")
        self.enqueue(adapter, "run-1")
        assert set(self.jobs(adapter)) == {"run-1"}, "a second job for a run must not be an error"

    def test_threads_may_share_it(self, adapter: DatabaseAdapter) -> None:
        """Several threads enqueue, each in its own transaction; every job is there once."""
        queue = self.make_queue()

        def enqueue(thread: int) -> None:
            for number in range(_EACH):
                with adapter.engine.begin() as connection:
                    queue.enqueue(connection, f"run-{thread}-{number}")

        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(enqueue, range(_THREADS)))
        expected = sorted(f"run-{thread}-{number}" for thread in range(_THREADS) for number in range(_EACH))
        assert sorted(self.jobs(adapter)) == expected, "keep no state of a call on the queue itself"

    def test_a_job_is_taken_once(self, adapter: DatabaseAdapter) -> None:
        """A worker gets each job once, the oldest first, and then none."""
        self.need("can_take")
        self.enqueue(adapter, "run-1")
        self.enqueue(adapter, "run-2")
        taken = [self.take(adapter, DEFAULT_QUEUE) for _ in range(3)]
        assert taken == ["run-1", "run-2", None], "take jobs of one priority in the order of enqueue()"

    def test_a_higher_priority_comes_first(self, adapter: DatabaseAdapter) -> None:
        """Jobs of a higher `priority` are taken first."""
        self.need("can_take")
        for run_id, priority in (("usual", 0), ("low", -1), ("high", 5)):
            self.enqueue(adapter, run_id, priority=priority)
        taken = [self.take(adapter, DEFAULT_QUEUE) for _ in range(3)]
        assert taken == ["high", "usual", "low"], "store the priority, and take the highest first"

    def test_none_is_taken_before_its_time(self, adapter: DatabaseAdapter) -> None:
        """A job waits until `not_before`, independent of its priority."""
        self.need("can_take")
        now = datetime.now(UTC)
        self.enqueue(adapter, "later", priority=9, not_before=now + timedelta(hours=1))
        self.enqueue(adapter, "due", not_before=now - timedelta(hours=1))
        taken = [self.take(adapter, DEFAULT_QUEUE) for _ in range(2)]
        assert taken == ["due", None], "store not_before, and take no job before that time"

    def test_queues_are_apart(self, adapter: DatabaseAdapter) -> None:
        """A job is taken from the queue that it was written for."""
        self.need("can_take")
        self.enqueue(adapter, "run-1", queue="large")
        taken = [self.take(adapter, name) for name in (DEFAULT_QUEUE, "large")]
        assert taken == [None, "run-1"], "store the name of the queue with the job"

    def enqueue(self, adapter: DatabaseAdapter, run_id: str, **how: Any) -> None:
        """Enqueue a run in a new transaction."""
        with adapter.engine.begin() as connection:
            self.make_queue().enqueue(connection, run_id, **how)

    def need(self, flag: str) -> None:
        """Skip the test if the queue does not claim a capability."""
        if not getattr(self, flag):
            pytest.skip(f"{flag} is off")
