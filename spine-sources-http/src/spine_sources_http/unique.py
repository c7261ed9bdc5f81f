"""Rows that come twice, since they moved from one page to the next while the pages were read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spine.core.errors import ParseError
from spine.core.hashing import hash_json
from spine.core.tables import require_arrow
from spine.framework.sources.warnings import warn
from spine_sources_http.content import Content, Row

if TYPE_CHECKING:
    import pyarrow as pa


class UniqueRows:
    """The keys of the rows so far, by which later ones with the same key are dropped and counted."""

    def __init__(self, columns: tuple[str, ...] | None) -> None:
        self._columns = columns
        self._seen: set[Any] = set()
        self.dropped = 0

    def only(self, content: Content, label: str) -> Content:
        """Return the content of a page without the rows that came before."""
        if self._columns is not None and content.table is not None:
            content.table = self._rest(content.table, label)
        elif content.rows is not None:
            content.rows = self.rows(content.rows, label)
        return content

    def report(self, label: str) -> None:
        """Warn of rows that were dropped."""
        if self.dropped:
            warn(f"{label}: rows that came again on a later page and were dropped, by unique_key: {self.dropped:,}")

    def rows(self, rows: list[Row], label: str) -> list[Row]:
        """Return these rows without those that came before; a row without a key is a ParseError."""
        if self._columns is None:
            return rows
        keys = [tuple(row.get(column) for column in self._columns) for row in rows]
        return [row for row, is_new in zip(rows, self._new(keys, label), strict=True) if is_new]

    def _rest(self, table: pa.Table, label: str) -> pa.Table:
        assert self._columns is not None
        missing = [column for column in self._columns if column not in table.column_names]
        if missing and table.num_rows:
            raise ParseError(f"{label} has no column {missing[0]!r}; check pagination.unique_key")
        columns = [table[column].to_pylist() for column in self._columns] if table.num_rows else []
        mask = self._new(list(zip(*columns, strict=True)), label)
        return table.filter(require_arrow("unique_key").array(mask, "bool"))

    def _new(self, keys: list[tuple[Any, ...]], label: str) -> list[bool]:
        found = []
        for number, key in enumerate(keys, 1):
            if None in key:
                columns = " and ".join(self._columns or ())
                raise ParseError(f"{label}, row {number} has no {columns}; check pagination.unique_key")
            hashable = hash_json(list(key)) if any(isinstance(part, (dict, list)) for part in key) else key
            found.append(hashable not in self._seen)
            self._seen.add(hashable)
        self.dropped += found.count(False)
        return found
