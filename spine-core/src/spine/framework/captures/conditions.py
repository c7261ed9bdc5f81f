"""Conditions on the rows of a table: checked against its columns, pushed down into Parquet, applied to tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any

from attrs import frozen

from spine.core.errors import ValidationError
from spine.framework.captures.schema_text import is_text

if TYPE_CHECKING:
    import pyarrow as pa

Condition = tuple[str, str, Any]
Where = Sequence[Condition]

_COMPARISONS = {
    "=": "equal",
    "==": "equal",
    "!=": "not_equal",
    "<": "less",
    "<=": "less_equal",
    ">": "greater",
    ">=": "greater_equal",
}
_SHOWN = 50
OPERATORS = (*_COMPARISONS, "in", "not in")


@frozen
class _Condition:
    """Comparison of one column; `test` takes a column's values, or an expression, which has no batch."""

    column: str
    test: Callable[[Any], Any]
    skips: bool  # row groups can be skipped by their statistics


@frozen
class Conditions:
    """Conditions of which all must hold; a null holds for none."""

    _conditions: Sequence[_Condition]

    @property
    def columns(self) -> list[str]:
        """Names of the columns that are compared."""
        return [condition.column for condition in self._conditions]

    def expression(self) -> Any:
        """Return the conditions that the statistics of a row group can decide as an expression, None without any."""
        import pyarrow.compute as pc

        tests = [each.test(pc.field(each.column)) for each in self._conditions if each.skips]
        return reduce(pc.and_kleene, tests) if tests else None

    def filter(self, table: pa.Table) -> pa.Table:
        """Return the rows of a table that fulfil all conditions."""
        import pyarrow.compute as pc

        if not self._conditions:
            return table
        mask = reduce(pc.and_kleene, [each.test(table.column(each.column)) for each in self._conditions])
        plain = _filterable(table.schema)
        if plain.equals(table.schema):
            return table.filter(mask)
        return table.cast(plain).filter(mask).cast(table.schema)


def check_columns(schema: pa.Schema, columns: Iterable[str]) -> list[str]:
    """Return the names in their order, without repetition; ValidationError for one that is unknown or ambiguous."""
    names = list(dict.fromkeys([columns] if isinstance(columns, str) else columns))
    for name in names:
        _index(schema, name)
    return names


def conditions(schema: pa.Schema, where: Where) -> Conditions:
    """Return the conditions `(column, operator, value)`; ValidationError for one that the columns cannot have."""
    return Conditions([_condition(schema, condition) for condition in where])


def _condition(schema: pa.Schema, condition: Condition) -> _Condition:
    import pyarrow as pa

    try:
        name, operator, value = condition
    except (TypeError, ValueError):
        raise ValidationError(
            f"a condition is (column, operator, value), such as ('shares', '>', 1000), not {condition!r:.80}",
            field="where",
        ) from None
    field = schema.field(_index(schema, name))
    if operator not in OPERATORS:
        raise ValidationError(
            f"column {name!r}: {operator!r:.40} is no operator: use one of {', '.join(OPERATORS)}", field=name
        )
    skips = not (pa.types.is_floating(field.type) and operator in ("!=", "not in"))  # statistics know no NaN
    if operator in _COMPARISONS:
        return _Condition(name, _comparison(field, operator, value), skips)
    return _Condition(name, _membership(field, value, wanted=operator == "in"), skips)


def _index(schema: pa.Schema, name: str) -> int:
    found = schema.get_all_field_indices(str(name))
    if len(found) == 1:
        return int(found[0])
    if found:
        raise ValidationError(f"column {name!r} occurs more than once: rename it first", field=name)
    known = ", ".join(schema.names[:_SHOWN]) + (", ..." if len(schema.names) > _SHOWN else "")
    raise ValidationError(f"column {name!r:.80} does not exist; there is {known or 'no column'}", field=str(name))


def _comparison(field: pa.Field, operator: str, value: Any) -> Callable[[Any], Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    compare = getattr(pc, _COMPARISONS[operator])
    for scalar in _scalars(field.type, value):
        with suppress(pa.ArrowException):
            compare(_comparable(field.type, pa.array([], field.type)), scalar)
            return lambda column: compare(_comparable(field.type, column), scalar)
    raise _not_comparable(field, value)


def _membership(field: pa.Field, value: Any, *, wanted: bool) -> Callable[[Any], Any]:
    import pyarrow.compute as pc

    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise ValidationError(
            f"column {field.name!r}: 'in' and 'not in' take a list of values, not {value!r:.80}", field=field.name
        )
    is_in = _is_in(field, list(value))
    if wanted:
        return is_in
    return lambda column: pc.and_kleene(pc.is_valid(column), pc.invert(is_in(column)))


def _is_in(field: pa.Field, values: list[Any]) -> Callable[[Any], Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    tests = [_comparison(field, "=", each) for each in values]
    if not tests:
        return lambda column: pc.and_kleene(pc.is_valid(column), pc.is_null(column))
    if is_text(field.type) and all(isinstance(each, str) for each in values):
        known = pa.array(values, pa.string())  # a long list is looked up, not compared one by one
        return lambda column: pc.is_in(_comparable(field.type, column), value_set=known)
    return lambda column: reduce(pc.or_kleene, [test(column) for test in tests])


def _scalars(data_type: pa.DataType, value: Any) -> Iterator[pa.Scalar]:
    """Yield `value` as Arrow scalars, the one first whose comparison with the type is exact."""
    import pyarrow as pa
    from pyarrow import types as is_

    if value is None:
        return
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    if is_number and isinstance(value, float) and is_.is_integer(data_type) and value.is_integer():
        value = int(value)
    tries: list[Callable[[], Any]] = [lambda: pa.scalar(value)]
    if is_number and not isinstance(value, float) and (is_.is_integer(data_type) or is_.is_decimal(data_type)):
        tries = [lambda: pa.scalar(value, data_type), lambda: pa.scalar(Decimal(value)), *tries]
    for attempt in tries:
        with suppress(pa.ArrowException, TypeError, ValueError, OverflowError):
            yield attempt()


def _comparable(data_type: pa.DataType, column: Any) -> Any:
    """Return a column, or an expression, with a type that Arrow compares."""
    import pyarrow as pa
    from pyarrow import types as is_

    if is_.is_string_view(data_type):
        return column.cast(pa.string())
    if is_.is_binary_view(data_type):
        return column.cast(pa.binary())
    return column.cast(pa.float32()) if is_.is_float16(data_type) else column


def _filterable(schema: pa.Schema) -> pa.Schema:
    """Return the schema without views, of which Arrow cannot take some rows (pyarrow 26)."""
    import pyarrow as pa
    from pyarrow import types as is_

    for index, field in enumerate(schema):
        if is_.is_string_view(field.type) or is_.is_binary_view(field.type):
            schema = schema.set(
                index, field.with_type(pa.large_binary() if is_.is_binary_view(field.type) else pa.large_string())
            )
    return schema


def _not_comparable(field: pa.Field, value: Any) -> ValidationError:
    shown = "None, which equals nothing" if value is None else f"{type(value).__name__} {value!r:.80}"
    return ValidationError(
        f"column {field.name!r} is of type {field.type} and cannot be compared with {shown}", field=field.name
    )
