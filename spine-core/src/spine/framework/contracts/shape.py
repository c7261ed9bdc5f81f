"""Columns of captured data: those that a contract names, and those that it does not."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from attrs import define, field

from spine.config.contracts import Drift
from spine.core.tables import with_columns
from spine.formats.columntypes import ColumnType
from spine.framework.captures.schema_text import is_text, type_text
from spine.framework.contracts.registry import Contract
from spine.framework.contracts.values import decoded

if TYPE_CHECKING:
    import pyarrow as pa


@define
class Shape:
    """Columns of one table or stream against those of a contract.

    `problems` says what is missing or of another type; then nothing can be captured. `new` are the columns that the
    contract does not name.
    """

    contract: Contract
    schema: pa.Schema
    problems: list[str] = field(factory=list)
    new: list[str] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        names, contract = self.schema.names, self.contract
        if not names and not contract.columns:  # no rows may have no columns
            return
        counts = Counter(names)
        self.problems = [f"column {name!r} occurs more than once" for name, count in counts.items() if count > 1]
        needed = [*contract.columns, *(name for check in contract.checks for name in check.columns)]
        self.problems += [f"column {name!r} is missing" for name in dict.fromkeys(needed) if name not in counts]
        if self.problems:
            return
        for name, kind in contract.columns.items():
            found = self.schema.field(name).type
            if not _may_be(found, _parsed(kind)):
                self.problems.append(f"column {name!r} is {type_text(found)}, not {kind}")
        self.new = [name for name in names if name not in contract.columns] if contract.columns else []

    @property
    def drops_new(self) -> bool:
        """True if new columns are not captured."""
        return self.contract.drift in (Drift.DISCARD, Drift.QUARANTINE)

    def fitted_schema(self) -> pa.Schema:
        """Return the schema of what is captured."""
        return self.fit(self.schema.empty_table()).schema

    def fit(self, table: pa.Table) -> pa.Table:
        """Return a table with the declared types and without columns that are dropped; its rows are the same.

        A value that is not of its column's type is a problem, and the column then stays as it is.
        """
        import pyarrow as pa

        columns, fields = {}, {}
        for index, found in enumerate(table.schema):
            kind = self.contract.columns.get(found.name)
            if kind is None or _is_encoding(found.type, _parsed(kind).arrow):
                continue
            wanted = found.with_type(_parsed(kind).arrow)
            try:
                columns[index] = _cast(decoded(table.column(index)), wanted.type)
                fields[index] = wanted
            except pa.ArrowInvalid as error:
                self.problems.append(f"column {found.name!r} has a value that is no {kind}: {error}")
        table = with_columns(table, columns, fields)
        return table.drop_columns(self.new) if self.drops_new and self.new else table


def _cast(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    """Return a column in another type; ArrowInvalid if a value does not fit."""
    import pyarrow as pa
    from pyarrow import types as is_

    if is_.is_integer(column.type) and is_.is_decimal(wanted):  # which Arrow only allows where every integer would fit
        column = column.cast(pa.decimal256(76, wanted.scale))
    return column.cast(wanted)


def _parsed(kind: Any) -> ColumnType:
    return ColumnType.parse(kind)


def _is_encoding(found: pa.DataType, wanted: pa.DataType) -> bool:
    """Return whether a type is the wanted one, however its values are encoded."""
    return bool(found == wanted or type_text(found) == type_text(wanted))


def _may_be(found: pa.DataType, kind: ColumnType) -> bool:
    """Return whether values of a type can be those of a declared one: it is the same, or a narrower one of its kind."""
    from pyarrow import types as is_

    if is_.is_dictionary(found) or is_.is_run_end_encoded(found):
        return _may_be(found.value_type, kind)
    if is_.is_null(found):
        return True
    match kind.name:
        case "string":
            fits = is_text(found)
        case "int64":
            fits = is_.is_integer(found)
        case "float64":
            fits = is_.is_integer(found) or is_.is_floating(found)
        case "decimal":
            fits = is_.is_integer(found) or is_.is_decimal(found)
        case "bool":
            fits = is_.is_boolean(found)
        case "date":
            fits = is_.is_date(found)
        case _:
            fits = is_.is_timestamp(found) and (found.tz is not None) == (kind.name == "timestamptz")
    return bool(fits)
