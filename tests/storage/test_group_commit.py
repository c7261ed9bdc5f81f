"""Commits of several threads on SQLite: together in one transaction, or each by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from attrs import evolve

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.core.errors import SpineError
from spine.orchestration.lease import LostLeaseError
from spine.orchestration.records import Batch
from spine.storage.history import History
from spine.storage.migrate import upgrade
from spine.storage.runs import group_commit
from spine.storage.runs.store import SqlRunStore
from tests.db.forks import in_child
from tests.projects import wait_until
from tests.storage.records import RUN, STEP, create


@pytest.fixture
def adapter(new_database: Callable[[str], str]) -> Iterator[DatabaseAdapter]:
    """A SQLite file with four runs."""
    with get_adapter(new_database("sqlite")) as found:
        upgrade(found)
        store = SqlRunStore(History(found))
        for number in range(4):
            create(store, evolve(RUN, run_id=f"r{number}"))
        yield found


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the groups that are written."""
    sizes: list[int] = []
    write = group_commit._write

    def counted(adapter: Any, group: Sequence[Any]) -> bool:
        sizes.append(len(group))
        return write(adapter, group)

    monkeypatch.setattr(group_commit, "_write", counted)
    return sizes


@contextmanager
def waiting(store: SqlRunStore, batches: Sequence[Batch]) -> Iterator[list[BaseException | None]]:
    """Let threads wait for their turn to commit; after the block they have it. Gives how each ended."""
    ends: list[BaseException | None] = [None] * len(batches)

    def commit(number: int) -> None:
        try:
            store.commit(batches[number])
        except SpineError as error:
            ends[number] = error

    threads = [threading.Thread(target=commit, args=(number,)) for number in range(len(batches))]
    with store._hot._group.turn:
        for thread in threads:
            thread.start()
        wait_until(lambda: len(store._hot._group.waiting) == len(batches))
        yield ends
    for thread in threads:
        thread.join()


def started(number: int, fence: int = 1) -> Batch:
    return Batch(f"r{number}", fence, steps=[evolve(STEP, step_id=f"s{number}", run_id=f"r{number}")])


def kept(adapter: DatabaseAdapter) -> list[str]:
    return [row["step_id"] for row in adapter.query("SELECT step_id FROM core_workflow_steps ORDER BY step_id")]


def test_what_waits_at_the_same_time_is_one_transaction(adapter: DatabaseAdapter, groups: list[int]) -> None:
    store = SqlRunStore(History(adapter))
    with waiting(store, [started(number) for number in range(4)]) as ends:
        pass
    assert (ends, groups, kept(adapter)) == ([None] * 4, [4], ["s0", "s1", "s2", "s3"])


def test_a_guard_that_fails_concerns_only_its_own_commit(adapter: DatabaseAdapter, groups: list[int]) -> None:
    store = SqlRunStore(History(adapter))
    batches = [started(0), started(1, fence=7), started(2)]
    with waiting(store, batches) as ends:
        pass
    assert [type(end) for end in ends] == [type(None), LostLeaseError, type(None)]
    assert groups == [3, 1, 1, 1]
    assert kept(adapter) == ["s0", "s2"]


def test_an_error_of_the_database_concerns_only_its_own_commit(adapter: DatabaseAdapter) -> None:
    store = SqlRunStore(History(adapter))
    store.commit(started(1))
    again = Batch("r1", 1, steps=[evolve(STEP, step_id="other", run_id="r1")])  # the same attempt
    with waiting(store, [started(0), again, started(2)]) as ends:
        pass
    assert [end is None for end in ends] == [True, False, True]
    assert kept(adapter) == ["s0", "s1", "s2"]


def test_one_that_is_interrupted_before_its_turn_is_made_by_nobody(
    adapter: DatabaseAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqlRunStore(History(adapter))

    class Interrupted:
        def __enter__(self) -> None:
            raise KeyboardInterrupt

        def __exit__(self, *_details: object) -> None: ...

    with monkeypatch.context() as patch:
        patch.setattr(store._hot._group, "turn", Interrupted())
        with pytest.raises(KeyboardInterrupt):
            store.commit(started(0))
    store.commit(started(1))
    assert kept(adapter) == ["s1"]


@pytest.mark.slow
def test_a_forked_child_makes_its_own_commit_and_leaves_those_that_wait_to_its_parent(adapter: DatabaseAdapter) -> None:
    store = SqlRunStore(History(adapter))
    with waiting(store, [started(0)]) as ends:
        assert in_child(lambda: store.commit(started(1))) == 0
        assert kept(adapter) == ["s1"]
    assert (ends, kept(adapter)) == ([None], ["s0", "s1"])
