"""COPY of record batches: several together, up to some bytes."""

from __future__ import annotations

import pyarrow as pa
import pytest

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.core.errors import QueryError
from spine_db_postgres import copying


def batches(count: int) -> list[pa.RecordBatch]:
    return [pa.record_batch({"a": [f"{number:010}"]}) for number in range(count)]  # 13 bytes each


def test_batches_are_sent_together_until_they_are_a_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "PIECE", 30)
    pieces = list(copying.in_pieces(batches(7)))
    assert [rows for _, rows in pieces] == [3, 3, 1]
    assert b"".join(text for text, _ in pieces) == b"".join(b'"%010d"\n' % number for number in range(7))


def test_nothing_is_sent_without_rows() -> None:
    assert list(copying.in_pieces([pa.record_batch({"a": pa.array([], pa.string())})])) == []


@pytest.fixture
def adapter(postgres_url: str) -> DatabaseAdapter:
    return get_adapter(postgres_url)


def test_an_error_in_a_later_piece_names_its_row(adapter: DatabaseAdapter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "PIECE", 30)
    rows = [{"a": "1"}] * 20_000 + [{"a": "x"}]
    with adapter:
        adapter.execute("CREATE TABLE pieces (a integer)")
        with pytest.raises(QueryError, match="row 20001"):
            adapter.bulk_load("pieces", rows)
        adapter.execute("DROP TABLE pieces")
