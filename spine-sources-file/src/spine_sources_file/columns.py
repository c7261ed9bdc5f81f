"""Columns of a fetch: the selected ones, the same ones from every file, and the path of the file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from spine.core.errors import InvalidConfigError, ParseError
from spine.core.tables import require_arrow
from spine.formats.columnnames import check_columns

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]


def select(table: pa.Table, columns: Sequence[str] | None, label: str, *, beside: str | None = None) -> pa.Table:
    """Return the table with these columns only, and the one called `beside`."""
    if columns is None:
        return table
    check_columns(table.column_names, columns, label)
    return table.select([*columns, *([beside] if beside is not None else [])])


def select_rows(rows: Iterable[Row], columns: Sequence[str] | None, label: str) -> Iterator[Row]:
    """Yield the rows with these keys only, None where a row lacks one; a key that no row has is a ParseError."""
    if columns is None:
        yield from rows
        return
    there: set[str] = set()
    for row in rows:
        there.update(row)
        yield {name: row.get(name) for name in columns}
    if there:
        check_columns(there, columns, label)


def with_path(table: pa.Table, name: str | None, label: str) -> pa.Table:
    """Return the table with one more column: the path of the file that its rows are from."""
    if name is None:
        return table
    _refuse_taken(table.column_names, name, label)
    pa = require_arrow("The path of a file")
    return table.append_column(name, pa.repeat(pa.scalar(label), table.num_rows))


def rows_with_path(rows: Iterable[Row], name: str | None, label: str) -> Iterator[Row]:
    """Yield the rows with one more key: the path of the file that they are from."""
    for row in rows:
        if name is not None:
            _refuse_taken(row, name, label)
            row[name] = label
        yield row


def same_columns(table: pa.Table, label: str, first_label: str, names: list[str]) -> pa.Table:
    """Return the table with its columns in the order of another file's; others than these are a ParseError."""
    own = table.column_names
    if own == names:
        return table
    if sorted(own) == sorted(names):
        return table.select(names)
    lacks = [name for name in names if name not in own]
    adds = [name for name in own if name not in names]
    said = [f"{verb} {', '.join(map(repr, which))}" for verb, which in (("lacks", lacks), ("adds", adds)) if which]
    raise ParseError(f"{label} has other columns than {first_label}: it {' and '.join(said)}; read them separately")


def _refuse_taken(there: Collection[str], name: str, label: str) -> None:
    if name in there:
        raise InvalidConfigError(
            "include_path_column",
            name,
            f"{label} has a column {name!r} already: choose another name for include_path_column",
        )
