"""Contract of capture stores, checked on each kind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from spine.core.adapters.database import DatabaseAdapter
from spine.core.ids import new_id
from spine.framework.captures import Capture, CaptureStore, capture, read_capture

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def draft(
    content_hash: str = "1", name: str = "otc", partition: dict[str, str] | None = None, **fields: Any
) -> Capture:
    return Capture(
        name=name,
        partition=partition or {},
        revision=99,
        content_hash=content_hash,
        schema=[["a", "int64"]],
        row_count=1,
        byte_count=8,
        location=f"{name}/{content_hash}.parquet",
        captured_at=LONG_AGO,
        **fields,
    )


def test_a_commit_gives_revision_and_time_and_keeps_the_rest(capture_store: CaptureStore) -> None:
    before = datetime.now(UTC)
    given = draft(domain="finra", run_id="r1", step="s", attempt=2, metadata={"z": 1, "a": [None]})
    [made] = capture_store.commit([given])
    assert made == evolve(given, revision=1, captured_at=made.captured_at)
    assert before <= made.captured_at <= datetime.now(UTC)
    assert capture_store.find("otc", "{}") == made


def test_each_name_and_partition_counts_its_revisions(capture_store: CaptureStore) -> None:
    made = capture_store.commit(
        [draft("1"), draft("2"), draft("1", partition={"week": "1"}), draft("1", name="other"), draft("1")]
    )
    assert [(one.name, one.partition_key, one.revision) for one in made] == [
        ("otc", "{}", 1),
        ("otc", "{}", 2),
        ("otc", '{"week":"1"}', 1),
        ("other", "{}", 1),
        ("otc", "{}", 3),
    ]


def test_content_that_equals_the_current_revision_adds_nothing(capture_store: CaptureStore) -> None:
    [first] = capture_store.commit([draft("1")])
    again = capture_store.commit([draft("1"), draft("2"), draft("2")])
    assert again[0] == evolve(first, unchanged=True)
    assert [(one.revision, one.unchanged) for one in again] == [(1, True), (2, False), (2, True)]
    assert again[2].capture_id == again[1].capture_id
    assert [one.unchanged for one in capture_store.list_captures()] == [False, False]


def test_find_takes_the_current_revision_a_numbered_one_or_that_of_a_time(capture_store: CaptureStore) -> None:
    made = [capture_store.commit([draft(str(number))])[0] for number in range(3)]
    assert capture_store.find("otc", "{}") == made[2]
    assert capture_store.find("otc", "{}", revision=2) == made[1]
    assert capture_store.find("otc", "{}", revision=4) is None
    assert capture_store.find("otc", "{}", as_of=made[2].captured_at) == made[2]
    assert capture_store.find("otc", "{}", as_of=made[0].captured_at - timedelta(microseconds=1)) is None
    assert capture_store.find("other", "{}") is None
    assert capture_store.find("otc", '{"week":"1"}') is None


def test_captures_are_listed_by_name_partition_and_revision(capture_store: CaptureStore) -> None:
    capture_store.commit(
        [
            draft("1", name="b"),
            draft("1", name="B"),
            draft("1", name="a", partition={"week": "2"}),
            draft("1", name="a", partition={"week": "10"}),
            draft("2", name="a", partition={"week": "2"}),
            draft("1", name="a"),
        ]
    )
    listed = [(one.name, one.partition_key, one.revision) for one in capture_store.list_captures()]
    assert listed == sorted(listed)
    assert len(listed) == 6
    assert [one.revision for one in capture_store.list_captures("a")] == [1, 1, 2, 1]
    assert capture_store.list_captures("c") == []


def test_the_order_of_a_partitions_parts_does_not_matter(capture_store: CaptureStore) -> None:
    capture_store.commit([draft("1", partition={"week": "1", "venue": "a"})])
    [again] = capture_store.commit([draft("1", partition={"venue": "a", "week": "1"})])
    assert again.unchanged


def test_a_capture_is_read_back(capture_store: CaptureStore) -> None:
    rows = [{"symbol": "NA", "id": "007", "shares": 12345678901234567}]
    made = capture("otc", rows, partition={"week": 7}, metadata={"note": "x"})
    found = read_capture("otc", partition={"week": "7"})
    assert (found.capture, found.data) == (made, rows)


def test_many_threads_make_each_revision_once(capture_store: CaptureStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: capture_store.commit([draft(str(number))]), range(40)))
    assert [one.revision for one in capture_store.list_captures("otc")] == list(range(1, 41))


def test_all_current_revisions_of_a_name_are_found_and_those_of_a_time(capture_store: CaptureStore) -> None:
    weeks = [{"week": "1"}, {"week": "2"}]
    first = [capture_store.commit([draft("1", partition=week)])[0] for week in weeks]
    [second] = capture_store.commit([draft("2", partition=weeks[0]), draft("1", name="other")])[:1]
    assert capture_store.find_all("otc") == [second, first[1]]
    assert capture_store.find_all("otc", as_of=second.captured_at) == [second, first[1]]
    assert capture_store.find_all("otc", as_of=first[1].captured_at) == first
    assert capture_store.find_all("otc", as_of=first[0].captured_at - timedelta(microseconds=1)) == []
    assert capture_store.find_all("none") == []


@pytest.mark.slow
def test_the_view_shows_the_current_revision_of_each(adapter: DatabaseAdapter) -> None:
    from spine.framework.captures.payloads import MemoryPayloads
    from spine.storage.captures.store import SqlCaptureStore
    from spine.storage.history import History

    store = SqlCaptureStore(History(adapter), MemoryPayloads())
    store.commit([draft("1"), draft("2"), draft("1", partition={"week": "1"}), draft("1", name=f"n{new_id()}")])
    found = adapter.query("SELECT name, revision FROM captures WHERE name = ? ORDER BY revision", ("otc",))
    assert found == [{"name": "otc", "revision": 1}, {"name": "otc", "revision": 2}]
