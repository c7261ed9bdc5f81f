"""Rejected rows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from spine.framework.rejects import MemoryRejectStore, Reject, quarantine, reject_store
from spine.framework.work import Work, use_work


def test_outside_of_any_work_a_reject_is_kept_at_once() -> None:
    assert quarantine([Reject("otc", "blank symbol", "|A|1", location="week 1", line_number=7)]) == 1
    [kept] = reject_store().list_rejects()
    assert (kept.source_name, kept.reason, kept.raw, kept.location, kept.line_number, kept.run_id) == (
        "otc",
        "blank symbol",
        "|A|1",
        "week 1",
        7,
        None,
    )


def test_inside_work_rejects_wait_for_it_and_carry_its_run() -> None:
    with use_work(Work(run_id="r1")) as work:
        assert quarantine(Reject("otc", "blank", str(number)) for number in range(3)) == 3
    assert reject_store().list_rejects() == []
    assert [(reject.raw, reject.run_id) for reject in work.staged] == [("0", "r1"), ("1", "r1"), ("2", "r1")]


def test_of_rows_that_cannot_all_be_read_none_is_set_aside() -> None:
    def broken() -> Iterator[Reject]:
        yield Reject("otc", "blank", "1")
        raise RuntimeError("half way")

    with use_work(Work()) as work, pytest.raises(RuntimeError):
        quarantine(broken())
    assert work.staged == []


def test_the_memory_store_filters_by_run_and_source() -> None:
    store = MemoryRejectStore()
    store.commit([Reject("a", "", "1", run_id="r1"), Reject("b", "", "2", run_id="r1"), Reject("a", "", "3")])
    assert [reject.raw for reject in store.list_rejects()] == ["1", "2", "3"]
    assert [reject.raw for reject in store.list_rejects(run_id="r1", source_name="a")] == ["1"]
    assert [reject.raw for reject in store.list_rejects(source_name="a")] == ["1", "3"]
