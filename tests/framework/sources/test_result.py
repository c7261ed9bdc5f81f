"""Results of a fetch."""

from __future__ import annotations

import json
from datetime import UTC

import pyarrow as pa
import pytest

from spine.core.errors import ParseError, SourceError
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


READERS = {
    "data": lambda result: result.data,
    "table": lambda result: result.table,
    "raw_data": lambda result: result.raw_data,
    "stream": lambda result: result.stream(),
    "len": len,
}


@pytest.mark.parametrize("read", [READERS[name] for name in READERS if name != "raw_data"])
def test_raw_bytes_are_counted_and_have_no_rows(metadata, read):
    result = SourceResult.ok_raw(b"abc", metadata)
    assert (result.raw_data, metadata.bytes_fetched) == (b"abc", 3)
    assert result.to_result() == Ok(b"abc")
    with pytest.raises(SourceError, match="source 's': the fetch brought bytes, not rows: read raw_data"):
        read(result)


def test_a_failure_has_its_error_and_nothing_else():
    error = ParseError("bad")
    result = SourceResult.fail(error)
    assert (result.success, bool(result), result.error) == (False, False, error)
    assert result.to_result() == Err(error)
    assert isinstance(SourceResult(success=False).to_result().error, SourceError)


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_to_read_the_rows_of_a_failure_raises_its_error(read):
    error = ParseError("bad")
    with pytest.raises(ParseError) as caught:
        read(SourceResult.fail(error))
    assert caught.value is error


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


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_an_unchanged_result_is_a_success_whose_rows_were_not_sent(metadata, read):
    result = SourceResult.unchanged(metadata)
    assert (result.success, result.metadata.content_changed) == (True, False)
    with pytest.raises(SourceError, match="source 's': nothing has changed since the last fetch"):
        read(result)
    assert result.to_result().is_err()


def test_a_success_of_another_plugin_without_rows_says_so(metadata):
    with pytest.raises(SourceError, match="source 's': the fetch brought no rows"):
        SourceResult(metadata=metadata).data  # noqa: B018 - read to see it raise
