"""Conversion of text columns to other types, a whole column at a time; cells that do not fit are reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from spine.core.tables import arrow_array, require_arrow, with_columns
from spine.formats.columntypes import ColumnType

if TYPE_CHECKING:
    import pyarrow as pa


@frozen
class BadCell:
    """A cell that is not of its column's type; `row` counts from 0."""

    row: int
    column: str
    value: str
    kind: ColumnType

    @property
    def reason(self) -> str:
        written = f" as {self.kind.format}" if self.kind.format else ""
        return f"column {self.column!r} is {self.value!r:.80}, which is not a valid {self.kind}{written}"


def convert(
    table: pa.Table, schema: Mapping[str, ColumnType], null_values: Sequence[str] = ()
) -> tuple[pa.Table, list[BadCell]]:
    """Return the table with its text columns converted, and the cells that cannot be converted, which are null in it.

    A text of `null_values` is null in every column, an empty text in every column whose type is not string.
    """
    bad: list[BadCell] = []
    changed: dict[int, Any] = {}
    for index, (name, column) in enumerate(zip(table.column_names, table.columns, strict=True)):
        kind = schema.get(name, _STRING)
        if not is_text(column) or (kind == _STRING and not null_values):
            continue
        changed[index], wrong = _column(column, kind, null_values)
        bad += (BadCell(row, name, column[row].as_py(), kind) for row in wrong)
    return with_columns(table, changed), bad


def is_text(column: Any) -> bool:
    """Return whether the cells of an Arrow column are text."""
    return bool(require_arrow("A column type").types.is_string(column.type))


def without_nulls(column: Any, kind: ColumnType, null_values: Sequence[str]) -> Any:
    """Return a text column in which the texts that mean null are null."""
    pa, compute = require_arrow("A column type"), require_arrow("A column type", "pyarrow.compute")
    meant = [*null_values, *([""] if kind != _STRING else [])]
    null = compute.is_in(column, pa.array(meant, pa.string()))
    return compute.if_else(null, pa.scalar(None, pa.string()), column)


def _column(column: Any, kind: ColumnType, null_values: Sequence[str]) -> tuple[Any, list[int]]:
    pa, compute = require_arrow("A column type"), require_arrow("A column type", "pyarrow.compute")
    text = without_nulls(column, kind, null_values)
    if kind == _STRING:
        return text, []
    fitting = text
    if kind.pattern is not None:
        right = compute.match_substring_regex(text, kind.pattern)
        fitting = compute.if_else(right, text, pa.scalar(None, pa.string()))
    try:
        found = _cast(fitting, kind)
    except (pa.ArrowException, ValueError):
        found = _cast_one_by_one(fitting, kind)
    if found.null_count == text.null_count:
        return found, []
    wrong = compute.and_(compute.is_valid(text), compute.is_null(found))
    return found, compute.indices_nonzero(wrong).to_pylist()


def _cast(text: Any, kind: ColumnType) -> Any:
    """Return the column in its type; raise an error that does not name the row if one cell does not fit."""
    pa, compute = require_arrow("A column type"), require_arrow("A column type", "pyarrow.compute")
    if kind.format is not None:
        return _mapped(text, kind, kind.strptime)
    if kind.thousands is not None:
        text = compute.replace_substring(text, kind.thousands, "")
    if kind.decimal != ".":
        text = compute.replace_substring(text, kind.decimal, ".")
    if kind.name == "int64":
        text = compute.utf8_ltrim(text, "+")
    if kind.name == "bool":
        return compute.equal(compute.utf8_slice_codeunits(compute.utf8_lower(text), 0, 1), "t")
    found = text.cast(kind.arrow)
    if kind.name == "float64" and compute.any(compute.is_inf(found)).as_py():
        raise pa.ArrowInvalid("too large")
    return found


def _cast_one_by_one(text: Any, kind: ColumnType) -> Any:
    pa = require_arrow("A column type")

    def cell(value: str) -> Any:
        try:
            return _cast(pa.array([value], pa.string()), kind)[0].as_py()
        except (pa.ArrowException, ValueError):
            return None

    return _mapped(text, kind, cell)


def _mapped(text: Any, kind: ColumnType, function: Callable[[str], Any]) -> Any:
    """Return `function` of every cell; it is called once for each distinct text."""
    pa = require_arrow("A column type")
    chunks = []
    known: dict[str, Any] = {}
    for chunk in text.chunks if isinstance(text, pa.ChunkedArray) else [text]:
        encoded = chunk.dictionary_encode()
        for value in encoded.dictionary.to_pylist():
            if value not in known:
                known[value] = function(value)
        values = arrow_array([known[value] for value in encoded.dictionary.to_pylist()], kind.arrow)
        chunks.append(values.take(encoded.indices))
    return pa.chunked_array(chunks, kind.arrow)


_STRING = ColumnType("string")
