"""INSERT statements from rows; SQLAlchemy quotes every name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Insert, column, insert, table

from spine.core.errors import QueryError


def build_insert(target: str, columns: Sequence[str], returning: Sequence[str] = ()) -> Insert:
    """Return the statement for rows with these columns; `target` is `table` or `schema.table`."""
    schema, _, name = target.rpartition(".")
    for part in (name, *columns, *returning):
        if not part or "\0" in part:
            raise QueryError(f"{part!r:.80} cannot be the name of a table or column")
    statement = insert(table(name, *map(column, columns), schema=schema or None))
    return statement.returning(*map(column, returning)) if returning else statement


def check_rows(target: str, rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the rows as a list; one whose columns are not those of the first is a QueryError."""
    given = list(rows)
    for number, row in enumerate(given, start=1):
        if row.keys() != given[0].keys():
            lacking = sorted(given[0].keys() - row.keys())
            surplus = sorted(row.keys() - given[0].keys())
            differences = [f"lacks {', '.join(lacking)}"] if lacking else []
            differences += [f"has {', '.join(surplus)} besides"] if surplus else []
            raise QueryError(f"row {number} for {target} {' and '.join(differences)}: give every row the same columns")
    return given
