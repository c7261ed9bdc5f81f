"""Each rule of the suite for run queues fails for a queue that breaks it."""

from __future__ import annotations

import pytest

from tests.testing.suite_run import failures

HEAD = """
import threading
from datetime import UTC, datetime

from sqlalchemy import Column, DateTime, Integer, MetaData, Table, Text, delete, insert, select

from spine.db.sqlite import SQLiteAdapter
from spine.testing.conformance.run_queue import RunQueueConformance

metadata = MetaData()
jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", Text),
    Column("queue", Text),
    Column("priority", Integer),
    Column("not_before", Text),
)


class Right:
    def enqueue(self, connection, run_id, queue="default", priority=0, not_before=None):
        self.write(connection, run_id=run_id, queue=queue, priority=priority, not_before=not_before)

    def write(self, connection, not_before, **columns):
        text = not_before.astimezone(UTC).isoformat() if not_before else ""
        connection.execute(insert(jobs).values(not_before=text, **columns))


class Suite(RunQueueConformance):
    can_take = True
    order = (jobs.c.priority.desc(), jobs.c.id)

    def make_adapter(self, tmp_path):
        adapter = SQLiteAdapter(str(tmp_path / "jobs.db"))
        with adapter.engine.begin() as connection:
            metadata.create_all(connection)
        return adapter

    def make_queue(self):
        return self.Made()

    def jobs(self, adapter):
        with adapter.reader.connect() as connection:
            return list(connection.execute(select(jobs.c.run_id)).scalars())

    def take(self, adapter, queue):
        now = datetime.now(UTC).isoformat()
        with adapter.engine.begin() as connection:
            due = select(jobs).where(jobs.c.queue == queue, jobs.c.not_before <= now)
            job = connection.execute(due.order_by(*self.order)).first()
            if job is None:
                return None
            connection.execute(delete(jobs).where(jobs.c.id == job.id))
            return job.run_id


class TestRight(Suite):
    Made = Right
"""

WRONG = {
    "OnlySubmits": (
        """
    class Made:
        def submit(self, task): ...
""",
        {
            "test_it_is_a_run_queue",
            "test_what_is_committed_is_there_once",
            "test_what_is_rolled_back_leaves_nothing",
            "test_the_transaction_stays_the_callers",
            "test_a_run_may_come_again",
            "test_threads_may_share_it",
            "test_a_job_is_taken_once",
            "test_a_higher_priority_comes_first",
            "test_none_is_taken_before_its_time",
            "test_queues_are_apart",
        },
    ),
    "WritesTwice": (
        """
    class Made(Right):
        def write(self, connection, **columns):
            super().write(connection, **columns)
            super().write(connection, **columns)
""",
        {
            "test_what_is_committed_is_there_once",
            "test_the_transaction_stays_the_callers",
            "test_threads_may_share_it",
            "test_a_job_is_taken_once",
            "test_a_higher_priority_comes_first",
            "test_none_is_taken_before_its_time",
        },
    ),
    "Commits": (
        """
    class Made(Right):
        def write(self, connection, **columns):
            super().write(connection, **columns)
            connection.commit()
""",
        {"test_what_is_rolled_back_leaves_nothing", "test_the_transaction_stays_the_callers"},
    ),
    "RefusesARunThatItHas": (
        """
    class Made(Right):
        def write(self, connection, **columns):
            if connection.execute(select(jobs).where(jobs.c.run_id == columns["run_id"])).first():
                raise ValueError("it is there")
            super().write(connection, **columns)
""",
        {"test_a_run_may_come_again"},
    ),
    "StaysWithItsThread": (
        """
    class Made(Right):
        def __init__(self):
            self.thread = threading.get_ident()

        def write(self, connection, **columns):
            assert threading.get_ident() == self.thread
            super().write(connection, **columns)
""",
        {"test_threads_may_share_it"},
    ),
    "TakesTheNewest": (
        """
    order = (jobs.c.priority.desc(), jobs.c.id.desc())

    Made = Right
""",
        {"test_a_job_is_taken_once"},
    ),
    "HasNoPriorities": (
        """
    class Made(Right):
        def write(self, connection, priority, **columns):
            super().write(connection, priority=0, **columns)
""",
        {"test_a_higher_priority_comes_first"},
    ),
    "DoesNotWait": (
        """
    class Made(Right):
        def write(self, connection, not_before, **columns):
            super().write(connection, not_before=None, **columns)
""",
        {"test_none_is_taken_before_its_time"},
    ),
    "HasOneQueue": (
        """
    class Made(Right):
        def write(self, connection, queue, **columns):
            super().write(connection, queue="default", **columns)
""",
        {"test_queues_are_apart"},
    ),
}


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    source = HEAD + "".join(f"\n\nclass Test{name}(Suite):{body}" for name, (body, _) in WRONG.items())
    return failures(tmp_path_factory.mktemp("wrong_queues"), source)


@pytest.mark.slow
def test_a_right_queue_passes(failed):
    assert failed["TestRight"] == set()


@pytest.mark.parametrize("name", WRONG)
def test_the_suite_catches(name, failed):
    assert failed[f"Test{name}"] == WRONG[name][1]


def test_each_rule_is_broken_by_some_queue():
    from spine.testing.conformance.run_queue import RunQueueConformance

    rules = {name for name in vars(RunQueueConformance) if name.startswith("test_")}
    assert rules == set().union(*(broken for _, broken in WRONG.values()))
