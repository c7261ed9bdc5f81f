"""Reader of one file of any format, as a table or as rows, whole or in parts."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO

from attrs import define, field

from spine.core.errors import ParseError
from spine.formats.badrow import OnBadRow
from spine.formats.beginning import OpenText
from spine.formats.columnar import ColumnarFile
from spine.formats.delimited import read_open_delimited, stream_delimited
from spine.formats.fileformat import COLUMNAR, Compression, FileFormat, detect_compression
from spine.formats.jsontext import json_lines, read_json, read_json_lines
from spine.framework.sources.warnings import warn
from spine_sources_file.columns import Row, rows_with_path, select, select_rows
from spine_sources_file.config import FileSourceConfig
from spine_sources_file.files import LocalFile, StoredFile
from spine_sources_file.stored import HashedFile, OpenFile, StoredBytes, opened

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = (FileFormat.JSON, FileFormat.JSONL)


@define
class Part:
    """Part of a fetch that comes from one file, with the file's stored size in bytes."""

    label: str
    digest: str = ""
    size: int = 0
    modified: datetime | None = None
    rows: list[Row] | None = None
    table: pa.Table | None = None
    renamed: dict[str, str] = field(factory=dict)

    @property
    def row_count(self) -> int:
        return len(self.rows or []) if self.table is None else int(self.table.num_rows)


class FileReader:
    """Reader of files with the options of a source."""

    def __init__(self, options: FileSourceConfig) -> None:
        self._options = options
        self._format = options.file_format
        self._delimited = options.delimited

    @property
    def has_types(self) -> bool:
        """True if the format has columns with types of its own."""
        return self._format in COLUMNAR

    @property
    def gives_rows(self) -> bool:
        """True if the format has rows with varying keys, and no columns."""
        return self._format in _ROWS

    def read(self, file: StoredFile, on_bad: OnBadRow | None) -> Part:
        """Return the whole content of a file."""
        part = Part(file.label)
        if self._format in COLUMNAR and isinstance(file, LocalFile) and detect_compression(file.label) is None:
            source = OpenFile(file, self._options.max_bytes)
            with source.hashed() as opened_file:
                self._read_columnar(opened_file, part)
            part.size, part.modified, part.digest = source.size, source.modified, source.digest
            return part
        if self._format.delimiter is not None and detect_compression(file.label) is not Compression.ZIP:
            hashed = HashedFile(file, self._options.max_bytes)
            self._read_delimited(hashed.open, part, on_bad)
            part.size, part.modified, part.digest = hashed.size, hashed.modified, hashed.digest
            return part
        stored = StoredBytes(file, self._options.max_bytes, self._options.member)
        with stored.hashed():
            self._parse(stored.content(), part, on_bad)
        part.size, part.modified, part.digest = stored.size, stored.modified, stored.digest
        return part

    def tables(self, file: StoredFile, batch_size: int, on_bad: OnBadRow | None) -> Iterator[pa.Table]:
        """Yield the tables of a file with columns, in memory independent of its size."""
        if self._format not in COLUMNAR:
            opener = lambda: opened(file, self._options.max_bytes, self._options.member)  # noqa: E731
            for table in stream_delimited(opener, self._delimited, file.label, on_bad=on_bad):
                yield select(table, self._options.columns, file.label, beside=self._options.line_column)
            return
        with self._seekable(file) as stream:
            columnar = ColumnarFile(stream, file.label, self._format, self._options.max_bytes)
            for table in columnar.stream(self._options.columns, batch_size):
                yield select(table, self._options.columns, file.label)

    def schema(self, file: StoredFile) -> pa.Schema:
        """Return the schema of a file of a columnar format."""
        with self._seekable(file) as stream:
            columnar = ColumnarFile(stream, file.label, self._format, self._options.max_bytes)
            return columnar.schema(self._options.columns)

    def rows(self, file: StoredFile, on_bad: OnBadRow | None) -> Iterator[Row]:
        """Yield the rows of a file of JSON Lines, in memory independent of its size."""
        with opened(file, self._options.max_bytes, self._options.member) as stream:
            yield from self._json_lines(stream, file.label, on_bad)

    def _parse(self, content: bytes, part: Part, on_bad: OnBadRow | None) -> None:
        options = self._options
        if self._format is FileFormat.JSON:
            found = read_json(content, part.label, options.encoding, path=options.json_path, warn=warn)
            part.rows = list(self._finished(iter(found), part.label))
        elif self._format is FileFormat.JSONL:
            part.rows = list(self._json_lines(io.BytesIO(content), part.label, on_bad))
        elif self._format in COLUMNAR:
            self._read_columnar(io.BytesIO(content), part)
        else:
            self._read_delimited(lambda: io.BytesIO(content), part, on_bad)

    def _read_delimited(self, open_text: OpenText, part: Part, on_bad: OnBadRow | None) -> None:
        text = read_open_delimited(open_text, self._delimited, part.label, on_bad=on_bad)
        part.table = select(text.table, self._options.columns, part.label, beside=self._options.line_column)
        part.renamed = text.renamed

    def _read_columnar(self, file: BinaryIO, part: Part) -> None:
        columnar = ColumnarFile(file, part.label, self._format, self._options.max_bytes)
        part.table = select(columnar.read(self._options.columns), self._options.columns, part.label)
        part.renamed = columnar.renamed

    @contextmanager
    def _seekable(self, file: StoredFile) -> Iterator[BinaryIO]:
        with opened(file, self._options.max_bytes, self._options.member) as stream:
            yield stream if detect_compression(file.label) is None else io.BytesIO(stream.read())

    def _json_lines(self, stream: BinaryIO, label: str, on_bad: OnBadRow | None) -> Iterator[Row]:
        encoding, allow_empty = self._options.encoding, self._options.allow_empty
        lines = json_lines(stream, encoding)
        numbered = read_json_lines(lines, label, encoding, allow_empty=allow_empty, on_bad=on_bad)
        return self._finished(self._numbered(numbered, label), label)

    def _finished(self, rows: Iterator[Row], label: str) -> Iterator[Row]:
        columns, line = self._options.columns, self._options.line_column
        kept = columns if columns is None or line is None else (*columns, line)
        return rows_with_path(select_rows(rows, kept, label), self._options.path_column, label)

    def _numbered(self, rows: Iterator[tuple[int, Row]], label: str) -> Iterator[Row]:
        name = self._options.line_column
        for number, row in rows:
            if name is not None:
                if name in row:
                    raise ParseError(f"{label}, line {number}: the key {name!r} exists already; rename line_column")
                row[name] = number
            yield row
