"""The header of delimited text: its column names, and the line on which its rows start."""

from __future__ import annotations

import re
from itertools import islice
from typing import BinaryIO

from attrs import frozen

from spine.core.errors import InvalidConfigError, ParseError
from spine.core.suggest import did_you_mean
from spine.formats.columnnames import distinct_names
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
        if options.column_names is None:
            header = records.header()
            before = records.lines.number
        else:
            header = list(options.column_names)
            first = next(records.lines, None)
            before = options.skip_rows if first is None else records.lines.record_start - 1
    names, renamed = distinct_names(header)
    check_names(names, options, label)
    return Layout(names, renamed, before)


def check_names(names: list[str], options: DelimitedOptions, label: str) -> None:
    """Raise the error for a schema or a line column that does not match these columns."""
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
