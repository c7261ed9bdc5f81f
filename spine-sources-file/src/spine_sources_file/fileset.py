"""Several files as one: their rows in one table or one stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from spine.core.errors import SourceUnavailableError
from spine.core.tables import require_arrow, to_rows
from spine.formats.columntypes import ColumnType
from spine.formats.commontypes import common_types, widened
from spine.formats.convert import convert
from spine.formats.inference import Inference
from spine.framework.sources.badrows import BadRows
from spine_sources_file.columns import Row, same_columns, with_path
from spine_sources_file.config import FileSourceConfig
from spine_sources_file.files import StoredFile
from spine_sources_file.reader import FileReader, Part
from spine_sources_file.rowtables import rows_as_table, schema_of_rows

if TYPE_CHECKING:
    import pyarrow as pa


class FileSet:
    """The files of one fetch or stream, read one after the other."""

    def __init__(self, files: Sequence[StoredFile], options: FileSourceConfig, source_name: str) -> None:
        self._files = files
        self._options = options
        self._source_name = source_name
        self._reader = FileReader(options)
        self.bad = self._bad_rows()

    def read(self) -> list[Part]:
        """Return the part of each file."""
        parts: list[Part] = []
        for file in self._files:
            part = self._reader.read(file, self.bad.handler)
            parts.append(part)
            if part.table is not None and parts[0].table is not None:
                part.table = same_columns(part.table, part.label, parts[0].label, parts[0].table.column_names)
        self.bad.check(sum(part.row_count for part in parts))
        return parts

    def assemble(self, parts: Sequence[Part]) -> tuple[Any, dict[str, ColumnType]]:
        """Return the rows or the table of all parts, and the types that were inferred for it."""
        if parts[0].table is None:
            return list(chain.from_iterable(part.rows or [] for part in parts)), {}
        types = self._types(part.table for part in parts if part.table is not None)
        for part in parts:
            part.table = self._finished(part.table, types, part.label)
        return _joined(parts), types

    def rows(self, batch_size: int) -> Iterator[Row]:
        """Yield the rows of all files."""
        if self._reader.gives_rows:
            yield from self._rows(self.bad)
        else:
            for table in self.tables(batch_size):
                for start in range(0, table.num_rows, batch_size):
                    yield from to_rows(table.slice(start, batch_size))

    def tables(self, batch_size: int) -> Iterator[pa.Table]:
        """Yield the rows of all files in tables of one schema."""
        if self._reader.gives_rows:
            yield from self._tables_of_rows(batch_size)
            return
        unseen = self._bad_rows()  # the second pass reports what they hold
        types = self._types(
            table for file in self._files for table in self._reader.tables(file, batch_size, unseen.handler)
        )
        wide = self._common_types()
        first: tuple[str, list[str]] | None = None
        for file in self._files:
            for part in self._reader.tables(file, batch_size, self.bad.handler):
                table = self._finished(part, types, file.label)
                first = first or (file.label, table.column_names)
                same = same_columns(table, file.label, *first)
                yield widened(same, wide, file.label) if wide else same

    def _common_types(self) -> dict[str, Any]:
        if len(self._files) == 1 or not self._reader.has_types:
            return {}
        return common_types((file.label, self._reader.schema(file)) for file in self._files)

    def _bad_rows(self) -> BadRows:
        return BadRows(self._source_name, self._options.on_bad_row, self._options.bad_row_limit)

    def _rows(self, bad: BadRows) -> Iterator[Row]:
        return chain.from_iterable(self._reader.rows(file, bad.handler) for file in self._files)

    def _tables_of_rows(self, batch_size: int) -> Iterator[pa.Table]:
        """Yield rows with varying keys in one schema, which a first pass over all files infers."""
        schema = schema_of_rows(self._rows(self._bad_rows()), batch_size)
        rows = self._rows(self.bad)
        while batch := list(islice(rows, batch_size)):
            yield rows_as_table(batch, schema)

    def _types(self, tables: Iterable[pa.Table]) -> dict[str, ColumnType]:
        if not self._options.infer_types:
            return {}
        inference = Inference(self._options.null_values or ())
        for table in tables:
            inference.see(
                table.drop_columns([name for name in self._options.schema or () if name in table.column_names])
            )
        return inference.types()

    def _finished(self, table: pa.Table, types: Mapping[str, ColumnType], label: str) -> pa.Table:
        if types:
            table, bad = convert(table, types, self._options.null_values or ())
            if bad:
                raise SourceUnavailableError(f"{label} was written to while it was read; fetch it again")
        return with_path(table, self._options.path_column, label)


def _joined(parts: Sequence[Part]) -> pa.Table:
    """Return the tables of all parts as one, columns in the order of the first."""
    tables = [part.table for part in parts if part.table is not None]
    if len(tables) == 1:
        return tables[0]
    arrow = require_arrow("Reading several files")
    types = common_types((part.label, table.schema) for part, table in zip(parts, tables, strict=True))
    return arrow.concat_tables([widened(table, types, part.label) for part, table in zip(parts, tables, strict=True)])
