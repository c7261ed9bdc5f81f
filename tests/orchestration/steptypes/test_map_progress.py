"""Items that changed between two attempts of a map step."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spine.core.errors import WorkflowError
from spine.orchestration.records import ItemRecord
from spine.orchestration.status import StepStatus
from spine.orchestration.steptypes.map_progress import OpenItem, item_key, open_items
from spine.testing.step_services import MemoryItems

NOW = datetime(2026, 1, 5, tzinfo=UTC)
ITEMS = st.lists(st.sampled_from("abcdef"), max_size=8)


def key_of(item: str) -> str:
    return item_key(item, None, "each")


def ended(found: OpenItem, *, failed: bool = False) -> ItemRecord:
    status = StepStatus.FAILED if failed else StepStatus.COMPLETED
    return ItemRecord(found.index, status, found.attempt, NOW, NOW, output=f"of {found.item}", item_key=found.key)


@example(["a", "a", "d", "d"], ["d"], {3}, {2})
@given(ITEMS, ITEMS, st.sets(st.integers(0, 7)), st.sets(st.integers(0, 7)))
def test_what_is_missing_runs_and_nothing_twice(
    before: list[str], after: list[str], finished: set[int], failed: set[int]
) -> None:
    """Whatever ended in the first attempt and however the items changed, each item has its own result at the end."""
    log = MemoryItems()
    for found in open_items(before, log, key_of):
        if found.index in finished | failed:
            log.commit([ended(found, failed=found.index in failed)], ())
    done = [before[index] for index in finished - failed if index < len(before)]
    ran = []
    for found in open_items(after, log, key_of):
        ran.append(found.item)
        log.commit([ended(found)], ())
    assert [(item.item_index, item.output) for item in log.finished()] == [
        (index, f"of {item}") for index, item in enumerate(after)
    ]
    undone = [before[index] for index in failed if index < len(before)]
    for item in set(after):
        missing = max(after.count(item) - done.count(item), 0)
        # of equal items that ended differently, the one that is left may be the one that failed
        assert missing <= ran.count(item) <= min(missing + undone.count(item), after.count(item))


def test_unchanged_items_are_matched_without_reading_ahead() -> None:
    log = MemoryItems()
    for found in open_items("abcd", log, key_of):
        if found.item != "c":
            log.commit([ended(found)], ())
    read = []
    items = (read.append(item) or item for item in "abcd")
    assert (next(open_items(items, log, key_of)).item, read) == ("c", ["a", "b", "c"])


def test_results_of_an_earlier_release_are_matched_by_position() -> None:
    log = MemoryItems()
    log.commit([ItemRecord(0, StepStatus.COMPLETED, 1, NOW, NOW, output=1)], ())
    assert [found.item for found in open_items("ab", log, key_of)] == ["b"]


def test_an_item_without_its_key_is_refused() -> None:
    with pytest.raises(WorkflowError, match="map step 'each': an item has no field 'id', its item_key"):
        item_key({"a": 1}, "id", "each")
    assert item_key({"id": 1, "size": 2}, "id", "each") == item_key({"id": 1, "size": 3}, "id", "each")
