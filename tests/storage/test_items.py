"""Items of maps, on each kind of store."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from attrs import evolve

from spine.orchestration.records import Batch, ItemBatch, ItemProgress, ItemRecord, ItemResult
from spine.orchestration.run_store import RunStore
from spine.orchestration.status import StepStatus
from spine.storage.runs.items import items_committed
from tests.storage.records import NOW, STEP, create

HOSTILE = [None, 0, 1.5, True, "", "nul \0 in it", "\u2028é\ud800", {"b": [1, {"a": None}]}, 10**400, [], {}, "null"]


def item(index: int, output: Any = None, **fields: Any) -> ItemRecord:
    given = {"started_at": NOW, "completed_at": NOW + timedelta(milliseconds=index), "item_key": f"k{index}"}
    return ItemRecord(index, StepStatus.COMPLETED, 1, output=output, **{**given, **fields})


def failed(index: int, attempt: int = 1) -> ItemRecord:
    return evolve(
        item(index),
        status=StepStatus.FAILED,
        attempt=attempt,
        error="no \0 \x1b[31m luck",
        error_category="SOURCE",
        error_retryable=True,
        error_type="SourceError",
        failure={"type": "SourceError", "frames": []},
    )


def commit(store: RunStore, *items: ItemRecord, **fields: Any) -> None:
    store.commit(Batch("r1", 1, items=ItemBatch("each", 1, items, **fields)))


def found(store: RunStore) -> list[ItemRecord]:
    return list(store.list_items("r1", "each", 1))


def test_items_come_back_as_they_were_given_in_order(store: RunStore) -> None:
    create(store)
    given = [item(index, output) for index, output in enumerate(HOSTILE)]
    commit(store, *reversed(given))
    assert found(store) == given
    assert list(store.list_results("r1", "each", 1)) == [
        ItemResult(index, output, None) for index, output in enumerate(HOSTILE)
    ]


def test_a_failure_comes_back_whole_and_is_replaced_by_a_later_attempt(store: RunStore) -> None:
    create(store)
    commit(store, item(0, 1), failed(1), item(2, 2))
    [_, kept, _] = found(store)
    assert (kept.error_category, kept.error_retryable, kept.error_type) == ("SOURCE", True, "SourceError")
    assert kept.failure == {"type": "SourceError", "frames": []}
    assert "luck" in str(kept.error)
    commit(store, evolve(item(1, 7), attempt=2), item(3, 3))
    assert [(one.output, one.attempt) for one in found(store)] == [(1, 1), (7, 2), (2, 1), (3, 1)]


def test_a_group_of_thousands_is_one_commit(store: RunStore) -> None:
    create(store)
    commit(store, *(failed(index) if index % 2 else item(index, index) for index in range(3000)))
    commit(store, *(evolve(item(index, -index), attempt=2) for index in range(3000) if index % 2))
    assert [one.output for one in found(store)] == [-index if index % 2 else index for index in range(3000)]
    commit(store, item(10, "moved"), replaced_from=10)
    assert [one.output for one in found(store)[9:]] == [-9, "moved"]


def test_the_progress_of_a_step_is_with_its_record_until_it_ends(store: RunStore) -> None:
    create(store)
    step = evolve(STEP, step_name="each", step_type="map", status=StepStatus.RUNNING, completed_at=None, metrics={})
    store.commit(Batch("r1", 1, steps=[step]))
    commit(store, item(0), step_id=step.step_id, progress=ItemProgress(1, 0, 5, 0))
    assert store.list_steps("r1")[0].metrics == {"items": {"done": 1, "failed": 0, "total": 5, "earlier": 0}}
    store.commit(Batch("r1", 1, steps=[evolve(step, status=StepStatus.COMPLETED, completed_at=NOW)]))
    assert store.list_steps("r1")[0].metrics == {}


def test_a_group_of_items_is_one_event_from_the_first_start_to_the_last_end() -> None:
    early = evolve(item(5), started_at=NOW - timedelta(seconds=1))
    batch = Batch("r1", 1, items=ItemBatch("each", 1, [item(7), early, failed(2, attempt=3)], step_id="s1"))
    [event] = items_committed(batch)
    assert (event.run_id, event.step_id, event.step, event.attempt) == ("r1", "s1", "each", 3)
    assert (event.items, event.failed) == (3, 1)
    assert event.started_at == (NOW - timedelta(seconds=1)).isoformat()
    assert event.completed_at == (NOW + timedelta(milliseconds=7)).isoformat()


def test_items_that_only_change_their_place_are_no_event() -> None:
    assert items_committed(Batch("r1", 1, items=ItemBatch("each", 1, [item(0)], replaced_from=0))) == []
    assert items_committed(Batch("r1", 1)) == []
