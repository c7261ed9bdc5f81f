"""INSERT statements from rows; SQLAlchemy quotes every name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any

from sqlalchemy import Insert, TableClause, column, insert, table

from spine.core.errors import QueryError
from spine.core.tables import is_arrow, to_rows

if TYPE_CHECKING:
    from spine.db.dialect import Dialect


def target_table(dialect: Dialect, target: str, columns: Sequence[str]) -> TableClause:
    """Return the table that `target`, `table` or `schema.table`, names, with these columns."""
    schema, _, name = target.rpartition(".")
    check_names(dialect, name, *columns, *filter(None, [schema]))
    return table(name, *map(column, columns), schema=schema or None)


def check_columns(target: str, names: Sequence[str]) -> None:
    """Raise a QueryError if the data for `target` has two columns of one name."""
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise QueryError(f"the data for {target} has more than one column {', '.join(map(repr, twice))}")


def check_names(dialect: Dialect, *names: str) -> None:
    """Raise a QueryError for a text that the database does not accept as a name, or would cut to another one."""
    longest = dialect.longest_name
    for name in names:
        if not name or "\0" in name:
            raise QueryError(f"{name!r:.80} cannot be the name of a table or column")
        if longest is not None and (size := len(name.encode(errors="replace"))) > longest:
            raise QueryError(f"{name!r} has {size} bytes: a name in {dialect.location} has at most {longest}")


def build_insert(dialect: Dialect, target: str, columns: Sequence[str], returning: Sequence[str] = ()) -> Insert:
    """Return the statement for rows with these columns; `target` is `table` or `schema.table`."""
    check_names(dialect, *returning)
    statement = insert(target_table(dialect, target, columns))
    return statement.returning(*map(column, returning)) if returning else statement


def build_upsert(dialect: Dialect, target: str, columns: Sequence[str], key: Sequence[str]) -> Insert:
    """Return the INSERT that updates an existing row with the same values in `key`."""
    if not key:
        raise QueryError(f"the upsert into {target} needs a key: the columns that identify a row")
    if lacking := [name for name in key if name not in columns]:
        raise QueryError(f"the rows for {target} lack {', '.join(lacking)}, which the key names")
    statement: Any = dialect.conflict_insert(target_table(dialect, target, columns))
    changed = {name: statement.excluded[name] for name in columns if name not in key}
    if changed:
        upsert: Insert = statement.on_conflict_do_update(index_elements=list(key), set_=changed)
    else:
        upsert = statement.on_conflict_do_nothing(index_elements=list(key))
    return upsert


def check_key(target: str, rows: Iterable[Mapping[str, Any]], key: Sequence[str]) -> None:
    """Raise a QueryError for a row with a null or NaN in its key: it equals no other, and would be inserted again."""
    for number, row in enumerate(rows, 1):
        if empty := [name for name in key if row[name] is None or row[name] != row[name]]:
            raise QueryError(
                f"row {number} for {target} has no value in {', '.join(empty)}, which the key names: "
                "it equals no other row, and each upsert would insert it again"
            )


def in_key_order(rows: list[Mapping[str, Any]], key: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return rows in the order of their key, those with the same key in theirs.

    Two transactions that write the same rows in the same order wait for one another, and cannot deadlock.
    """
    return sorted(rows, key=lambda row: [_rank(row.get(column)) for column in key])


def _rank(value: Any) -> tuple[str, Any]:
    """Return a value that can be compared with that of any other, and orders equal ones alike in every process."""
    if isinstance(value, (int, float, Decimal)) and isfinite(value):
        return "number", value
    if isinstance(value, (str, bytes)):
        return type(value).__name__, value
    return "other", repr(value)


def check_rows(
    target: str, rows: Iterable[Mapping[str, Any]], *, columns: Iterable[str] | None = None, first: int = 1
) -> list[Mapping[str, Any]]:
    """Return the rows, or those of an Arrow table, as a list; one with other columns than the first is a QueryError.

    Where the rows continue others, `columns` are those of the others and `first` is the number of the next row.
    """
    given: list[Mapping[str, Any]] = [*to_rows(rows)] if is_arrow(rows) else list(rows)
    if not given:
        return given
    wanted = given[0].keys() if columns is None else dict.fromkeys(columns).keys()
    for number, row in enumerate(given, start=first):
        if row.keys() != wanted:
            lacking = sorted(wanted - row.keys())
            surplus = sorted(row.keys() - wanted)
            differences = [f"lacks {', '.join(lacking)}"] if lacking else []
            differences += [f"has {', '.join(surplus)} besides"] if surplus else []
            raise QueryError(f"row {number} for {target} {' and '.join(differences)}: give every row the same columns")
    return given
