"""The rows of one page, in any format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

from attrs import define, evolve, field, frozen

from spine.core.errors import ParseError
from spine.core.plain_text import one_line
from spine.core.tables import require_arrow, to_rows
from spine.formats.columnar import ColumnarFile
from spine.formats.commontypes import common_types, widened
from spine.formats.delimited import DelimitedOptions, read_delimited, stream_delimited
from spine.formats.jsonpath import value_at
from spine.formats.jsontext import guessed_key, json_lines, nested_path, parse_json, read_json_lines, rows_at, rows_in
from spine.framework.sources.warnings import warn
from spine_sources_http.config import HttpSourceConfig
from spine_sources_http.mediatype import SNIFFED, MediaType, refuse_container, refuse_page
from spine_sources_http.responseformat import ResponseFormat

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]

_ERROR_KEYS = ("error", "errors", "fault", "exception")
_SHOWN_CHARACTERS = 200


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


@frozen
class Reading:
    """Reading of a page: its name in errors, its type, and whether it may be empty.

    `may_be_empty` says that a page without rows is the end and no error, `is_later` that it is not page 1.
    """

    options: HttpSourceConfig
    label: str
    media: MediaType
    may_be_empty: bool = False
    is_later: bool = False

    @property
    def encoding(self) -> str:
        return self.media.encoding(self.options.encoding)

    def corrected(self, body: BinaryIO) -> Reading:
        """Return this for what the body shows of its encoding, where the options say none."""
        if self.options.encoding is not None or self.options.format.columnar is not None:
            return self
        return evolve(self, media=self.media.corrected(body))

    @property
    def delimited(self) -> DelimitedOptions:
        allow_empty = self.options.allow_empty or self.may_be_empty
        return evolve(self.options.delimited, allow_empty=allow_empty, encoding=self.encoding)

    @property
    def accepts_nothing(self) -> bool:
        """True where a page without a byte is one without rows."""
        is_document = self.options.format is ResponseFormat.JSON
        return self.may_be_empty or (is_document and self.options.allow_empty)

    def check(self, start: bytes) -> None:
        """Refuse a page that is something else by its first bytes."""
        refuse_page(start, self.media, self.options.format.delimiter and self.delimited.delimiter, self.label)
        if self.options.format.columnar is None:
            refuse_container(start, self.label)


def read_content(data: bytes, reading: Reading) -> Content:
    """Return a page as a whole."""
    options, label = reading.options, reading.label
    if reading.accepts_nothing and not data.strip():
        return Content(rows=[])
    reading.check(data[:SNIFFED])
    reading = reading.corrected(BytesIO(data))
    if options.format is ResponseFormat.JSON:
        document = parse_json(data, label, reading.encoding)
        return Content(rows=_document_rows(document, reading), document=document)
    if options.format is ResponseFormat.JSONL:
        return Content(rows=list(_json_lines(BytesIO(data), reading)))
    if options.format.columnar is not None:
        file = ColumnarFile(BytesIO(data), label, options.format.columnar, options.max_bytes)
        return Content(table=file.read(None), renamed=file.renamed)
    text = read_delimited(data, reading.delimited, label)
    return Content(table=text.table, renamed=text.renamed)


def stream_content(file: BinaryIO, reading: Reading, batch_size: int, same: SameColumns) -> Iterator[list[Row]]:
    """Yield the rows of a page whose format needs no document in memory, in lists of any length."""
    options, label = reading.options, reading.label
    file.seek(0)
    reading.check(file.read(SNIFFED))
    reading = reading.corrected(file)
    file.seek(0)
    if options.format is ResponseFormat.JSONL:
        yield from ([row] for row in _json_lines(file, reading))
        return
    if options.format.columnar is not None:
        columnar = ColumnarFile(file, label, options.format.columnar, options.max_bytes)
        same.check_types(columnar.schema(None), label)
        yield from map(to_rows, columnar.stream(None, batch_size))
        return

    def opened() -> AbstractContextManager[BinaryIO]:
        file.seek(0)
        return nullcontext(file)

    yield from map(to_rows, stream_delimited(opened, reading.delimited, label))


class SameColumns:
    """Check that the rows of all pages in a stream have the same columns, as the tables of a fetch must."""

    def __init__(self, options: HttpSourceConfig) -> None:
        self._is_table = options.format.delimiter is not None or options.format.columnar is not None
        self._first: tuple[list[str], str] | None = None
        self._schemas: list[tuple[str, pa.Schema]] = []

    def check(self, rows: list[Row], label: str) -> None:
        if not self._is_table or not rows:
            return
        names = list(rows[0])
        first, first_label = self._first = self._first or (names, label)
        if sorted(names) != sorted(first):
            raise _other_columns(label, first_label)

    def check_types(self, schema: pa.Schema, label: str) -> None:
        """Refuse a page whose types have nothing in common with those of the pages before."""
        arrow = require_arrow("Reading several pages")
        self._schemas = [*self._schemas, (label, schema)]
        types = common_types(self._schemas)
        self._schemas = [(self._schemas[0][0], arrow.schema(list(types.items())))]


def joined(contents: Sequence[tuple[Content, str]]) -> Any:
    """Return the rows of all pages as one table, or as one list; the text beside each page is its name in errors."""
    tables = [(content.table, label) for content, label in contents if content.table is not None]
    if not tables:
        return [row for content, _ in contents for row in content.rows or ()]
    first, first_label = tables[0]
    alike = [(_like(table, label, first, first_label), label) for table, label in tables]
    types = common_types((label, table.schema) for table, label in alike)
    arrow = require_arrow("Reading several pages")
    return arrow.concat_tables([widened(table, types, label) for table, label in alike])


def _like(table: Any, label: str, first: Any, first_label: str) -> Any:
    if sorted(table.column_names) != sorted(first.column_names):
        raise _other_columns(label, first_label)
    return table.select(first.column_names)


def _other_columns(label: str, first_label: str) -> ParseError:
    return ParseError(f"{label} has other columns than {first_label}: give column_names, or read the pages separately")


def _json_lines(file: BinaryIO, reading: Reading) -> Iterator[Row]:
    allow_empty = reading.options.allow_empty or reading.may_be_empty
    lines = json_lines(file, reading.encoding)
    return (row for _, row in read_json_lines(lines, reading.label, reading.encoding, allow_empty=allow_empty))


def _document_rows(document: Any, reading: Reading) -> list[Row]:
    options, label = reading.options, reading.label
    if options.json_path is None:
        return _guessed_rows(document, reading)
    found = value_at(document, options.json_path)
    if found is not None:
        return rows_at(document, options.json_path, label)
    if (error := _error_in(document)) is not None:
        raise ParseError(f"{label} has no {options.json_path!r}, and says: {error}")
    if reading.is_later or options.allow_empty:
        return []
    return rows_at(document, options.json_path, label)


def _guessed_rows(document: Any, reading: Reading) -> list[Row]:
    pagination = reading.options.pagination
    if pagination is None:
        return rows_in(document, reading.label, warn)

    known = "so that the rows of its pages are known"
    key = guessed_key(document)
    if key is None and (path := nested_path(document)) is not None:
        raise ParseError(f'{reading.label} has objects in an array at {path}: set json_path, such as "{path}", {known}')

    def refuse(_: str) -> None:
        raise ParseError(f'{reading.label} has other keys beside {key!r}: set json_path, such as "{key}", {known}')

    return rows_in(document, reading.label, refuse, beside=pagination.own_keys)


def _error_in(document: Any) -> str | None:
    """Return what an object says of an error, as some servers send one with the status 200."""
    said = next((document[key] for key in _ERROR_KEYS if isinstance(document, dict) and document.get(key)), None)
    return None if said is None else one_line(str(said))[:_SHOWN_CHARACTERS]
