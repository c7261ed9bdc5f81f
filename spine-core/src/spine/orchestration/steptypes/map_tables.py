"""Items of a map step that are Arrow tables: kept in the store of captures, and handed out by reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from spine.core.jsonvalue import to_json_value
from spine.core.tables import as_table, is_arrow

if TYPE_CHECKING:
    import pyarrow as pa

_FOLDER = "map-items"
_WHOLE = ""  # the name of a table that is the item itself


@frozen
class StoredItem:
    """Item with tables in the store: their locations by the field of the item, and its other fields."""

    tables: Mapping[str, str] = field(hash=False)
    values: Mapping[str, Any] = field(factory=dict, hash=False)

    def read(self) -> Any:
        """Return the item with its tables; DamagedCaptureError for a table that is missing or damaged."""
        from spine.framework.captures.store import capture_store

        payloads = capture_store().payloads
        found = {name: payloads.read(location) for name, location in self.tables.items()}
        return found.get(_WHOLE, {**self.values, **found})

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form, for another process."""
        return {"tables": dict(self.tables), "values": dict(self.values)}


@frozen(eq=False)
class TableItem:
    """Item that is a table, or a dict of which some values are tables, as its input gave it."""

    tables: Mapping[str, pa.Table]
    values: Mapping[str, Any]
    digests: Mapping[str, str]

    @classmethod
    def of(cls, item: Any, where: str) -> TableItem | None:
        """Return an item with tables; None for another one. Raises ValidationError for values that JSON cannot hold."""
        if is_arrow(item):
            return cls._of({_WHOLE: as_table(item)}, {})
        if not isinstance(item, Mapping) or not any(is_arrow(value) for value in item.values()):
            return None
        tables = {str(name): as_table(value) for name, value in item.items() if is_arrow(value)}
        others = {name: value for name, value in item.items() if not is_arrow(value)}
        return cls._of(tables, to_json_value(others, where))

    @classmethod
    def _of(cls, tables: Mapping[str, pa.Table], values: Mapping[str, Any]) -> TableItem:
        from spine.framework.captures.digest import content_hash

        return cls(tables, values, {name: content_hash(table) for name, table in tables.items()})

    @property
    def identity(self) -> Any:
        """The JSON value by which a further attempt recognizes the item."""
        return {"tables": dict(self.digests), "values": dict(self.values)}

    def stored(self) -> StoredItem:
        """Write the tables to the store, unless they are there, and return the item that refers to them."""
        from spine.framework.captures.store import capture_store

        payloads = capture_store().payloads
        locations = {name: payloads.write(_FOLDER, self.digests[name], table)[0] for name, table in self.tables.items()}
        return StoredItem(locations, self.values)
