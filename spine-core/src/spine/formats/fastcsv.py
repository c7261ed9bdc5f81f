"""Delimited text through pyarrow.csv: fast, and raising Unsure where pyarrow might read something differently."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from attrs import evolve

from spine.core.errors import ParseError
from spine.core.tables import require_arrow
from spine.formats.dialect import DelimitedOptions
from spine.formats.layout import Layout, read_layout
from spine.formats.utf8 import Unsure, Utf8Stream

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK = 1 << 20  # bytes; a row that is longer needs blocks of LONGEST_LINE
STREAM_BLOCK = 1 << 18
_FIRST_LOOK = 1 << 16
_LONGEST_HEADER = 1 << 24


def read_fast(
    pa: Any, stream: BinaryIO, options: DelimitedOptions, label: str, block: int, *, quoted: bool
) -> tuple[pa.Table, Layout]:
    """Return all rows. Without `quoted` it is faster, and raises Quoted if there are quotes."""
    csv = require_arrow("Reading delimited text", "pyarrow.csv")
    _check_delimiters(options)
    quote = options.quote_char
    text = Utf8Stream(stream, options, _suspects(options), None if quoted or quote is None else quote.encode())
    head, layout = _look_ahead(text, options, label)
    text.put_back(head[layout.offset(head) :])
    how = csv.ReadOptions(column_names=layout.names, block_size=block)
    parse = _parse_options(csv, options, layout, quote if quoted else None)
    table = csv.read_csv(text, how, parse, _all_text(pa, csv, layout))
    if quoted and _may_be_unclosed(table):
        raise Unsure
    if options.line_column is not None:
        table = _with_lines(pa, table, options.line_column, layout.lines_before + 1)
    return table, layout


def stream_fast(pa: Any, stream: BinaryIO, options: DelimitedOptions, label: str, block: int) -> Iterator[pa.Table]:
    csv = require_arrow("Reading delimited text", "pyarrow.csv")
    _check_delimiters(options)
    text = Utf8Stream(stream, options, _suspects(options))
    head, layout = _look_ahead(text, options, label)
    text.put_back(head[layout.offset(head) :])
    parse = _parse_options(csv, options, layout, options.quote_char)
    # one thread, as more would read ahead: a stream must use little memory
    how = csv.ReadOptions(column_names=layout.names, block_size=block, use_threads=False)
    line = layout.lines_before + 1
    held: pa.Table | None = None  # the last table is held back until it is known to be complete
    with csv.open_csv(text, how, parse, _all_text(pa, csv, layout)) as batches:
        for batch in batches:
            if not batch.num_rows:
                continue
            if held is not None:
                yield held
            held = pa.Table.from_batches([batch])
            if options.line_column is not None:
                held = _with_lines(pa, held, options.line_column, line)
                line += batch.num_rows
    if held is not None and options.quote_char and _may_be_unclosed(held.select(layout.names)):
        raise Unsure
    if held is not None:
        yield held


def _look_ahead(text: Utf8Stream, options: DelimitedOptions, label: str) -> tuple[bytes, Layout]:
    plain = evolve(options, encoding="utf-8")
    head, size = b"", _FIRST_LOOK
    while True:
        more = text.read(size)
        head += more
        try:
            layout = read_layout(io.BytesIO(head), plain, label)
            if not more or layout.offset(head) < len(head):
                return head, layout
        except ParseError:
            if not more or len(head) > _LONGEST_HEADER:
                raise Unsure from None
        size *= 2


def _suspects(options: DelimitedOptions) -> tuple[bytes, ...]:
    """Return the byte sequences that stop the fast reader."""
    suspects = [b"\0"]
    if options.escape_char:
        suspects.append(options.escape_char.encode())
    if options.comment:
        suspects += [end + options.comment.encode() for end in (b"\n", b"\r")]
    if options.line_column is not None:
        suspects += [b"\n\n", b"\n\r", b"\r\r"]
        suspects += [options.quote_char.encode()] if options.quote_char else []
    return tuple(suspects)


def is_too_long(error: Exception) -> bool:
    return "straddling" in str(error)  # in pyarrow's error for a row that is longer than a block


def _parse_options(csv: Any, options: DelimitedOptions, layout: Layout, quote: str | None) -> Any:
    return csv.ParseOptions(
        delimiter=options.delimiter,
        quote_char=quote or False,
        newlines_in_values=quote is not None,
        ignore_empty_lines=len(layout.names) > 1,  # of a single column, a blank line is a cell
    )


def _all_text(pa: Any, csv: Any, layout: Layout) -> Any:
    return csv.ConvertOptions(
        column_types=dict.fromkeys(layout.names, pa.string()), strings_can_be_null=False, null_values=[]
    )


def _check_delimiters(options: DelimitedOptions) -> None:
    if not (options.delimiter + (options.quote_char or "")).isascii():
        raise Unsure


def _may_be_unclosed(table: pa.Table) -> bool:
    last = table.column(table.num_columns - 1)
    return bool(len(last)) and last[len(last) - 1].as_py().endswith(("\n", "\r"))


def _with_lines(pa: Any, table: pa.Table, name: str, first: int) -> pa.Table:
    compute = require_arrow("Reading delimited text", "pyarrow.compute")
    ones = pa.repeat(pa.scalar(1, pa.int64()), table.num_rows)
    return table.append_column(name, compute.cumulative_sum(ones, start=first - 1))
