"""Contract of reject stores, checked on each kind."""

from __future__ import annotations

from datetime import UTC, datetime

from spine.framework.rejects import Reject, RejectStore

NOW = datetime(2025, 12, 15, tzinfo=UTC)


def test_rejects_come_back_as_they_were_oldest_first(reject_store: RejectStore) -> None:
    first = Reject("otc", "blank symbol", "|é|1 \U0001f600", "week 1", 7, "r1", created_at=NOW)
    second = Reject("otc", "too many fields", "", created_at=NOW)
    reject_store.commit([first, second])
    assert reject_store.list_rejects() == [first, second]


def test_rejects_are_filtered_by_run_and_source(reject_store: RejectStore) -> None:
    given = [Reject("a", "", "1", run_id="r1"), Reject("b", "", "2", run_id="r1"), Reject("a", "", "3")]
    reject_store.commit(given)
    assert reject_store.list_rejects(run_id="r1") == given[:2]
    assert reject_store.list_rejects(source_name="a") == [given[0], given[2]]
    assert reject_store.list_rejects(run_id="r1", source_name="b") == [given[1]]


def test_no_rejects_are_no_work(reject_store: RejectStore) -> None:
    reject_store.commit([])
    assert reject_store.list_rejects() == []


def test_a_row_that_is_no_clean_text_can_be_kept(reject_store: RejectStore) -> None:
    reject_store.commit([Reject("otc", "wrong encoding \udce9", "caf\udce9|\0|1")])
    assert len(reject_store.list_rejects()) == 1
