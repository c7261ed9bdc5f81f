"""The types that the columns of several files or pages have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from spine.core.errors import ParseError
from spine.core.tables import require_arrow

if TYPE_CHECKING:
    import pyarrow as pa


def common_types(schemas: Iterable[tuple[str, pa.Schema]]) -> dict[str, Any]:
    """Return the type of each column that holds the values of all; each schema comes with its label.

    A column of nulls takes the type of the others, integers and floats the widest of their kind. Other types that
    differ are a ParseError.
    """
    types: dict[str, Any] = {}
    first = ""
    for label, schema in schemas:
        first = first or label
        for field in schema:
            known = types.setdefault(field.name, field.type)
            wider = _wider(known, field.type)
            if wider is None:
                raise ParseError(
                    f"{label} has {field.type} in column {field.name!r}, and {first} has {known}; read them separately"
                )
            types[field.name] = wider
    return types


def widened(table: pa.Table, types: Mapping[str, Any], label: str) -> pa.Table:
    """Return the table with the columns that `types` names in these types."""
    arrow = require_arrow("Reading several tables")
    fields = [field.with_type(types.get(field.name, field.type)).with_nullable(True) for field in table.schema]
    wanted = arrow.schema(fields)
    if table.schema.equals(wanted):
        return table.replace_schema_metadata(None)
    try:
        return table.cast(wanted)
    except arrow.ArrowInvalid as error:
        raise ParseError(
            f"{label} has a value that does not fit the types of the others: {error}", cause=error
        ) from error


def _wider(one: Any, other: Any) -> Any:
    """Return the type that holds the values of both, None if there is none."""
    arrow = require_arrow("Reading several tables")
    of = arrow.types
    if one == other or of.is_null(other):
        return one
    if of.is_null(one):
        return other
    if not any(same(one) and same(other) for same in (of.is_integer, of.is_floating)):
        return None
    named = [arrow.schema([("c", kind)]) for kind in (one, other)]
    return arrow.unify_schemas(named, promote_options="permissive").field("c").type
