"""Delimited text as Arrow tables: every cell is text, letter by letter as it was written, unless a schema says more.

pyarrow.csv reads it. What pyarrow refuses, or might read differently, is left to `Records`, which knows the lines.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from attrs import evolve, frozen

from spine.core.errors import InvalidConfigError, ParseError
from spine.core.suggest import did_you_mean
from spine.core.tables import require_arrow
from spine.framework.sources.badrows import BadRow, OnBadRow
from spine.framework.sources.convert import convert
from spine.framework.sources.dialect import DelimitedOptions
from spine.framework.sources.records import Records
from spine.framework.sources.textlines import LONGEST_LINE, Flaw
from spine.framework.sources.utf8 import Unsure, Utf8Stream

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DelimitedOptions", "DelimitedText", "read_delimited", "stream_delimited"]

OpenText = Callable[[], AbstractContextManager[BinaryIO]]

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"
_BATCH_ROWS = 10_000
_BLOCK = 1 << 20  # bytes
_FIRST_LOOK = 1 << 16
_LONGEST_HEADER = 1 << 24


@frozen
class DelimitedText:
    """A table of text columns; `renamed` maps the new name of a column to the one that an earlier column has too."""

    table: pa.Table
    renamed: dict[str, str]


@frozen
class _Layout:
    """Where the rows start, and what their columns are called."""

    header: list[str]
    names: list[str]
    renamed: dict[str, str]
    lines_before: int

    def offset(self, data: bytes) -> int:
        if not self.lines_before:
            return len(_BOM) if data.startswith(_BOM) else 0
        ends = islice(_LINE_END.finditer(data), self.lines_before - 1, None)
        end = next(ends, None)
        return len(data) if end is None else end.end()


def read_delimited(
    data: bytes, options: DelimitedOptions, label: str, *, on_bad: OnBadRow | None = None
) -> DelimitedText:
    """Return the rows of a whole text; `label` is what error sentences call it.

    A bad row has too many or too few fields, bytes that are not of the encoding, a NUL byte, a quote that never closes
    or a cell that is not of its column's type. It goes to `on_bad`, or is a ParseError that names its line. Without
    rows it is a ParseError too, unless the options allow it or every row was bad.
    """
    pa = require_arrow("Reading delimited text")
    layout = _read_layout(io.BytesIO(data), options, label)
    bad = _Counted(on_bad)
    try:
        table = _typed(_read_fast(pa, data, layout, options), options)
    except (pa.ArrowException, Unsure, UnicodeDecodeError):
        table = _concatenated(pa, layout, options, _read_exactly(pa, io.BytesIO(data), options, label, bad.handler))
    _refuse_empty(table.num_rows + bad.count, options, label)
    return DelimitedText(table, layout.renamed)


def stream_delimited(
    open_text: OpenText, options: DelimitedOptions, label: str, *, on_bad: OnBadRow | None = None
) -> Iterator[pa.Table]:
    """Yield the rows in tables of a few thousand, in memory that does not depend on the length of the text.

    `open_text` opens it; it is called again where the rows have to be read a second time, slowly. Bad rows are as in
    `read_delimited`.
    """
    pa = require_arrow("Reading delimited text")
    done = 0
    for block in (_BLOCK, LONGEST_LINE):
        with open_text() as stream:
            tables = _after(done, _stream_fast(pa, stream, options, label, block))
            try:
                while (table := next(tables, None)) is not None:
                    typed = _typed(table, options)
                    done += table.num_rows
                    yield typed
            except (pa.ArrowException, Unsure, UnicodeDecodeError) as error:
                if not _is_too_long(error):
                    break
            else:
                _refuse_empty(done, options, label)
                return
    total, bad = 0, _Counted(on_bad)
    with open_text() as stream:
        for table in _read_exactly(pa, stream, options, label, bad.handler):
            total += table.num_rows
            if total > done:
                yield table.slice(max(0, table.num_rows - (total - done)))
    _refuse_empty(total + bad.count, options, label)


class _Counted:
    """Counts the bad rows on their way to `on_bad`; they are not read a second time, as the fast reader has none."""

    def __init__(self, on_bad: OnBadRow | None) -> None:
        self.count = 0
        self._on_bad = on_bad

    @property
    def handler(self) -> OnBadRow | None:
        return None if self._on_bad is None else self._add

    def _add(self, row: BadRow) -> None:
        assert self._on_bad is not None
        self.count += 1
        self._on_bad(row)


def _after(done: int, tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Yield the tables without the first `done` rows."""
    for table in tables:
        if done < table.num_rows:
            yield table.slice(done)
        done = max(0, done - table.num_rows)


def _typed(table: pa.Table, options: DelimitedOptions) -> pa.Table:
    typed, bad = convert(table, options.schema, options.null_values)
    if bad:
        raise Unsure
    return typed


def _is_too_long(error: Exception) -> bool:
    return "straddling" in str(error)  # pyarrow's word for a row that is longer than a block


def _read_layout(stream: BinaryIO, options: DelimitedOptions, label: str) -> _Layout:
    with Records(stream, options, label) as records:
        if options.column_names is None:
            header = records.header()
            before = records.lines.number
        else:
            header = list(options.column_names)
            first = next(records.lines, None)
            before = options.skip_rows if first is None else records.lines.record_start - 1
    names, renamed = _distinct(header)
    for name in options.schema:
        if name not in names:
            known = did_you_mean(name, names)
            raise ParseError(f"{label} has no column {name!r}, which the schema names{known}")
    if options.line_column in names:
        raise InvalidConfigError(
            "line_column",
            options.line_column,
            f"{label} has a column {options.line_column!r} already: choose another name for line_column",
        )
    return _Layout(header, names, renamed, before)


def _distinct(header: list[str]) -> tuple[list[str], dict[str, str]]:
    written, given = set(header), set[str]()
    names: list[str] = []
    renamed: dict[str, str] = {}
    for name in header:
        free, number = name, 2
        while free in given or (free != name and free in written):
            free, number = f"{name}_{number}", number + 1
        if free != name:
            renamed[free] = name
        given.add(free)
        names.append(free)
    return names, renamed


def _refuse_empty(rows: int, options: DelimitedOptions, label: str) -> None:
    if not rows and not options.allow_empty:
        what = "no rows" if options.column_names else "a header and no rows"
        raise ParseError(f"{label} has {what}; if that is right, say allow_empty = true")


def _read_fast(pa: Any, data: bytes, layout: _Layout, options: DelimitedOptions) -> pa.Table:
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
        table = read(_BLOCK)
    except pa.ArrowInvalid as error:
        if not _is_too_long(error):
            raise
        table = read(LONGEST_LINE)
    if quoted and _may_be_unclosed(table):
        raise Unsure
    if options.line_column is None:
        return table
    if _count_lines(text, start) != table.num_rows:  # blank lines or line ends in values
        raise Unsure
    return _with_lines(pa, table, options.line_column, layout.lines_before + 1)


def _stream_fast(
    pa: Any, stream: BinaryIO, options: DelimitedOptions, label: str, block: int
) -> Iterator[pa.Table]:
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


def _look_ahead(text: Utf8Stream, options: DelimitedOptions, label: str) -> tuple[bytes, _Layout]:
    plain = evolve(options, encoding="utf-8")
    head, size = b"", _FIRST_LOOK
    while True:
        more = text.read(size)
        head += more
        try:
            layout = _read_layout(io.BytesIO(head), plain, label)
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


def _read_exactly(
    pa: Any, stream: BinaryIO, options: DelimitedOptions, label: str, on_bad: OnBadRow | None
) -> Iterator[pa.Table]:
    with Records(stream, options, label, on_bad=on_bad) as records:
        header = list(options.column_names or ()) or records.header()
        names, _ = _distinct(header)
        rows = records.rows(header)
        while batch := list(islice(rows, _BATCH_ROWS)):
            columns = zip(*(row.fields for row in batch), strict=True)
            table = pa.table({name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)})
            table, bad = convert(table, options.schema, options.null_values)
            if options.line_column is not None:
                table = table.append_column(options.line_column, pa.array([row.line for row in batch], pa.int64()))
            first = {cell.row: cell for cell in reversed(bad)}
            for row in sorted(first):
                records.refuse(batch[row].line, batch[row].raw, Flaw(first[row].reason, "correct it, or the schema"))
            yield _without(pa, table, first)


def _without(pa: Any, table: pa.Table, rows: Collection[int]) -> pa.Table:
    return table.take(pa.array([row for row in range(table.num_rows) if row not in rows])) if rows else table


def _concatenated(pa: Any, layout: _Layout, options: DelimitedOptions, tables: Iterator[pa.Table]) -> pa.Table:
    fields = [(name, options.schema[name].arrow if name in options.schema else pa.string()) for name in layout.names]
    if options.line_column is not None:
        fields.append((options.line_column, pa.int64()))
    return pa.concat_tables([pa.schema(fields).empty_table(), *tables])


def _all_text(pa: Any, csv: Any, layout: _Layout) -> Any:
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
