"""Comparison of a copy with its source, row by row and value by value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any

from attrs import frozen
from sqlalchemy import Column, Connection, Table

from spine.storage.copying.errors import CopyError
from spine.storage.copying.rows import Row, count_rows, key_of, read_rows, read_same, serial_column, stored_value
from spine.storage.tables.runs import definitions
from spine.storage.types import Json, JsonKey

_SHARED = {definitions.name: ("created_at",)}
"""Columns that may differ, as the row may be another project's."""


@frozen
class Sides:
    """Connections to the source and the target of a copy, their names in errors, and the project."""

    source: Connection
    target: Connection
    locations: tuple[str, str]
    project: str


def compare_table(sides: Sides, table: Table, *, renumbered: bool, progress: Callable[[int], None]) -> None:
    """Raise a CopyError for the first row that is not the same on both sides; numbers may differ if `renumbered`.

    Rows are paired by their key, since databases sort texts in different orders; renumbered ones by their order.
    """
    serial = serial_column(table)
    given = {*_SHARED.get(table.name, ()), *({serial.name} if renumbered and serial is not None else ())}
    columns = [column for column in table.c if column.name not in given]
    exact = [column for column in columns if _is_exact(column)]
    for pairs in _in_order(sides, table) if renumbered else _by_key(sides, table):
        for row, copy in pairs:
            if copy is None:
                raise _different(sides, table, row, "is missing in the target")
            for column in columns if row != copy else exact:
                if not _is_same(column, row[column.name], copy[column.name]):
                    raise _different(sides, table, row, f"differs in {column.name}")
        progress(len(pairs))
    if table is not definitions:  # which a project may have in common with others
        _compare_counts(sides, table)


def _by_key(sides: Sides, table: Table) -> Iterator[list[tuple[Row, Row | None]]]:
    for batch in read_rows(sides.source, table, sides.project):
        copies = read_same(sides.target, table, batch)
        yield [(row, copies.get(tuple(key_of(table, row)))) for row in batch]


def _in_order(sides: Sides, table: Table) -> Iterator[list[tuple[Row, Row | None]]]:
    both = (read_rows(connection, table, sides.project) for connection in (sides.source, sides.target))
    for batch, copies in zip_longest(*both, fillvalue=[]):
        yield list(zip(batch, [*copies, *[None] * (len(batch) - len(copies))], strict=False))


def _is_exact(column: Column[Any]) -> bool:
    """Return True if values of the column may be equal and not the same: True, 1 and 1.0, objects in another order."""
    return isinstance(column.type, Json) and not isinstance(column.type, JsonKey)


def _is_same(column: Column[Any], value: Any, found: Any) -> bool:
    if _is_exact(column):
        return repr(value) == repr(found)
    return bool(value == found or stored_value(column, value) == found)


def _compare_counts(sides: Sides, table: Table) -> None:
    expected, found = (count_rows(connection, table, sides.project) for connection in (sides.source, sides.target))
    if expected != found:
        source, target = sides.locations
        raise CopyError(
            f"{table.name} has {expected:,} rows in {source} and {found:,} in {target}: let nothing write to either of "
            "them, empty the target, and run the command again"
        )


def _different(sides: Sides, table: Table, row: Row, how: str) -> CopyError:
    source, target = sides.locations
    return CopyError(
        f"row {', '.join(map(str, key_of(table, row)))} of {table.name} {how} (source {source}, target {target}): let "
        "nothing write to either of them, and run the command again"
    )
