"""Delimited text as Arrow tables: every cell is text, exactly as it was written, unless a schema gives its type.

pyarrow.csv reads it. Text that pyarrow refuses or might misread is read by `Records`, which counts the lines.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from attrs import frozen

from spine.core.errors import ParseError
from spine.core.tables import require_arrow
from spine.formats.badrow import BadRow, OnBadRow
from spine.formats.beginning import OpenText, begun
from spine.formats.convert import convert
from spine.formats.dialect import DelimitedOptions
from spine.formats.fastcsv import BLOCK, STREAM_BLOCK, is_too_long, read_fast, stream_fast
from spine.formats.layout import Layout, read_layout, read_names
from spine.formats.records import Records
from spine.formats.textlines import LONGEST_LINE, Flaw
from spine.formats.utf8 import Quoted, Unsure

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DelimitedOptions", "DelimitedText", "read_delimited", "stream_delimited"]

_BATCH_ROWS = 10_000


@frozen
class DelimitedText:
    """A table of text columns; `renamed` maps each changed column name to the original."""

    table: pa.Table
    renamed: dict[str, str]


def read_delimited(
    data: bytes, options: DelimitedOptions, label: str, *, on_bad: OnBadRow | None = None
) -> DelimitedText:
    """Return the rows of a whole text; `label` names it in error texts.

    A bad row has too many or too few fields, bytes that are not of the encoding, a NUL byte, an unclosed quote
    or a cell that is not of its column's type. It goes to `on_bad`, or is a ParseError that names its line. A text
    without rows is a ParseError too, unless the options allow it or every row was bad.
    """
    return read_open_delimited(lambda: io.BytesIO(data), options, label, on_bad=on_bad)


def read_open_delimited(
    open_text: OpenText, options: DelimitedOptions, label: str, *, on_bad: OnBadRow | None = None
) -> DelimitedText:
    """Return the same as `read_delimited`, for a text that `open_text` opens, perhaps several times."""
    pa = require_arrow("Reading delimited text")
    bad = _Counted(on_bad)
    fast = _read_fast(pa, open_text, options, label)
    if fast is None:
        with begun(open_text, options, label) as (stream, said):
            layout = read_layout(stream, said, label)
        with begun(open_text, options, label) as (stream, said):
            table = _concatenated(pa, layout, options, _read_exactly(pa, stream, said, label, bad.handler))
    else:
        table, layout = fast
    _refuse_empty(table.num_rows + bad.count, options, label)
    return DelimitedText(table, layout.renamed)


def stream_delimited(
    open_text: OpenText, options: DelimitedOptions, label: str, *, on_bad: OnBadRow | None = None
) -> Iterator[pa.Table]:
    """Yield the rows in tables of a few thousand, in memory that does not depend on the length of the text.

    A text without rows is one table without rows.
    `open_text` opens it; it is called again if the rows have to be read a second time, slowly. Bad rows are handled as
    in `read_delimited`.
    """
    pa = require_arrow("Reading delimited text")
    done = 0
    for block in (STREAM_BLOCK, LONGEST_LINE):
        with begun(open_text, options, label) as (stream, said):
            tables = _after(done, stream_fast(pa, stream, said, label, block))
            try:
                while (table := next(tables, None)) is not None:
                    typed = _typed(table, options)
                    done += table.num_rows
                    yield typed
            except (pa.ArrowException, Unsure, UnicodeDecodeError) as error:
                if not is_too_long(error):
                    break
            else:
                _refuse_empty(done, options, label)
                if not done:
                    yield _without_rows(pa, open_text, options, label)
                return
    total, bad = 0, _Counted(on_bad)
    with begun(open_text, options, label) as (stream, said):
        for table in _read_exactly(pa, stream, said, label, bad.handler):
            total += table.num_rows
            if total > done:
                yield table.slice(max(0, table.num_rows - (total - done)))
    _refuse_empty(total + bad.count, options, label)
    if not total:
        yield _without_rows(pa, open_text, options, label)


def _without_rows(pa: Any, open_text: OpenText, options: DelimitedOptions, label: str) -> pa.Table:
    with begun(open_text, options, label) as (stream, said):
        return _concatenated(pa, read_layout(stream, said, label), said, iter(()))


def _read_fast(pa: Any, open_text: OpenText, options: DelimitedOptions, label: str) -> tuple[pa.Table, Layout] | None:
    """Return the result of pyarrow, None where it may be wrong."""
    block, quoted = BLOCK, options.quote_char is None
    while True:
        try:
            with begun(open_text, options, label) as (stream, said):
                table, layout = read_fast(pa, stream, said, label, block, quoted=quoted)
            return _typed(table, options), layout
        except Quoted:
            quoted = True
        except (pa.ArrowException, Unsure, UnicodeDecodeError) as error:
            if block == LONGEST_LINE or not is_too_long(error):
                return None
            block = LONGEST_LINE


class _Counted:
    """A counter of the bad rows passed to `on_bad`; none is counted twice, as the fast reader reports none."""

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


def _refuse_empty(rows: int, options: DelimitedOptions, label: str) -> None:
    if not rows and not options.allow_empty:
        what = "no rows" if options.column_names else "a header and no rows"
        raise ParseError(f"{label} has {what}; if that is right, say allow_empty = true")


def _read_exactly(
    pa: Any, stream: BinaryIO, options: DelimitedOptions, label: str, on_bad: OnBadRow | None
) -> Iterator[pa.Table]:
    with Records(stream, options, label, on_bad=on_bad) as records:
        names, _ = read_names(records, options, label)
        rows = records.rows(names)
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


def _concatenated(pa: Any, layout: Layout, options: DelimitedOptions, tables: Iterator[pa.Table]) -> pa.Table:
    fields = [(name, options.schema[name].arrow if name in options.schema else pa.string()) for name in layout.names]
    if options.line_column is not None:
        fields.append((options.line_column, pa.int64()))
    return pa.concat_tables([pa.schema(fields).empty_table(), *tables])
