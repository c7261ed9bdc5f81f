"""Checks of single rows by Arrow: each returns the rows that do not pass, as a mask without nulls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING

from spine.config.contracts import Check, CheckKind
from spine.core.tables import arrow_array
from spine.framework.contracts.values import as_comparable, decoded, in_one_type, value_of

if TYPE_CHECKING:
    import pyarrow as pa

BadRows = Callable[["pa.Table"], "pa.ChunkedArray"]


def bad_rows(check: Check) -> BadRows:
    """Return the function that finds the rows which do not pass, for the checks that need one column at a time."""
    finder = _FINDERS[check.check]

    def find(table: pa.Table) -> pa.ChunkedArray:
        import pyarrow.compute as pc

        masks = [_without_nulls(finder(decoded(table[name]), check)) for name in check.columns]
        return reduce(pc.or_, masks)

    return find


def repeated_rows(names: Sequence[str], before: pa.Table | None = None) -> BadRows:
    """Return the function that finds each row whose values in these columns an earlier row has; nulls are equal.

    `before` has the columns of rows that come before those of the table.
    """

    def find(table: pa.Table) -> pa.ChunkedArray:
        import pyarrow.compute as pc

        keys = numbered(joined([*([] if before is None else [keys_of(before, names)]), keys_of(table, names)]))
        columns = [str(index) for index in range(len(names))]
        first = keys.group_by(columns, use_threads=False).aggregate([(_ROW, "min")])
        return pc.invert(pc.is_in(keys[_ROW], value_set=first[f"{_ROW}_min"])).slice(len(keys) - len(table))

    return find


def missing_rows(names: Sequence[str], known: pa.Table) -> BadRows:
    """Return the function that finds the rows whose values are no row of `known`; a row with a null passes."""

    def find(table: pa.Table) -> pa.ChunkedArray:
        import pyarrow.compute as pc

        if len(names) == 1:
            column, values = in_one_type(decoded(table[names[0]]), known["0"])
            return pc.and_(pc.is_valid(column), pc.invert(pc.is_in(column, value_set=values)))
        keys, there = numbered(keys_of(table, names)), known
        for index in range(len(names)):
            one, other = in_one_type(keys[str(index)], there[str(index)])
            keys, there = keys.set_column(index, str(index), one), there.set_column(index, str(index), other)
        whole = reduce(pc.and_, [pc.is_valid(keys[str(index)]) for index in range(len(names))])
        left = keys.join(there, there.column_names, join_type="left anti")
        return pc.and_(whole, pc.is_in(keys[_ROW], value_set=left[_ROW]))

    return find


def keys_of(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """Return these columns, decoded, with their numbers as names."""
    import pyarrow as pa

    return pa.table({str(index): decoded(table[name]) for index, name in enumerate(names)})


def joined(keys: Sequence[pa.Table]) -> pa.Table:
    """Return the rows of several tables of keys, in the type that holds the values of all."""
    import pyarrow as pa

    return pa.concat_tables(keys, promote_options="permissive")


def numbered(keys: pa.Table) -> pa.Table:
    """Return a table with the number of each row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return keys.append_column(_ROW, pc.indices_nonzero(pa.repeat(True, keys.num_rows)))


_ROW = "row"  # beside columns whose names are numbers


def _null(column: pa.ChunkedArray, check: Check) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    return pc.is_null(column)


def _out_of_range(column: pa.ChunkedArray, check: Check) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    inside = []
    if check.min is not None:
        inside.append(pc.greater_equal(*as_comparable(column, check.min, is_least=True)))
    if check.max is not None:
        inside.append(pc.less_equal(*as_comparable(column, check.max, is_least=False)))
    return pc.invert(reduce(pc.and_, inside))


def _not_matching(column: pa.ChunkedArray, check: Check) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    return pc.invert(pc.match_substring_regex(column, rf"\A(?:{check.pattern})\z"))


def _not_among(column: pa.ChunkedArray, check: Check) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    values = arrow_array([value_of(value, column.type) for value in check.values or ()], column.type)
    return pc.and_(pc.is_valid(column), pc.invert(pc.is_in(column, value_set=values)))


def _without_nulls(mask: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a mask in which a null, the result for a value that is null, is false."""
    import pyarrow.compute as pc

    return pc.fill_null(mask, fill_value=False)


_FINDERS = {
    CheckKind.NOT_NULL: _null,
    CheckKind.IN_RANGE: _out_of_range,
    CheckKind.MATCHES: _not_matching,
    CheckKind.ONE_OF: _not_among,
}
