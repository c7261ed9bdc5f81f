"""Record batches by COPY: pyarrow writes the CSV, libpq sends it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import psycopg
import sqlalchemy
from psycopg.sql import SQL, Composed, Identifier
from sqlalchemy import TableClause

from spine.core.tables import require_arrow
from spine_db_postgres.errors import ROW, copied_line

if TYPE_CHECKING:
    import pyarrow as pa

PIECE = 2 << 20  # bytes of a COPY: each costs a round trip and the end of a bulk insert


def copy_batches(connection: sqlalchemy.Connection, table: TableClause, batches: Iterable[pa.RecordBatch]) -> int:
    """Send record batches to a table; return how many rows they have.

    While a COPY runs, the connection cannot run the query that reads the next batch: each takes the text of some.
    """
    driver: Any = connection.connection.driver_connection
    statement = _statement(table)
    count = 0
    with driver.cursor() as cursor:
        for text, rows in in_pieces(batches):
            try:
                with cursor.copy(statement) as copy:
                    copy.write(text)
            except psycopg.Error as error:
                if (line := copied_line(error)) is not None:
                    setattr(error, ROW, count + _row_at(text, line))
                raise
            count += rows
    return count


def in_pieces(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[bytes, int]]:
    """Yield the batches as CSV, several together up to PIECE bytes, with the number of their rows."""
    texts: list[bytes] = []
    size = rows = 0
    for batch in batches:
        texts.append(_csv(batch))
        size, rows = size + len(texts[-1]), rows + batch.num_rows
        if size >= PIECE:
            yield b"".join(texts), rows
            texts.clear()
            size = rows = 0
    if rows:
        yield b"".join(texts), rows


def _row_at(text: bytes, line: int) -> int:
    """Return the number of the row that ends on a line; a quoted text may have several lines."""
    reader = csv.reader(io.StringIO(text.decode(), newline="\n"))
    return next((number for number, _ in enumerate(reader, 1) if reader.line_num >= line), line)


def _statement(table: TableClause) -> Composed:
    # psycopg quotes here, as SQLAlchemy would double every % of a name
    name = Identifier(*filter(None, [table.schema, table.name]))
    columns = SQL(", ").join(Identifier(column.name) for column in table.columns)
    return SQL("COPY {} ({}) FROM STDIN (FORMAT csv, ENCODING 'UTF8')").format(name, columns)


def _csv(batch: pa.RecordBatch) -> bytes:
    """Return a batch as CSV, in which every text is quoted and null is an empty field without quotes."""
    pa = require_arrow("Loading in bulk")
    writer = require_arrow("Loading in bulk", "pyarrow.csv")
    columns = [_bytea(pa, column) for column in batch.columns]
    names = [str(position) for position in range(len(columns))]
    sink = pa.BufferOutputStream()
    options = writer.WriteOptions(include_header=False, batch_size=max(batch.num_rows, 1))
    writer.write_csv(pa.record_batch(columns, names=names), sink, options)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _bytea(pa: Any, column: pa.Array) -> pa.Array:
    """Return a binary column as hexadecimal text, any other as it is."""
    if not (pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)):
        return column
    return pa.array([None if value is None else rf"\x{value.hex()}" for value in column.to_pylist()], pa.string())
