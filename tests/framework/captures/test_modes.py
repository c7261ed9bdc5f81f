"""Captures that add to the current revision: appended and merged rows, load ids, and two processes at once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import SchemaError, ValidationError
from spine.core.scope import Scope, use_scope
from spine.framework.captures import (
    Capture,
    CaptureConflictError,
    CaptureStore,
    MemoryCaptureStore,
    capture,
    list_captures,
    read_capture,
)
from spine.framework.work import Work, use_work

pytestmark = pytest.mark.usefixtures("store")

KEYED = st.dictionaries(st.integers(0, 6), st.one_of(st.none(), st.text(max_size=2)), min_size=1, max_size=6)


def rows(values: dict[int, str | None]) -> pa.Table:
    return pa.table({"id": pa.array(list(values), pa.int64()), "v": pa.array(list(values.values()), pa.string())})


def test_append_adds_rows_in_a_new_revision_and_keeps_the_old_one() -> None:
    first = capture("p", [{"n": 1}], mode="append", business_date=date(2026, 1, 5))
    second = capture("p", [{"n": 2}], mode="append", business_date=date(2026, 1, 6))
    assert (first.revision, first.mode, first.business_date) == (1, "append", date(2026, 1, 5))
    assert (second.revision, second.row_count, second.business_date) == (2, 2, date(2026, 1, 6))
    assert read_capture("p").data == [{"n": 1}, {"n": 2}]
    assert read_capture("p", revision=1).data == [{"n": 1}]


def test_no_rows_appended_are_no_revision() -> None:
    capture("p", [{"n": 1}], mode="append")
    assert capture("p", pa.table({"n": pa.array([], pa.int64())}), mode="append").unchanged


def test_a_stream_is_appended_batch_by_batch() -> None:
    capture("p", [{"n": 0}])
    made = capture("p", iter([[{"n": 1}], [{"n": 2}]]), mode="append")
    assert made.row_count == 3
    assert [row["n"] for row in read_capture("p").data] == [0, 1, 2]


def test_a_column_that_one_side_lacks_is_null_there() -> None:
    capture("p", [{"a": 1, "b": "x"}])
    capture("p", [{"c": 2.5, "a": 2}], mode="append")
    assert read_capture("p").data == [{"a": 1, "b": "x", "c": None}, {"a": 2, "b": None, "c": 2.5}]


def test_a_column_that_was_empty_takes_the_type_of_the_new_rows() -> None:
    capture("p", [{"a": None}])
    capture("p", [{"a": "x"}], mode="append")
    assert read_capture("p").data == [{"a": None}, {"a": "x"}]


def test_a_column_of_another_type_is_refused_by_name_and_nothing_is_kept() -> None:
    capture("p", [{"a": 1}])
    for data in ([{"a": "x"}], [{"a": 1.5}]):
        with pytest.raises(SchemaError, match=r"column 'a' has the type (string|double), and int64 in the current rev"):
            capture("p", data, mode="append")
    assert [made.revision for made in list_captures("p")] == [1]


def test_merge_replaces_rows_by_their_key_in_their_place_and_adds_the_others() -> None:
    capture("p", [{"id": 1, "v": "a"}, {"id": 2, "v": "b"}, {"id": 3, "v": "c"}])
    made = capture("p", [{"id": 9, "v": "z"}, {"id": 2, "v": "B"}], mode="merge", key="id")
    assert (made.revision, made.mode) == (2, "merge")
    assert [tuple(row.values()) for row in read_capture("p").data] == [(1, "a"), (2, "B"), (3, "c"), (9, "z")]


def test_rows_that_are_there_already_merge_into_no_revision() -> None:
    capture("p", [{"id": 1, "v": "a"}, {"id": 2, "v": "b"}])
    assert capture("p", [{"id": 1, "v": "a"}], mode="merge", key=["id"]).unchanged


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([{"id": None, "v": 1}], "row 1 has no value in the key column 'id'"),
        ([{"id": 1, "v": 1}, {"id": 1, "v": 2}], "two rows have the key id=1: a merge needs one row a key"),
        ([{"ident": 1}], "the key names a column 'id' that the data does not have; known: ident"),
    ],
)
def test_a_key_that_does_not_identify_a_row_is_refused(data: list[dict[str, Any]], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        capture("p", data, mode="merge", key="id")
    assert str(caught.value).startswith(sentence)


def test_a_key_that_two_rows_of_the_current_revision_share_is_refused() -> None:
    capture("p", [{"id": 1}, {"id": 1}])
    with pytest.raises(ValidationError, match="the current revision has two rows of one key"):
        capture("p", [{"id": 1, "v": 1}], mode="merge", key="id")


@pytest.mark.parametrize(
    "options",
    [{"mode": "add"}, {"mode": "merge"}, {"key": "id"}, {"mode": "append", "key": "id"}, {"load_ids": True}],
)
def test_options_that_make_no_sense_together_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="mode="):
        capture("p", [{"id": 1}], **options)


@given(st.lists(KEYED, min_size=1, max_size=4))
def test_merges_give_what_a_dict_gives(changes: list[dict[int, str | None]]) -> None:
    scope, expected = Scope(), dict[int, str | None]()
    scope.provide(CaptureStore, MemoryCaptureStore())  # type: ignore[type-abstract]
    with use_scope(scope):
        for change in changes:
            capture("p", rows(change), mode="merge", key="id")
            expected |= change
        assert {row["id"]: row["v"] for row in read_capture("p").data} == expected
        assert [row["id"] for row in read_capture("p").data] == list(expected)


def test_load_ids_name_the_revision_that_brought_a_row() -> None:
    first = capture("p", [{"id": 1, "v": "a"}, {"id": 2, "v": "b"}], mode="append", load_ids=True)
    second = capture("p", [{"id": 2, "v": "b"}, {"id": 1, "v": "A"}], mode="merge", key="id", load_ids=True)
    third = capture("p", [{"id": 3, "v": "c"}], mode="append", load_ids=True)
    found = {row["id"]: row["_load_id"] for row in read_capture("p").data}
    assert found == {1: second.capture_id, 2: first.capture_id, 3: third.capture_id}
    assert capture("p", [{"id": 3, "v": "c"}], mode="merge", key="id", load_ids=True).unchanged
    with pytest.raises(ValidationError, match="the data has a column '_load_id'"):
        capture("p", [{"_load_id": 1}], mode="append", load_ids=True)


def staged(run_id: str, **options: Any) -> list[Capture]:
    """Append a row in a step that has not ended, and return what it staged."""
    with use_work(Work(run_id=run_id, step="a")) as work:
        for _ in range(2):
            capture("p", [{"n": 1}], mode="append", **options)
    return [record for record in work.staged if isinstance(record, Capture)]


def test_of_two_steps_that_add_to_one_revision_the_second_is_told_and_adds_nothing(store: MemoryCaptureStore) -> None:
    capture("p", [{"n": 0}])
    one, other = staged("r1"), staged("r2")
    assert [made.revision for made in store.commit(one)] == [2, 3]
    with pytest.raises(CaptureConflictError) as caught:
        store.commit(other)
    assert caught.value.retryable
    assert str(caught.value) == (
        "capture 'p' has got revision 3 by another process since this step read revision 1, and nothing was added: "
        "run the step again, or give it a retry_policy"
    )
    assert len(read_capture("p").data) == 3
