"""Statements that bring a table to the state of its staged data, each for all rows at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Delete,
    Insert,
    Select,
    TableClause,
    Text,
    Update,
    and_,
    bindparam,
    cast,
    delete,
    exists,
    false,
    func,
    insert,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.types import TypeEngine

from spine.core.errors import SchemaError
from spine.db.loads.target import IS_CURRENT, VALID_FROM, VALID_TO

NOW = "load_time"  # the parameter with the time of new versions


def delete_partition(target: TableClause, values: TableClause) -> Delete:
    """Delete the rows that have the values of the one row of `values`."""
    parts = [target.c[column.name] == select(column).scalar_subquery() for column in values.columns]
    return delete(target).where(and_(*parts))


def update_changed(
    target: TableClause, data: TableClause, key: Sequence[str], types: Mapping[str, TypeEngine[Any]]
) -> Update | None:
    """Update the rows that differ from those of `data` with the same key; None if there is nothing but the key."""
    changing = [name for name in data.columns.keys() if name not in key]  # noqa: SIM118  # a collection of columns
    if not changing:
        return None
    values = {target.c[name]: data.c[name] for name in changing}
    return update(target).where(_same_key(target, data, key), _differ(target, data, changing, types)).values(values)


def insert_new(target: TableClause, data: TableClause, key: Sequence[str]) -> Insert:
    """Insert the rows of `data` whose key the target does not have."""
    names = list(data.columns.keys())
    known = exists(select(1).select_from(target).where(_same_key(target, data, key)))
    return _counted(insert(target).from_select(names, select(*data.columns).where(~known)))


def ambiguous_keys(target: TableClause, data: TableClause, key: Sequence[str], *, current: bool) -> Select[Any]:
    """Select 1 if a key of `data` has several rows in the target, several current ones for `current`."""
    joined = select(1).where(_same_key(target, data, key), *_current(target, current=current))
    return joined.group_by(*(data.c[name] for name in key)).having(func.count() > 1).limit(1)


def close_changed(
    target: TableClause, data: TableClause, key: Sequence[str], types: Mapping[str, TypeEngine[Any]]
) -> Update | None:
    """Close the current versions that differ from the row of `data` with the same key."""
    changing = [name for name in data.columns.keys() if name not in key]  # noqa: SIM118  # a collection of columns
    if not changing:
        return None
    found = (*_current(target), _same_key(target, data, key), _differ(target, data, changing, types))
    return update(target).where(*found).values(_closed(target))


def close_missing(target: TableClause, data: TableClause | None, key: Sequence[str]) -> Update:
    """Close the current versions whose key `data` does not have; all of them without data."""
    missing = [] if data is None else [~exists(select(1).select_from(data).where(_same_key(target, data, key)))]
    return update(target).where(*_current(target), *missing).values(_closed(target))


def delete_empty(target: TableClause) -> Delete:
    """Delete the versions that began and ended at the time of the load."""
    at: BindParameter[Any] = bindparam(NOW)
    return delete(target).where(target.c[IS_CURRENT].is_(false()), target.c[VALID_FROM] == at, target.c[VALID_TO] == at)


def open_versions(target: TableClause, data: TableClause, key: Sequence[str]) -> Insert:
    """Insert a current version of each row of `data` that has none."""
    names = [*data.columns.keys(), VALID_FROM, IS_CURRENT]
    known = exists(select(1).select_from(target).where(*_current(target), _same_key(target, data, key)))
    rows = select(*data.columns, bindparam(NOW), true()).where(~known)
    return _counted(insert(target).from_select(names, rows))


def latest_times(target: TableClause) -> Select[Any]:
    """Select the latest begin and the latest end of the versions."""
    return select(func.max(target.c[VALID_FROM]), func.max(target.c[VALID_TO]))


def moment_of(value: Any) -> datetime | None:
    """Return a time that a database returned, SQLite as a text, in UTC if it has no zone; SchemaError for another."""
    if value is None:
        return None
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError as error:
        raise SchemaError(f"the column {VALID_FROM} or {VALID_TO} has {str(value)!r:.80}, which is no time") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _counted(statement: Insert) -> Insert:
    return statement.execution_options(preserve_rowcount=True)  # SQLAlchemy drops that of an INSERT otherwise


def _current(target: TableClause, *, current: bool = True) -> list[ColumnElement[bool]]:
    return [target.c[IS_CURRENT].is_(true())] if current else []


def _closed(target: TableClause) -> dict[Any, Any]:
    return {target.c[VALID_TO]: bindparam(NOW), target.c[IS_CURRENT]: false()}


def _same_key(target: TableClause, data: TableClause, key: Sequence[str]) -> ColumnElement[bool]:
    return and_(*(target.c[name] == data.c[name] for name in key))


def _differ(
    target: TableClause, data: TableClause, names: Sequence[str], types: Mapping[str, TypeEngine[Any]]
) -> ColumnElement[bool]:
    """Compare rows as a whole: SQLite limits the depth of an expression to fewer terms than a table has columns."""
    given, kept = ([_comparable(table.c[name], types[name]) for name in names] for table in (data, target))
    if len(names) == 1:
        return given[0].is_distinct_from(kept[0])
    return tuple_(*given).is_distinct_from(tuple_(*kept))


def _comparable(column: ColumnElement[Any], kind: TypeEngine[Any]) -> ColumnElement[Any]:
    return cast(column, Text) if kind.__visit_name__ == "JSON" else column  # PostgreSQL compares JSONB, not JSON
