"""The file source: one file or many, by path, glob and parameters."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never

from attrs import asdict, field, frozen

from spine.core.errors import ParseError, SourceError, SpineError, ValidationError
from spine.core.hashing import hash_file, hash_json
from spine.core.tables import require_arrow, to_rows
from spine.framework.sources.delimited import read_delimited, stream_delimited
from spine.framework.sources.fetches import recorded
from spine.framework.sources.formats import FileFormat, detect_compression
from spine.framework.sources.jsontext import read_json, read_json_lines
from spine.framework.sources.parquet import read_parquet, stream_parquet
from spine.framework.sources.result import SourceResult, SourceType
from spine.framework.sources.source import BaseSource
from spine_sources_file.config import FileSourceConfig, refuse_unknown_options
from spine_sources_file.location import fill, fixed_folder, matching_files, values_in_use
from spine_sources_file.stored import StoredBytes, opened, reading

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]


@frozen
class _Part:
    """What one file contributed."""

    path: Path
    digest: str
    size: int
    modified: datetime
    rows: list[Row] | None = None
    table: pa.Table | None = None
    renamed: dict[str, str] = field(factory=dict)


class FileSource(BaseSource):
    """Rows of delimited text, JSON, JSON Lines or Parquet files.

    `path` may be a glob, may hold `{name}` placeholders that the parameters of a fetch fill, and need not exist yet.
    Delimited text arrives as text, cell by cell as it is written. The options are those of FileSourceConfig.
    """

    source_type = SourceType.FILE

    def __init__(
        self,
        name: str,
        path: str | os.PathLike[str],
        *,
        format: FileFormat | str | None = None,  # noqa: A002 -- API.md names it
        encoding: str = "utf-8",
        delimiter: str | None = None,
        quote_char: str | None = '"',
        column_names: Sequence[str] | None = None,
        skip_rows: int = 0,
        comment: str | None = None,
        allow_empty: bool = False,
        line_column: str | None = None,
        domain: str | None = None,
        **unknown: Never,
    ) -> None:
        refuse_unknown_options(unknown)
        self._options = FileSourceConfig(
            path=path,
            format=format,
            encoding=encoding,
            delimiter=delimiter,
            quote_char=quote_char,
            column_names=column_names,
            skip_rows=skip_rows,
            comment=comment,
            allow_empty=allow_empty,
            line_column=line_column,
            domain=domain,
        )
        super().__init__(name, SourceType.FILE, domain=domain, config=asdict(self._options))
        self._format = self._options.file_format
        self._delimited = self._options.delimited

    @property
    def path(self) -> str:
        """The path as it was given, with its placeholders."""
        return self._options.path

    @property
    def format(self) -> FileFormat:
        """The format that was given, or that the suffix names."""
        return self._format

    @property
    def supports_streaming(self) -> bool:
        """Whether `stream` works: for every format but JSON documents."""
        return self._format is not FileFormat.JSON

    def locator(self, params: dict[str, Any] | None = None) -> str:
        """Return the path with its placeholders filled; a missing or unsafe parameter is a ValidationError."""
        return fill(self.path, params or {})

    def placeholder_values(self, name: str, params: dict[str, Any] | None = None) -> list[str]:
        """Return the values that `{name}` takes among the files that exist, sorted; `params` fixes other ones."""
        return values_in_use(self.path, name, params or {})

    @recorded
    def fetch(self, params: dict[str, Any] | None = None) -> SourceResult:
        """Return the rows of every file, files in the order of their paths; a failure is a failed result."""
        path = self.locator(params)
        parts = [self._read(file) for file in self._files(path)]
        metadata = self._create_metadata(
            params,
            path=path,
            content_hash=_set_digest(path, [(part.path, part.digest) for part in parts]),
            bytes_fetched=sum(part.size for part in parts),
            last_modified=max(part.modified for part in parts).isoformat(),
            renamed_columns={new: old for part in parts for new, old in part.renamed.items()},
        )
        if parts[0].table is None:
            return SourceResult.ok(list(chain.from_iterable(part.rows or [] for part in parts)), metadata)
        return SourceResult.ok(_joined(parts), metadata)

    def stream(self, params: dict[str, Any] | None = None, batch_size: int = 1000) -> Iterator[list[Row]]:
        """Yield lists of `batch_size` rows, the last one shorter, in memory independent of the files' size."""
        try:
            rows = self._rows(self._files_to_stream(params, batch_size), batch_size)
            while batch := list(islice(rows, batch_size)):
                yield batch
        except SpineError as error:
            self._wrap_error(error)  # names this source in it
            raise
        except Exception as error:
            raise self._wrap_error(error) from error

    def get_cache_key(self, params: dict[str, Any] | None = None) -> str:
        """Return a key that is the same for the same path and parameters."""
        given = {name: str(value) for name, value in (params or {}).items()}
        return f"{self.name}:{hash_json([self.locator(params), given])}"

    def has_changed(
        self,
        params: dict[str, Any] | None = None,
        last_hash: str | None = None,
        last_etag: str | None = None,
        last_modified: str | datetime | None = None,
    ) -> bool:
        """Tell whether the files differ from what the hints describe.

        The hash decides where one is given, else an equal time of modification says unchanged; True without hints and
        for files that cannot be read. Files have no ETag.
        """
        try:
            path = self.locator(params)
            files = self._files(path)
            if last_hash is not None:
                return last_hash != _set_digest(path, [(file, _digest(file)) for file in files])
            newest = max(datetime.fromtimestamp(file.stat().st_mtime, UTC) for file in files)
        except (SpineError, OSError):
            return True
        return last_modified is None or newest != _as_time(last_modified)

    def _read(self, path: Path) -> _Part:
        stored = StoredBytes(path)
        label = str(path)
        rows: list[Row] | None = None
        table: pa.Table | None = None
        renamed: dict[str, str] = {}
        with stored.hashed():
            content = stored.content()
            if self._format is FileFormat.JSON:
                rows = read_json(content, label, self._options.encoding)
            elif self._format is FileFormat.JSONL:
                rows = list(self._json_lines(io.BytesIO(content), label))
            elif self._format is FileFormat.PARQUET:
                table = read_parquet(content, label)
            else:
                text = read_delimited(content, self._delimited, label)
                table, renamed = text.table, text.renamed
        return _Part(path, stored.digest, len(stored.stored), stored.modified, rows, table, renamed)

    def _files(self, path: str) -> list[Path]:
        with reading(Path(path)):
            return matching_files(path)

    def _files_to_stream(self, params: dict[str, Any] | None, batch_size: int) -> list[Path]:
        if batch_size < 1:
            raise ValidationError(f"batch_size is {batch_size}: use 1 or more", field="batch_size", value=batch_size)
        if not self.supports_streaming:
            raise SourceError(f"Streaming not supported for {self._format.value} files: use fetch()")
        return self._files(self.locator(params))

    def _rows(self, files: list[Path], batch_size: int) -> Iterator[Row]:
        first: tuple[Path, list[str]] | None = None
        for file in files:
            if self._format is FileFormat.JSONL:
                with opened(file) as lines:
                    yield from self._json_lines(lines, str(file))
                continue
            for table in self._tables(file, batch_size):
                first = first or (file, table.column_names)
                yield from to_rows(_same_columns(table, file, *first))

    def _tables(self, file: Path, batch_size: int) -> Iterator[pa.Table]:
        if self._format is not FileFormat.PARQUET:
            yield from stream_delimited(lambda: opened(file), self._delimited, str(file))
            return
        with opened(file) as stream:
            if detect_compression(file) is None:
                yield from stream_parquet(stream, str(file), batch_size)
            else:
                yield read_parquet(stream.read(), str(file))

    def _json_lines(self, lines: Any, label: str) -> Iterator[Row]:
        name = self._options.line_column
        numbered = read_json_lines(lines, label, self._options.encoding, allow_empty=self._options.allow_empty)
        for number, row in numbered:
            if name is not None:
                if name in row:
                    raise ParseError(f"{label}, line {number}: the key {name!r} is there already; rename line_column")
                row[name] = number
            yield row


def _joined(parts: list[_Part]) -> pa.Table:
    if len(parts) == 1:
        return parts[0].table
    arrow = require_arrow("Reading several files")
    first = parts[0]
    names = first.table.column_names  # type: ignore[union-attr]
    tables = [_same_columns(part.table, part.path, first.path, names) for part in parts]
    try:
        return arrow.concat_tables(tables)
    except arrow.ArrowInvalid as error:
        other = next(part for part, table in zip(parts, tables, strict=True) if table.schema != tables[0].schema)
        raise ParseError(
            f"{other.path} has other column types than {first.path}; read them apart", cause=error
        ) from error


def _same_columns(table: Any, path: Path, first_path: Path, names: list[str]) -> pa.Table:
    own = table.column_names
    if own == names:
        return table
    if sorted(own) == sorted(names):
        return table.select(names)
    lacks = [name for name in names if name not in own]
    adds = [name for name in own if name not in names]
    said = [f"{verb} {', '.join(map(repr, which))}" for verb, which in (("lacks", lacks), ("adds", adds)) if which]
    raise ParseError(f"{path} has other columns than {first_path}: it {' and '.join(said)}; read them apart")


def _set_digest(path: str, digests: list[tuple[Path, str]]) -> str:
    if len(digests) == 1:
        return digests[0][1]
    folder = fixed_folder(path)
    return hash_json([[file.relative_to(folder).as_posix(), digest] for file, digest in digests])


def _digest(file: Path) -> str:
    with reading(file):
        return hash_file(file)


def _as_time(value: str | datetime) -> datetime | None:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
