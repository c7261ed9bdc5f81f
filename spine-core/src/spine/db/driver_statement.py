"""Statements of SQLAlchemy Core, compiled once for a driver's own cursor: SQLAlchemy has no work when they execute."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Dialect, Executable, bindparam

_STYLES = {"pyformat": "format"}  # the positional one of a driver that takes names by default
_ROW = "__"


def in_row(row: int, column: ColumnElement[Any], name: str | None = None) -> BindParameter[Any]:
    """Return the parameter for a column's value in the row with this number; `name` is its key there."""
    return bindparam(f"{name or column.key}{_ROW}{row}", type_=column.type)


class DriverStatement:
    """SQL text of a statement whose parameters come from `in_row`, for the driver of `dialect`; None stays null."""

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        style = _STYLES.get(dialect.paramstyle, dialect.paramstyle)
        dialect_class: Any = type(dialect)
        positional = dialect_class(paramstyle=style)
        vars(positional).update({name: kept for name, kept in vars(dialect).items() if name not in vars(positional)})
        compiled: Any = statement.compile(dialect=positional)  # type: ignore[attr-defined]  # any statement has it
        self.sql = str(compiled)
        self._values = [_value(compiled.binds[name], positional) for name in compiled.positiontup]

    def parameters(self, rows: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
        """Return the values of the parameters for these rows, as the driver takes them."""
        return tuple(
            [
                value if convert is None or value is None else convert(value)
                for row, name, convert in self._values
                for value in (rows[row][name],)
            ]
        )


def _value(parameter: BindParameter[Any], dialect: Dialect) -> tuple[int, str, Callable[[Any], Any] | None]:
    name, _, row = parameter.key.rpartition(_ROW)
    return int(row), name, parameter.type.dialect_impl(dialect).bind_processor(dialect)
