"""The rows of one page, in any format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

from attrs import define, evolve, field

from spine.core.errors import ParseError
from spine.core.tables import require_arrow, to_rows
from spine.formats.columnar import ColumnarFile
from spine.formats.delimited import DelimitedOptions, read_delimited, stream_delimited
from spine.formats.jsontext import json_lines, parse_json, read_json_lines, rows_in, value_at
from spine_sources_http.config import HttpSourceConfig, ResponseFormat

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]


@define
class Content:
    """The content of a page: rows, a table or bytes; `document` is the JSON that the next page may be found in."""

    rows: list[Row] | None = None
    table: pa.Table | None = None
    document: Any = None
    raw: bytes | None = None
    renamed: dict[str, str] = field(factory=dict)

    def __len__(self) -> int:
        return len(self.rows or ()) if self.table is None else int(self.table.num_rows)


def read_content(data: bytes, options: HttpSourceConfig, label: str, *, may_be_empty: bool) -> Content:
    """Return a page as a whole; `may_be_empty` says that a page without rows is the end and no error."""
    if not data and may_be_empty:
        return Content(rows=[])
    if options.format is ResponseFormat.JSON:
        document = parse_json(data, label, options.encoding)
        return Content(rows=_rows_at(document, options.json_path, label), document=document)
    if options.format is ResponseFormat.JSONL:
        return Content(rows=list(_json_lines(BytesIO(data), options, label, may_be_empty=may_be_empty)))
    if options.format.columnar is not None:
        file = ColumnarFile(BytesIO(data), label, options.format.columnar, options.max_bytes)
        return Content(table=file.read(None), renamed=file.renamed)
    text = read_delimited(data, _delimited(options, may_be_empty=may_be_empty), label)
    return Content(table=text.table, renamed=text.renamed)


def stream_content(
    file: BinaryIO, options: HttpSourceConfig, label: str, batch_size: int, *, may_be_empty: bool
) -> Iterator[list[Row]]:
    """Yield the rows of a page whose format needs no document in memory, in lists of any length."""
    file.seek(0)
    if options.format is ResponseFormat.JSONL:
        yield from ([row] for row in _json_lines(file, options, label, may_be_empty=may_be_empty))
        return
    if options.format.columnar is not None:
        columnar = ColumnarFile(file, label, options.format.columnar, options.max_bytes)
        yield from map(to_rows, columnar.stream(None, batch_size))
        return

    def opened() -> AbstractContextManager[BinaryIO]:
        file.seek(0)
        return nullcontext(file)

    yield from map(to_rows, stream_delimited(opened, _delimited(options, may_be_empty=may_be_empty), label))


def joined(contents: Sequence[tuple[Content, str]]) -> Any:
    """Return the rows of all pages as one table, or as one list; the text beside each page is its name in errors."""
    tables = [(content.table, label) for content, label in contents if content.table is not None]
    if not tables:
        return [row for content, _ in contents for row in content.rows or ()]
    first, first_label = tables[0]
    arrow = require_arrow("Reading several pages")
    try:
        return arrow.concat_tables([_like(table, label, first, first_label) for table, label in tables])
    except arrow.ArrowInvalid as error:
        raise ParseError(
            f"the pages after {first_label} have other column types: read them separately", cause=error
        ) from error


def _like(table: Any, label: str, first: Any, first_label: str) -> Any:
    if sorted(table.column_names) != sorted(first.column_names):
        raise ParseError(
            f"{label} has other columns than {first_label}: give column_names, or read the pages separately"
        )
    return table.select(first.column_names)


def _delimited(options: HttpSourceConfig, *, may_be_empty: bool) -> DelimitedOptions:
    return evolve(options.delimited, allow_empty=True) if may_be_empty else options.delimited


def _json_lines(file: BinaryIO, options: HttpSourceConfig, label: str, *, may_be_empty: bool) -> Iterator[Row]:
    allow_empty = options.allow_empty or may_be_empty
    lines = json_lines(file, options.encoding)
    return (row for _, row in read_json_lines(lines, label, options.encoding, allow_empty=allow_empty))


def _rows_at(document: Any, path: str | None, label: str) -> list[Row]:
    if path is None:
        return rows_in(document, label)
    found = value_at(document, path)
    if found is None:
        raise ParseError(f"{label}: there is nothing at the JSON path {path!r}; check json_path")
    return rows_in(found if isinstance(found, list) else [found], f"{label}, at {path!r}")
