"""Delimited text through pyarrow.csv: fast, and Unsure where pyarrow might read something differently."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from attrs import evolve

from spine.core.errors import ParseError
from spine.core.tables import require_arrow
from spine.framework.sources.dialect import DelimitedOptions
from spine.framework.sources.layout import Layout, read_layout
from spine.framework.sources.textlines import LONGEST_LINE
from spine.framework.sources.utf8 import Unsure, Utf8Stream

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK = 1 << 20  # bytes; a row that is longer needs blocks of LONGEST_LINE
_FIRST_LOOK = 1 << 16
_LONGEST_HEADER = 1 << 24


def read_fast(pa: Any, data: bytes, layout: Layout, options: DelimitedOptions) -> pa.Table:
    csv = require_arrow("Reading delimited text", "pyarrow.csv")
    _check_delimiters(options)
    text = data if options.is_utf8 else data.decode(options.encoding).encode()
    start = layout.offset(text)
    if text.find(b"\0", start) >= 0 or _has_comment(text, start, options) or _has_escapes(text, start, options):
        raise Unsure
    quoted = options.quote_char is not None and text.find(options.quote_char.encode(), start) >= 0
    if quoted and not text.endswith((b"\n", b"\r")):
        text += b"\n"  # so that an unclosed last field ends with a line end, and can be told
    body = pa.py_buffer(memoryview(text)[start:])
    parse = csv.ParseOptions(
        delimiter=options.delimiter, quote_char=options.quote_char if quoted else False, newlines_in_values=quoted
    )

    def read(block: int) -> pa.Table:
        how = csv.ReadOptions(column_names=layout.names, block_size=block)
        return csv.read_csv(pa.BufferReader(body), how, parse, _all_text(pa, csv, layout))

    try:
        table = read(BLOCK)
    except pa.ArrowInvalid as error:
        if not is_too_long(error):
            raise
        table = read(LONGEST_LINE)
    if quoted and _may_be_unclosed(table):
        raise Unsure
    if options.line_column is None:
        return table
    if _count_lines(text, start) != table.num_rows:  # blank lines or line ends in values
        raise Unsure
    return _with_lines(pa, table, options.line_column, layout.lines_before + 1)


def stream_fast(pa: Any, stream: BinaryIO, options: DelimitedOptions, label: str, block: int) -> Iterator[pa.Table]:
    csv = require_arrow("Reading delimited text", "pyarrow.csv")
    _check_delimiters(options)
    text = Utf8Stream(stream, options, _suspects(options))
    head, layout = _look_ahead(text, options, label)
    text.put_back(head[layout.offset(head) :])
    parse = csv.ParseOptions(
        delimiter=options.delimiter, quote_char=options.quote_char or False, newlines_in_values=bool(options.quote_char)
    )
    how = csv.ReadOptions(column_names=layout.names, block_size=block)
    line = layout.lines_before + 1
    held: pa.Table | None = None  # the last table is held back until it is known to be sound
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
    """Return what stops the fast reader when it occurs in a stream."""
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
    return "straddling" in str(error)  # pyarrow's word for a row that is longer than a block


def _all_text(pa: Any, csv: Any, layout: Layout) -> Any:
    return csv.ConvertOptions(
        column_types=dict.fromkeys(layout.names, pa.string()), strings_can_be_null=False, null_values=[]
    )


def _check_delimiters(options: DelimitedOptions) -> None:
    if not (options.delimiter + (options.quote_char or "")).isascii():
        raise Unsure


def _has_comment(text: bytes, start: int, options: DelimitedOptions) -> bool:
    if not options.comment:
        return False
    sign = options.comment.encode()
    return text.startswith(sign, start) or any(text.find(end + sign, start) >= 0 for end in (b"\n", b"\r"))


def _has_escapes(text: bytes, start: int, options: DelimitedOptions) -> bool:
    return options.escape_char is not None and text.find(options.escape_char.encode(), start) >= 0


def _may_be_unclosed(table: pa.Table) -> bool:
    last = table.column(table.num_columns - 1)
    return bool(len(last)) and last[len(last) - 1].as_py().endswith(("\n", "\r"))


def _count_lines(text: bytes, start: int) -> int:
    ends = text.count(b"\n", start) + text.count(b"\r", start) - text.count(b"\r\n", start)
    return ends + (len(text) > start and not text.endswith((b"\n", b"\r")))


def _with_lines(pa: Any, table: pa.Table, name: str, first: int) -> pa.Table:
    compute = require_arrow("Reading delimited text", "pyarrow.compute")
    ones = pa.repeat(pa.scalar(1, pa.int64()), table.num_rows)
    return table.append_column(name, compute.cumulative_sum(ones, start=first - 1))
