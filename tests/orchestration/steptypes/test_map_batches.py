"""Batches, queues and groups of items."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.orchestration.records import ItemRecord
from spine.orchestration.status import StepStatus
from spine.orchestration.steptypes.map_batches import BATCH_SECONDS, MAX_BATCH, BatchSize, ItemQueue
from spine.orchestration.steptypes.map_groups import GROUP_SECONDS, MAX_GROUP, ItemGroup
from spine.orchestration.steptypes.map_progress import OpenItem

NOW = datetime(2026, 1, 5, tzinfo=UTC)


class HandClock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOW

    def wait(self, seconds: float, event: Any = None) -> bool:
        self.seconds += seconds
        return False


def opened(number: int) -> OpenItem:
    return OpenItem(number, number, 1, str(number))


def ended(number: int) -> ItemRecord:
    return ItemRecord(number, StepStatus.COMPLETED, 1, NOW, NOW)


@given(st.floats(1e-7, 100.0))
def test_a_batch_grows_until_it_takes_its_time(seconds_an_item: float) -> None:
    size = BatchSize()
    for _ in range(10):
        size.note(size.now, size.now * seconds_an_item)
    assert size.now * seconds_an_item <= max(BATCH_SECONDS, seconds_an_item) * 1.001
    assert size.now == MAX_BATCH or (size.now + 1.001) * seconds_an_item >= BATCH_SECONDS


def test_a_batch_of_items_that_got_slow_shrinks_at_once() -> None:
    size = BatchSize(now=1000)
    size.note(2, 0.2)
    assert size.now == 1
    size.note(0, 0.0)
    assert size.now == 1


def test_the_last_items_are_shared_among_the_workers() -> None:
    size = BatchSize(now=1000)
    assert size.of(None, 4) == 1000
    assert size.of(100_000, 4) == 1000
    assert size.of(80, 4) == 10
    assert size.of(0, 4) == 1


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), max_size=40))
def test_items_come_once_and_in_order_whatever_is_handed_back(steps: list[tuple[int, int]]) -> None:
    queue, got = ItemQueue(map(opened, range(50))), []
    for size, begun in [*steps, *[(9, 9)] * 50]:
        batch = queue.next_batch(size)
        assert len(batch) <= size
        got += batch[:begun]
        queue.hand_back(batch[begun:])
    assert [found.index for found in got] == list(range(50))


def test_items_of_a_batch_that_killed_its_worker_run_alone() -> None:
    queue = ItemQueue(iter([opened(3)]))
    queue.hand_back_alone([opened(1), opened(2)])
    assert [[found.index for found in queue.next_batch(10)] for _ in range(4)] == [[1], [2], [3], []]


def test_an_input_that_is_slow_does_not_delay_the_items_that_it_gave(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = HandClock()
    monkeypatch.setattr("spine.orchestration.steptypes.map_batches.current_clock", lambda: clock)

    def slow() -> Iterator[OpenItem]:
        for number in range(4):
            clock.seconds += 0.06
            yield opened(number)

    queue = ItemQueue(slow())
    assert [len(queue.next_batch(1000)) for _ in range(3)] == [2, 2, 0]


def test_a_group_is_committed_by_time_and_by_count() -> None:
    clock, commits = HandClock(), []
    group = ItemGroup(lambda records, staged: commits.append((len(records), len(staged))), clock=clock)
    group.add(ended(0), ["capture"])  # type: ignore[list-item]
    group.commit_if_due()
    assert commits == [(1, 1)], "the first one, and slow items, do not wait"
    group.add(ended(1), ())
    group.commit_if_due()
    assert len(commits) == 1
    clock.seconds += GROUP_SECONDS
    group.commit_if_due()
    assert commits[1:] == [(1, 0)]
    for number in range(MAX_GROUP):
        group.add(ended(number), ())
    group.commit_if_due()
    group.commit()
    assert commits[2:] == [(MAX_GROUP, 0)]


def test_a_group_that_cannot_be_committed_is_not_committed_again() -> None:
    def fail(records: Any, staged: Any) -> None:
        raise OSError("disk full")

    group = ItemGroup(fail, clock=HandClock())
    group.add(ended(0), ())
    with pytest.raises(OSError, match="disk full"):
        group.commit()
    group.commit()
