"""Capturing and reading, in a script and inside of a step."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import SchemaError, StorageError, ValidationError
from spine.core.scope import Scope, use_scope
from spine.framework.captures import (
    Capture,
    CaptureNotFoundError,
    MemoryCaptureStore,
    capture,
    content_hash,
    list_captures,
    read_capture,
)
from spine.framework.captures.revision import normalize_partition, partition_key
from spine.framework.lineage import Direction, Edge, EdgeKind
from spine.framework.work import Work, use_work
from spine.storage.tables.captures import captures

pytestmark = pytest.mark.usefixtures("store")

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)
ONE = [{"symbol": "NA", "shares": 1}]
TWO = [{"symbol": "NA", "shares": 2}]


def test_a_capture_says_what_was_kept_and_is_read_back():
    made = capture("otc", ONE, partition={"week": "20251215"}, domain="finra", metadata={"note": date(2026, 1, 2)})
    assert (made.name, made.domain, made.partition, made.revision) == ("otc", "finra", {"week": "20251215"}, 1)
    assert made.content_hash == content_hash(pa.table({"symbol": ["NA"], "shares": [1]}))
    assert made.schema == [["symbol", "string"], ["shares", "int64"]]
    assert (made.row_count, made.unchanged, made.run_id, made.metadata) == (1, False, None, {"note": "2026-01-02"})
    assert made.byte_count > 0
    assert made.captured_at.utcoffset() == timedelta(0)
    found = read_capture("otc", partition={"week": "20251215"})
    assert found.capture == made
    assert found.data == ONE
    assert found.table.to_pylist() == ONE


def test_other_content_is_the_next_revision_and_equal_content_is_none():
    assert capture("otc", ONE).revision == 1
    assert capture("otc", TWO).revision == 2
    same = capture("otc", TWO)
    assert (same.revision, same.unchanged) == (2, True)
    assert capture("otc", ONE).revision == 3
    assert [(item.revision, item.unchanged) for item in list_captures("otc")] == [(1, False), (2, False), (3, False)]


def test_revisions_count_for_each_name_and_partition():
    capture("a", ONE)
    capture("b", ONE, partition={"week": "1"})
    assert capture("b", TWO, partition={"week": "2"}).revision == 1
    assert capture("b", TWO, partition={"week": "1"}).revision == 2
    assert [(c.name, c.partition_key, c.revision) for c in list_captures()] == [
        ("a", "{}", 1),
        ("b", '{"week":"1"}', 1),
        ("b", '{"week":"1"}', 2),
        ("b", '{"week":"2"}', 1),
    ]


@pytest.mark.parametrize(
    "given_as",
    [
        lambda table: table.to_pylist(),
        lambda table: iter(table.to_pylist()),
        lambda table: table.to_batches(max_chunksize=1),
        lambda table: iter(table.to_batches(max_chunksize=1)),
        lambda table: table.to_reader(),
        lambda table: table.combine_chunks().to_batches()[0],
    ],
    ids=["rows", "row iterator", "batches", "batch iterator", "reader", "batch"],
)
def test_data_comes_in_any_form_and_is_the_same_content(given_as):
    table = pa.Table.from_pylist(ONE + TWO)
    reference = capture("otc", table)
    assert capture("otc", given_as(table)).capture_id == reference.capture_id


@pytest.mark.parametrize(
    "pieces",
    [
        [pa.table({"a": [1]}).to_batches()[0], pa.table({"a": [2]}).to_batches()[0]],
        [pa.table({"a": [1]}), pa.table({"a": [2]})],
        [[{"a": 1}], [{"a": 2}]],
        [[{"a": 1}], pa.table({"a": pa.array([2], pa.int8())})],
    ],
    ids=["batches", "tables", "lists of rows", "mixed"],
)
def test_an_iterator_of_batches_is_captured_as_it_comes(pieces):
    assert capture("x", iter(pieces)).row_count == 2
    assert read_capture("x").data == [{"a": 1}, {"a": 2}]
    assert capture("x", iter(pieces)).unchanged


def test_later_batches_must_have_the_columns_and_types_of_the_first():
    with pytest.raises(SchemaError, match=r"batch 2 has the columns \['b'\], the first one \['a'\]"):
        capture("x", iter([pa.table({"a": [1]}), pa.table({"b": [1]})]))
    with pytest.raises(SchemaError, match="batch 2 does not fit the types of the first one"):
        capture("x", iter([[{"a": 1}], [{"a": "text"}]]))
    assert list_captures() == []


@pytest.mark.parametrize("nothing", [[], iter([]), pa.table({})], ids=["rows", "iterator", "table"])
def test_no_rows_are_a_capture_too(nothing):
    assert capture("empty", nothing).row_count == 0
    assert read_capture("empty").data == []


def test_inside_a_step_a_capture_is_staged_with_its_lineage_and_seen_there_only(store):
    with use_work(Work(run_id="r1", step="process", attempt=2, domain="finra", partition={"week": "1"})) as work:
        made = capture("otc", ONE)
        assert (made.run_id, made.step, made.attempt, made.domain) == ("r1", "process", 2, "finra")
        assert (made.partition, made.revision) == ({"week": "1"}, 1)
        assert read_capture("otc").data == ONE
        assert read_capture("otc", revision=1).data == ONE
    assert [record for record in work.staged if isinstance(record, Capture)] == [made]
    [edge] = [record for record in work.staged if isinstance(record, Edge)]
    assert (edge.direction, edge.kind, edge.reference) == (Direction.WRITE, EdgeKind.CAPTURE, made.capture_id)
    with pytest.raises(CaptureNotFoundError):
        read_capture("otc", partition={"week": "1"})
    assert list_captures() == []
    [kept] = store.commit([made])
    assert read_capture("otc", partition={"week": "1"}).capture == kept


def test_inside_a_step_the_next_capture_follows_the_staged_one(store):
    capture("otc", ONE)
    with use_work(Work()) as work:
        assert capture("otc", ONE).unchanged
        assert capture("otc", TWO).revision == 2
        assert capture("otc", TWO).unchanged
        assert capture("otc", ONE).revision == 3
        assert read_capture("otc").data == ONE
        assert read_capture("otc", revision=2).data == TWO
    assert [item.revision for item in work.staged] == [2, 3]
    assert [item.revision for item in store.commit(work.staged)] == [2, 3]


def test_a_step_may_choose_its_own_partition_and_domain_or_none():
    with use_work(Work(partition={"week": "1"}, domain="finra")):
        assert capture("a", ONE, partition={}, domain="nyse").partition == {}
        assert capture("b", ONE, partition={"day": "2"}).partition == {"day": "2"}


def test_the_final_revision_and_time_are_those_of_the_commit(store):
    """Another run committed first, so the provisional number is taken."""
    with use_work(Work()) as work:
        staged = capture("otc", ONE)
    assert capture("otc", TWO).revision == 1
    [kept] = store.commit(work.staged)
    assert (staged.revision, kept.revision) == (1, 2)
    assert kept.captured_at > list_captures("otc")[0].captured_at


def test_content_that_another_run_committed_meanwhile_adds_nothing(store):
    with use_work(Work()) as work:
        capture("otc", ONE)
    first = capture("otc", ONE)
    [kept] = store.commit(work.staged)
    assert kept.unchanged
    assert kept.capture_id == first.capture_id


def test_a_revision_and_a_time_can_be_asked_for():
    first, second = capture("otc", ONE), capture("otc", TWO)
    assert read_capture("otc").capture == second
    assert read_capture("otc", revision=1).data == ONE
    assert read_capture("otc", as_of=first.captured_at).capture == first
    assert read_capture("otc", as_of=second.captured_at - timedelta(seconds=1)).capture == first
    assert read_capture("otc", as_of=second.captured_at).capture == second


def test_a_step_reads_its_own_partition_first_and_else_what_has_none():
    capture("both", ONE, partition={"week": "1"})
    capture("both", TWO)
    capture("reference", TWO)
    assert read_capture("both").data == TWO
    with use_work(Work(partition={"week": "1"})):
        assert read_capture("both").data == ONE
        assert read_capture("both", partition={}).data == TWO
        assert read_capture("reference").data == TWO


def test_a_name_that_is_only_kept_by_partition_must_be_asked_for_with_one():
    for week in range(1, 8):
        capture("otc", ONE, partition={"week": week})
    with pytest.raises(CaptureNotFoundError) as error:
        read_capture("otc")
    assert str(error.value) == (
        "capture 'otc' is kept by partition: name one, with partition= in code or -p on the command line: "
        "-p week=7, -p week=6, -p week=5, -p week=4, -p week=3 and 2 more"
    )


def test_what_is_not_there_is_a_storage_error_that_says_what_is():
    capture("finra.otc", ONE)
    capture("finra.otc", TWO)
    capture("weekly", ONE, partition={"week": "1"})
    assert issubclass(CaptureNotFoundError, StorageError)
    with pytest.raises(CaptureNotFoundError, match=r"'finra\.oct' not found; did you mean 'finra\.otc'\?"):
        read_capture("finra.oct")
    with pytest.raises(CaptureNotFoundError, match="has no revision 7; it has 1 to 2"):
        read_capture("finra.otc", revision=7)
    with pytest.raises(CaptureNotFoundError, match=r"has no partition -p week=2; there is -p week=1"):
        read_capture("weekly", partition={"week": 2})
    with pytest.raises(CaptureNotFoundError, match=r"was first made at 2026-01-01T12:01:00.*, after 2025-12-31"):
        read_capture("finra.otc", as_of=datetime(2025, 12, 31, tzinfo=UTC))


def test_impossible_questions_are_refused():
    with pytest.raises(ValidationError, match="has no time zone: write 2026-11-03T09:00Z"):
        read_capture("x", as_of=datetime(2026, 1, 1))
    with pytest.raises(ValidationError, match="is not a time: use ISO 8601"):
        read_capture("x", as_of="yesterday")
    with pytest.raises(ValidationError, match="revision or as_of, not both"):
        read_capture("x", revision=1, as_of=datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("value", [None, "", float("nan"), float("inf"), b"x", [1], {"a": 1}, object()])
def test_a_partition_value_that_has_no_one_text_is_refused(value):
    with pytest.raises(ValidationError, match="partition value week="):
        capture("x", ONE, partition={"week": value})


@pytest.mark.parametrize("partition", ["week", [("week", 1)], {1: "x"}, {"": "x"}])
def test_a_partition_is_a_mapping_with_names_for_keys(partition):
    with pytest.raises(ValidationError, match="partition"):
        capture("x", ONE, partition=partition)


@pytest.mark.parametrize(
    ("value", "text"),
    [("007", "007"), (7, "7"), (True, "true"), (0.5, "0.5"), (date(2025, 12, 15), "2025-12-15")],
)
def test_partition_values_are_texts(value, text):
    assert normalize_partition({"k": value}) == {"k": text}


@given(st.dictionaries(TEXTS, TEXTS, max_size=4))
def test_equal_partitions_have_one_key_whatever_their_order(partition):
    backwards = dict(reversed(partition.items()))
    assert partition_key(backwards) == partition_key(partition)
    assert partition_key(partition).isascii()


def test_a_bad_name_or_metadata_is_refused_before_anything_is_written():
    with pytest.raises(ValidationError, match="capture name"):
        capture("../x", ONE)
    with pytest.raises(ValidationError, match="metadata"):
        capture("x", ONE, metadata={"raw": b"x"})
    assert list_captures() == []


@pytest.mark.parametrize("store", ["files"], indirect=True)
def test_capturing_again_restores_a_payload_that_was_lost(root: Path):
    made = capture("otc", ONE)
    (root / made.location).unlink()
    with pytest.raises(StorageError, match="capture the same data again"):
        _ = read_capture("otc").table
    assert capture("otc", ONE).unchanged
    assert read_capture("otc").data == ONE


def test_without_a_project_captures_live_in_memory():
    with use_scope(Scope()):
        capture("otc", ONE)
        assert read_capture("otc").data == ONE
    with use_scope(Scope()), pytest.raises(CaptureNotFoundError):
        read_capture("otc")


def test_commit_of_nothing_is_nothing():
    assert MemoryCaptureStore().commit([]) == []


def test_a_capture_as_json_uses_the_names_of_the_table():
    made = capture("otc", ONE, partition={"week": "1"}).to_dict()
    assert made["partition_key"] == {"week": "1"}
    columns = set(captures.columns.keys()) - {"project", "replaced_at"}  # a Capture does not change
    assert made.keys() - {"unchanged"} == columns, "Capture.to_dict and core_captures differ"


def test_importing_captures_imports_no_heavy_library():
    code = "import sys, spine.framework.captures; print([m for m in ('pyarrow', 'sqlalchemy') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
