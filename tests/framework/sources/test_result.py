"""Results of a fetch."""

from __future__ import annotations

import json
from datetime import UTC

import pyarrow as pa
import pytest

from spine.core.errors import ParseError, SourceError, SourceUnchangedError
from spine.core.result import Err, Ok
from spine.framework.sources import SourceMetadata, SourceResult, SourceType


@pytest.fixture
def metadata() -> SourceMetadata:
    return SourceMetadata("s", SourceType.FILE)


def test_rows_give_a_table_and_their_count(metadata):
    result = SourceResult.ok([{"a": "1"}, {"a": "2"}], metadata)
    assert (result.success, len(result), metadata.row_count, result.raw_data) == (True, 2, 2, None)
    assert result.table is not None
    assert result.table.to_pydict() == {"a": ["1", "2"]}


def test_a_table_gives_rows_made_once(metadata):
    result = SourceResult.ok(pa.table({"a": ["1", "2"]}), metadata)
    assert (len(result), metadata.row_count) == (2, 2)
    assert result.data == [{"a": "1"}, {"a": "2"}]
    assert result.data is result.data


def test_raw_bytes_are_counted_and_have_no_rows(metadata):
    result = SourceResult.ok_raw(b"abc", metadata)
    assert (result.raw_data, metadata.bytes_fetched, result.data, result.table, len(result)) == (
        b"abc",
        3,
        None,
        None,
        0,
    )
    assert result.to_result() == Ok(b"abc")


def test_a_failure_has_its_error_and_nothing_else(metadata):
    error = ParseError("bad")
    result = SourceResult.fail(error)
    assert (result.success, bool(result), result.error, result.data, result.table) == (False, False, error, None, None)
    assert result.to_result() == Err(error)
    assert isinstance(SourceResult(success=False).to_result().error, SourceError)


def test_success_without_rows_is_still_success(metadata):
    result = SourceResult.ok([], metadata)
    assert result
    assert result.to_result() == Ok([])


@pytest.mark.parametrize("data", [[{"a": i} for i in range(5)], pa.table({"a": list(range(5))})], ids=["rows", "table"])
def test_rows_come_in_batches_too(data, metadata):
    assert [len(batch) for batch in SourceResult.ok(data, metadata).stream(2)] == [2, 2, 1]


def test_a_result_does_not_print_its_data(metadata):
    assert "secret" not in repr(SourceResult.ok([{"a": "secret"}], metadata))


def test_metadata_is_told_in_json(metadata):
    metadata.params = {"week": "20251215"}
    assert metadata.fetched_at.tzinfo is UTC
    told = json.loads(json.dumps(metadata.to_dict()))
    assert told == {
        "source_name": "s",
        "source_type": "file",
        "fetched_at": metadata.fetched_at.isoformat(),
        "content_changed": True,
        "params": {"week": "20251215"},
    }


def test_two_metadata_share_no_params():
    one, other = SourceMetadata("a", SourceType.HTTP), SourceMetadata("b", SourceType.HTTP)
    one.params["x"] = 1
    assert other.params == {}


def test_an_unchanged_result_is_a_success_without_data(metadata):
    result = SourceResult.unchanged(metadata)
    assert (result.success, result.data, result.table, result.raw_data, len(result)) == (True, None, None, None, 0)
    assert result.metadata.content_changed is False


def test_asking_an_unchanged_result_for_its_rows_says_that_nothing_has_changed(metadata):
    error = SourceResult.unchanged(metadata).to_result().error
    assert isinstance(error, SourceUnchangedError)
    assert str(error).startswith(f"source {metadata.source_name!r} has not changed since the last completed run")
    metadata.content_changed = False
    assert SourceResult.ok([{"a": 1}], metadata).to_result() == Ok([{"a": 1}]), "files are read again"
