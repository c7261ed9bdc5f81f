"""Checks in progress: each looks at the data batch by batch, and has an outcome at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from attrs import define, field, frozen

from spine.core.errors import ValidationError
from spine.core.plain_text import counted
from spine.framework.contracts.rowchecks import BadRows, joined, keys_of, numbered
from spine.framework.contracts.sample import SAMPLE_ROWS, sample_of

if TYPE_CHECKING:
    import pyarrow as pa

SetAside = Callable[["pa.Table", str], None]


@frozen
class Outcome:
    """Outcome of a check: what was expected, what was found, and the rows that did not pass."""

    passed: bool
    expected: str | None
    observed: str | None = None
    failed_rows: int | None = None
    sample: Sequence[dict[str, Any]] = ()


class RunningCheck(Protocol):
    """Check on the data of one capture."""

    def take(self, table: pa.Table) -> pa.Table:
        """Look at the next rows, and return those that are still to be captured."""
        ...

    def outcome(self) -> Outcome:
        """Return the outcome when all rows were seen."""
        ...


@define
class RowCheck:
    """Check of single rows; with `set_aside`, those that do not pass are passed to it and go no further."""

    name: str
    expected: str
    columns: Sequence[str]
    find: BadRows
    set_aside: SetAside | None = None
    _seen: int = 0
    _bad: int = 0
    _sample: list[dict[str, Any]] = field(factory=list)

    def take(self, table: pa.Table) -> pa.Table:
        import pyarrow.compute as pc

        mask = self.find(table)
        count = pc.sum(mask).as_py() or 0
        self._seen, self._bad = self._seen + table.num_rows, self._bad + count
        if not count:
            return table
        bad = table.filter(mask)
        if len(self._sample) < SAMPLE_ROWS:
            self._sample = [*self._sample, *sample_of(bad, self.columns)][:SAMPLE_ROWS]
        if self.set_aside is None:
            return table
        self.set_aside(bad, self.name)
        return table.filter(pc.invert(mask))

    def outcome(self) -> Outcome:
        return Outcome(not self._bad, self.expected, _of(self._bad, self._seen), self._bad, self._sample)


@define
class KeyCheck:
    """Check that values are unique in all batches together, and in those before; it keeps the columns in memory."""

    columns: Sequence[str]
    expected: str
    before: pa.Table | None = None
    _parts: list[pa.Table] = field(factory=list)

    def take(self, table: pa.Table) -> pa.Table:
        self._parts.append(keys_of(table, self.columns))
        return table

    def outcome(self) -> Outcome:
        import pyarrow.compute as pc

        if not self._parts:
            return Outcome(True, self.expected, _of(0, 0), 0)
        before = [] if self.before is None else [keys_of(self.before, self.columns)]
        keys = numbered(joined([*before, *self._parts]))
        names = [str(index) for index in range(len(self.columns))]
        groups = keys.group_by(names).aggregate([("row", "count"), ("row", "min")])
        bad = keys.num_rows - groups.num_rows
        several = groups.filter(pc.greater(groups["row_count"], 1)).sort_by("row_min").select(names)
        sample = sample_of(several.rename_columns(self.columns)) if bad else []
        return Outcome(not bad, self.expected, _of(bad, keys.num_rows), bad, sample)


@define
class RowCount:
    """Check of the number of rows."""

    least: int | None
    most: int | None
    change: float | None
    previous: Callable[[], int | None]
    rows: int = 0

    def take(self, table: pa.Table) -> pa.Table:
        self.rows += table.num_rows
        return table

    def outcome(self) -> Outcome:
        rows, said = self.rows, []
        passed = (self.least is None or rows >= self.least) and (self.most is None or rows <= self.most)
        if self.least is not None:
            said.append(f"at least {counted(self.least, 'row')}")
        if self.most is not None:
            said.append(f"at most {counted(self.most, 'row')}")
        before = None if self.change is None else self.previous()
        if self.change is not None and before is None:
            said.append(f"at most {self.change:g}% more or less than before, and there is no revision yet")
        elif self.change is not None and before is not None:
            said.append(f"at most {self.change:g}% more or less than the {before:,} rows before")
            passed = passed and abs(rows - before) * 100 <= self.change * before
        return Outcome(passed, ", ".join(said), counted(rows, "row"))


@define
class WholeCheck:
    """Check by an own function, which gets the whole table and says what it has found."""

    name: str
    function: Callable[[pa.Table], Any]
    set_aside: SetAside | None = None
    _outcome: Outcome | None = None

    def take(self, table: pa.Table) -> pa.Table:
        import pyarrow as pa

        said = self.function(table)
        if isinstance(said, Outcome):
            self._outcome = said
            return table
        said = said.as_py() if isinstance(said, pa.Scalar) else said
        mask = _mask_of(said, table.num_rows, self.name)
        if mask is not None:
            check = RowCheck(self.name, _EXPECTED, (), lambda _table: mask, self.set_aside)
            table = check.take(table)
            self._outcome = check.outcome()
            return table
        passed = said is None or said == "" or (not isinstance(said, str) and bool(said))
        self._outcome = Outcome(passed, _EXPECTED, said or None if isinstance(said, str) else f"it returned {said!r}")
        return table

    def outcome(self) -> Outcome:
        return self._outcome or Outcome(True, _EXPECTED)


_EXPECTED = "no complaint"


def _mask_of(said: Any, rows: int, name: str) -> Any:
    """Return the rows that do not pass, if a function returned one boolean a row; a null does not pass."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if said is None or isinstance(said, (str, bool)) or not isinstance(said, (Iterable, pa.Array, pa.ChunkedArray)):
        return None
    try:
        good = said if isinstance(said, (pa.Array, pa.ChunkedArray)) else pa.array(list(said), pa.bool_())
        mask = pc.invert(pc.fill_null(good, fill_value=False))
    except (pa.ArrowException, TypeError) as error:
        returned = f"{name} of a contract returned a {type(said).__name__}"
        raise ValidationError(f"{returned}: return a boolean, one boolean a row, or a text", cause=error) from error
    if len(mask) != rows:
        raise ValidationError(
            f"{name} of a contract returned {len(mask):,} booleans for {rows:,} rows: return one a row"
        )
    return mask


def _of(bad: int, rows: int) -> str:
    return f"{bad:,} of {rows:,} rows"
