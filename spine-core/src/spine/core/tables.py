"""Conversion between rows and Arrow tables; pyarrow is imported on first use."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from importlib import import_module
from itertools import repeat
from math import isfinite
from threading import Lock
from typing import TYPE_CHECKING, Any

from spine.core.errors import ConfigError, ValidationError

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]

_SAMPLE = 10_000  # cells checked for repeated values in a text column
_BLOCK_ROWS = 1000
_MOST_SPARSE = 10_000_000  # cells of a table that may be nearly empty
_LEAST_FILLED = 100  # cells for each value, in a larger one
_IGNORES_ZONES = "PYARROW_IGNORE_TIMEZONE"  # pandera sets it at its import, for pandas on Spark
_converting = Lock()


def require_arrow(purpose: str, module: str = "pyarrow") -> Any:
    """Return pyarrow, or one of its modules; without it, raise a ConfigError with `purpose` and the install command."""
    try:
        return import_module(module)
    except ImportError as error:
        raise ConfigError(f"{purpose} needs pyarrow: pip install 'spine-core[arrow]'", cause=error) from error


def arrow_array(values: Sequence[Any], kind: Any = None) -> pa.Array:
    """Return Python values as an Arrow array, of a type or of the one that fits them.

    Times are kept with their zones, also in a process whose environment has pyarrow ignore these: it would take the
    local time of each for UTC.
    """
    pa = require_arrow("An Arrow table")
    with _converting:
        ignored = os.environ.pop(_IGNORES_ZONES, None)
        try:
            return pa.array(values, kind)
        finally:
            if ignored is not None:
                os.environ[_IGNORES_ZONES] = ignored


def _after_fork_in_child() -> None:
    global _converting
    _converting = Lock()  # a thread of the parent may have held it


os.register_at_fork(after_in_child=_after_fork_in_child)


def is_arrow(data: object) -> bool:
    """Return whether `data` is a table, batch or reader of Arrow or of a library that implements its interface."""
    return hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__")


def as_table(data: Any) -> pa.Table:
    """Return rows, an Arrow table, record batches or a reader as one Arrow table.

    Rows may differ in their keys: the table has every key, in order of occurrence, and null where a row lacks one.
    No rows make a table without columns. A column whose values do not fit one type is a ValidationError.
    """
    pa = require_arrow("An Arrow table")
    if isinstance(data, pa.Table):
        return data
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data])
    if is_arrow(data):
        return pa.table(data)
    if isinstance(data, (str, bytes, Mapping)) or not isinstance(data, Iterable):
        raise ValidationError(f"expected rows or an Arrow table, not {type(data).__name__}; one row is a list of one")
    items = data if isinstance(data, list) else list(data)
    if items and all(isinstance(item, pa.RecordBatch) for item in items):
        return pa.Table.from_batches(items)
    return _rows_as_table(pa, items)


def _rows_as_table(pa: Any, rows: Sequence[Any]) -> pa.Table:
    names: dict[str, None] = {}
    for index, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise ValidationError(f"row {index + 1} is of type {type(row).__name__}; a row is a dict")
        if row.keys() - names.keys():
            names.update(dict.fromkeys(row))
    for name in names:
        if not isinstance(name, str):
            raise ValidationError(f"column name {name!r} is of type {type(name).__name__}; use text")
    _refuse_sparse(rows, len(names))
    return pa.table({name: _column(pa, name, [row.get(name) for row in rows]) for name in names})


def _refuse_sparse(rows: Sequence[Row], columns: int) -> None:
    """Raise a ValidationError for rows with so many keys of their own that the table would dwarf them."""
    cells = len(rows) * columns
    if cells > _MOST_SPARSE and cells > _LEAST_FILLED * (filled := sum(map(len, rows))):
        raise ValidationError(
            f"{len(rows):,} rows have {columns:,} different keys, so that {filled:,} values would take {cells:,} "
            "cells: the keys seem to be values; make them a column"
        )


def _column(pa: Any, name: str, values: list[Any]) -> pa.Array:
    from spine.core.mixtures import losing_mixture  # a run without rows needs none

    mixture = losing_mixture(values)
    if mixture is not None:
        raise ValidationError(
            f"column {name!r} holds {mixture}, of which Arrow would drop a part: give every row the same type",
            field=name,
        )
    values = _without_floats_among_decimals(values)
    try:
        return arrow_array(values)
    except OverflowError as error:
        for wide in (pa.decimal128(38), pa.decimal256(76)):
            try:
                return arrow_array(values, wide)  # integers beyond 64 bits keep every digit
            except (pa.ArrowException, TypeError, ValueError):
                continue
        problem: Exception = error
    except UnicodeEncodeError as error:
        row, sign = next((row, sign) for row, value in enumerate(values, 1) if (sign := _surrogate(value)) is not None)
        raise ValidationError(
            f"column {name!r}, row {row}: the text has half of a surrogate pair, U+{ord(sign):04X}: remove it",
            field=name,
            cause=error,
        ) from error
    except (pa.ArrowException, TypeError, ValueError) as error:
        problem = error
    raise ValidationError(
        f"column {name!r} does not fit one Arrow type (it holds {kinds_of(values)}): give every row the same type",
        field=name,
        cause=problem,
    ) from problem


def _without_floats_among_decimals(values: list[Any]) -> list[Any]:
    """Return the values with the digits of each float as a Decimal, if there are Decimals: JSON has long fractions."""
    if not {float, Decimal} <= set(map(type, values)):
        return values
    return [Decimal(repr(value)) if isinstance(value, float) and isfinite(value) else value for value in values]


def _surrogate(value: Any) -> str | None:
    """Return the first lone surrogate in the text of a cell, however deep."""
    found = re.search(
        "[\ud800-\udfff]", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    )
    return found and found[0]


def kinds_of(values: Iterable[Any]) -> str:
    """Return the types of values for an error, with decimals that are no numbers, which Arrow does not have."""
    kinds = {type(value).__name__ for value in values if value is not None}
    odd = {f"the Decimal {value}" for value in values if isinstance(value, Decimal) and not value.is_finite()}
    return ", ".join(sorted(kinds | odd))


def with_columns(table: Any, columns: Mapping[int, Any], fields: Mapping[int, Any] | None = None) -> Any:
    """Return a table or batch with other columns at some positions, and `fields` for those that need more than a type.

    It is made once, whatever their number: `set_column` makes it anew for each.
    """
    if not columns:
        return table
    pa = require_arrow("An Arrow table")
    kept, schema = table.columns, list(table.schema)
    for index, column in columns.items():
        kept[index] = column
        schema[index] = (fields or {}).get(index) or pa.field(schema[index].name, column.type)
    return type(table).from_arrays(kept, schema=pa.schema(schema, table.schema.metadata))


def to_rows(table: pa.Table | pa.RecordBatch) -> list[Row]:
    """Return the rows of an Arrow table as dicts; equal cells of a repetitive column are one Python object.

    A time or duration with nanoseconds, which Python's types cannot hold, is its text in ISO 8601.
    """
    names: list[str] = table.schema.names
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValidationError(f"columns {', '.join(map(repr, twice))} occur more than once: rename them first")
    pa = require_arrow("An Arrow table")
    whole = table if isinstance(table, pa.Table) else pa.Table.from_batches([table])
    rows: list[Row] = []
    columns = [_Column(pa, field) for field in whole.schema]
    for batch in _shared(pa, whole).to_batches():
        _add_rows(batch, columns, rows)
    return rows


def _shared(pa: Any, table: pa.Table) -> pa.Table:
    """Return the table with each repetitive column of text as a dictionary, one for all of its batches."""
    changed: dict[int, Any] = {}
    for index, column in enumerate(table.columns):
        if (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)) and _repeats(column):
            changed[index] = column.dictionary_encode(null_encoding="encode")
    return with_columns(table, changed)


def _repeats(column: pa.ChunkedArray) -> bool:
    sample = column.slice(0, _SAMPLE)
    return len(sample.unique()) * 2 <= len(sample)


class _Column:
    """Python's values of a column, batch after batch; those of a dictionary are made once."""

    def __init__(self, pa: Any, field: pa.Field) -> None:
        self.name: str = field.name
        self._pa = pa
        self._type = field.type
        self._dictionary: pa.Array | None = None
        self._known: list[Any] = []

    def known(self, array: pa.Array) -> list[Any] | None:
        """Return the values that an array's codes stand for, None for one that is no dictionary, or has nulls."""
        if not self._pa.types.is_dictionary(array.type) or array.indices.null_count:
            return None
        if self._dictionary is None or not self._dictionary.equals(array.dictionary):
            self._dictionary, self._known = array.dictionary, self._values(array.dictionary)
        return self._known

    def values(self, array: pa.Array) -> list[Any]:
        """Return every value."""
        if not self._pa.types.is_dictionary(array.type):
            return self._values(array)
        known = self._values(array.dictionary)
        return [None if index is None else known[index] for index in array.indices.to_pylist()]

    def _values(self, array: pa.Array) -> list[Any]:
        try:
            if getattr(array.type, "unit", None) == "ns":
                return _from_nanoseconds(array)
            return array.to_pylist()  # type: ignore[no-any-return]  # pyarrow is untyped
        except (OverflowError, ValueError) as error:
            raise ValidationError(
                f"column {self.name!r} holds a value of type {self._type} that Python cannot hold: {error}",
                field=self.name,
                cause=error,
            ) from error


def _add_rows(batch: pa.RecordBatch, columns: Sequence[_Column], rows: list[Row]) -> None:
    """Append a batch's rows, filled column by column while a block of them is in the processor's cache."""
    model: Row = {column.name: None for column in columns}
    plain: list[tuple[str, list[Any]]] = []
    coded: list[tuple[str, list[Any], memoryview]] = []
    for column, array in zip(columns, batch.columns, strict=True):
        known = column.known(array)
        if known is None:
            plain.append((column.name, column.values(array)))
        elif len(known) == 1:
            model[column.name] = known[0]
        else:
            coded.append((column.name, known, _codes(array.indices)))
    for start in range(0, batch.num_rows, _BLOCK_ROWS):
        stop = min(start + _BLOCK_ROWS, batch.num_rows)
        block = list(map(dict.copy, repeat(model, stop - start)))
        for name, values in plain:
            for row, value in zip(block, values[start:stop], strict=True):
                row[name] = value
        for name, known, codes in coded:
            for row, code in zip(block, codes[start:stop], strict=True):
                row[name] = known[code]
        rows += block


def _codes(indices: pa.Array) -> memoryview:
    """Return the codes of a dictionary array without nulls; reading them makes no list of numbers."""
    codes = indices.cast("int32")
    content = codes.buffers()[1]
    return memoryview(content or b"").cast("i")[codes.offset : codes.offset + len(codes)]


def _from_nanoseconds(column: pa.Array) -> list[Any]:
    """Return Python's values of whole microseconds, and the text of others; with or without pandas."""
    pa, compute = require_arrow("An Arrow table"), require_arrow("An Arrow table", "pyarrow.compute")
    count = column.cast(pa.int64())
    micros = compute.divide(count, 1000)
    is_whole = compute.equal(compute.multiply(micros, 1000), count)
    if pa.types.is_duration(column.type):
        coarse, texts = (
            pa.duration("us"),
            (f"PT{Decimal(number) / 10**9:f}S" for number in count.drop_null().to_pylist()),
        )
    else:
        kind = column.type
        coarse = pa.timestamp("us", kind.tz) if pa.types.is_timestamp(kind) else pa.time64("us")
        texts = (text.replace(" ", "T") for text in column.drop_null().cast(pa.string()).to_pylist())
    values: list[Any] = micros.cast(coarse).to_pylist()
    for index, whole in enumerate(is_whole.to_pylist()):
        text = None if whole is None else next(texts)
        if whole is False:
            values[index] = text
    return values
