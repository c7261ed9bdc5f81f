"""Table that a load writes to: its columns, created or extended from the data's schema."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy
from attrs import frozen
from sqlalchemy import Boolean, Column, DateTime, MetaData, Table, TableClause
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import TypeEngine

from spine.core.errors import SchemaError
from spine.core.tables import require_arrow
from spine.db.connection import Connection
from spine.db.dialect import Dialect
from spine.db.insert_statements import check_names
from spine.db.loads.kinds import widened
from spine.db.loads.names import quoted, quoted_table
from spine.db.loads.order import LoadMode, LoadOrder

if TYPE_CHECKING:
    import pyarrow as pa

VALID_FROM, VALID_TO, IS_CURRENT = VERSION_COLUMNS = ("valid_from", "valid_to", "is_current")


@frozen
class Target:
    """Existing table: its columns with their types, and the columns of each of its unique keys."""

    types: Mapping[str, TypeEngine[Any]]
    generated: Collection[str]
    unique: Sequence[frozenset[str]]

    def is_unique(self, key: Collection[str]) -> bool:
        """Return True if two rows with the same values in `key` are impossible."""
        return any(columns and columns <= set(key) for columns in self.unique)


def find_target(connection: Connection, table: TableClause) -> Target | None:
    """Return the table, or view, as the database describes it; None if there is none."""
    inspector = sqlalchemy.inspect(connection.raw)
    name, schema = str(table.name), table.schema
    if not inspector.has_table(name, schema):
        return None
    columns = inspector.get_columns(name, schema)
    generated = [column["name"] for column in columns if _is_generated(column)]
    constraints = [
        inspector.get_pk_constraint(name, schema)["constrained_columns"],
        *(unique["column_names"] for unique in inspector.get_unique_constraints(name, schema)),
    ]
    types: dict[str, Any] = {column["name"]: column["type"] for column in columns}
    return Target(types, generated, [frozenset(columns) for columns in constraints])


def _is_generated(column: Mapping[str, Any]) -> bool:
    identity = column.get("identity") or {}
    return bool(column.get("computed") or identity.get("always"))


def prepare_target(
    dialect: Dialect, connection: Connection, table: TableClause, order: LoadOrder, schema: pa.Schema
) -> Target | None:
    """Return the table with a column for each one of the data that has values; None for no table and no columns.

    It is created, or extended, if it lacks any. Raises SchemaError where it must not be extended.
    """
    found = find_target(connection, table)
    new = _new_columns(found, order, schema)
    if new and (found is None or order.evolves):
        dialect.lock(connection.raw, f"create table {table.fullname}")  # also against others that extend it
        found = find_target(connection, table)
        new = _new_columns(found, order, schema)
        if found is None:
            _create(dialect, connection, table, order, new)
        else:
            _extend(dialect, connection, table, found, new)
        found = find_target(connection, table)
    elif new:
        raise SchemaError(
            f"table {order.table!r} has no column {', '.join(repr(field.name) for field in new)}: "
            "load with schema='evolve' to add it, or leave it out of the data",
            field=new[0].name,
        )
    if found is not None:
        _check(found, order, schema)
    return found


def _new_columns(found: Target | None, order: LoadOrder, schema: pa.Schema) -> list[pa.Field]:
    """Return the columns that the table lacks; one of nothing but nulls has no type to create it with."""
    pa = require_arrow("A load")
    known = () if found is None else found.types
    missing = [field for field in schema if field.name not in known]
    needed = {*order.key, *order.partition}
    return [field for field in missing if not pa.types.is_null(field.type) or field.name in needed]


def _create(
    dialect: Dialect, connection: Connection, table: TableClause, order: LoadOrder, fields: Sequence[pa.Field]
) -> None:
    keys = {*order.key, VALID_FROM} if order.mode is LoadMode.SCD2 else set(order.key)
    kinds: dict[str, TypeEngine[Any]] = {field.name: widened(dialect, field.type) for field in fields}
    if order.mode is LoadMode.SCD2:
        moment = DateTime(timezone=True)
        kinds |= {VALID_FROM: moment, VALID_TO: moment, IS_CURRENT: Boolean()}
    check_names(dialect, *kinds)
    columns: list[Column[Any]] = [
        Column(name, kind, quote=True, primary_key=name in keys, autoincrement=False) for name, kind in kinds.items()
    ]
    connection.execute(
        CreateTable(Table(table.name, MetaData(), *columns, schema=table.schema, quote=True), if_not_exists=True)
    )


def _extend(
    dialect: Dialect, connection: Connection, table: TableClause, found: Target, fields: Sequence[pa.Field]
) -> None:
    check_names(dialect, *(field.name for field in fields))
    by_fold = {name.casefold(): name for name in found.types}
    for field in fields:
        if like := by_fold.get(field.name.casefold()):
            raise SchemaError(
                f"column {field.name!r} of the data is {like!r} in table {table.fullname!r}: write both alike",
                field=field.name,
            )
        kind = widened(dialect, field.type).compile(dialect=connection.raw.dialect)
        place, name = quoted_table(connection, table), quoted(connection, field.name)
        connection.execute(f"ALTER TABLE {place} ADD COLUMN {name} {kind}")


def _check(found: Target, order: LoadOrder, schema: pa.Schema) -> None:
    if order.mode is LoadMode.SCD2 and (lacking := [name for name in VERSION_COLUMNS if name not in found.types]):
        raise SchemaError(
            f"table {order.table!r} has no column {', '.join(lacking)}, which scd2 needs: add it, or let the first "
            "load create the table"
        )
    if absent := [name for name in order.partition if name not in found.types]:
        raise SchemaError(
            f"table {order.table!r} has no column {', '.join(absent)}, which the partition names", field=absent[0]
        )
    if computed := [name for name in schema.names if name in found.generated]:
        raise SchemaError(
            f"column {computed[0]!r} of table {order.table!r} is generated by the database: leave it out of the data",
            field=computed[0],
        )
