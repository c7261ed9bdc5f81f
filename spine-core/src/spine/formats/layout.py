"""The header of delimited text: its column names, and the line on which its rows start."""

from __future__ import annotations

import re
from itertools import islice, zip_longest
from typing import BinaryIO

from attrs import frozen

from spine.core.errors import InvalidConfigError, ParseError
from spine.formats.columnnames import check_columns, distinct_names
from spine.formats.dialect import DelimitedOptions
from spine.formats.records import Records

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"


@frozen
class Layout:
    """The column names, made distinct; `renamed` maps those that were changed to the original."""

    names: list[str]
    renamed: dict[str, str]
    lines_before: int

    def offset(self, data: bytes) -> int:
        if not self.lines_before:
            return len(_BOM) if data.startswith(_BOM) else 0
        ends = islice(_LINE_END.finditer(data), self.lines_before - 1, None)
        end = next(ends, None)
        return len(data) if end is None else end.end()


def read_layout(stream: BinaryIO, options: DelimitedOptions, label: str) -> Layout:
    """Read the header, and skip the lines before it."""
    with Records(stream, options, label) as records:
        names, renamed = read_names(records, options, label)
        if options.column_names is None:
            before = records.lines.number
        else:
            first = next(records.lines, None)
            before = options.skip_rows if first is None else records.lines.record_start - 1
    return Layout(names, renamed, before)


def read_names(records: Records, options: DelimitedOptions, label: str) -> tuple[list[str], dict[str, str]]:
    """Return the names of the columns, given or in the header, and the originals of those that were changed."""
    names, renamed = distinct_names(list(options.column_names or ()) or _header(records, options.header_rows))
    for new, old in options.aliases.items():
        if old in names:
            if new in names:
                raise ParseError(f"{label} has both columns {old!r} and {new!r}: take {new!r} out of aliases")
            names[names.index(old)] = new
            renamed[new] = renamed.pop(old, old)
    check_names(names, options, label)
    return names, renamed


def _header(records: Records, rows: int) -> list[str]:
    """Return the header; the cells of several lines are joined column by column, blank ones left out."""
    lines = [records.header() for _ in range(rows)]
    if rows == 1:
        return lines[0]
    columns = zip_longest(*lines, fillvalue="")
    return [" ".join(cell.strip() for cell in cells if cell.strip()) for cells in columns]


def check_names(names: list[str], options: DelimitedOptions, label: str) -> None:
    """Raise the error for a schema or a line column that does not match these columns."""
    check_columns(names, options.schema, label, ", which the schema names")
    if options.line_column in names:
        raise InvalidConfigError(
            "line_column",
            options.line_column,
            f"{label} has a column {options.line_column!r} already: choose another name for line_column",
        )
