"""Any data: what a check says agrees with Python, and data that it cannot compare does not pass, and never breaks."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spine.core.scope import Scope, use_scope
from spine.framework.captures import capture, read_capture
from spine.framework.contracts import Check, ContractViolationError, contract, quality_result_store
from spine.framework.rejects import reject_store

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9)
VALUES: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.int8(): st.integers(-128, 127),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.float32(): st.floats(width=32),
    pa.float64(): st.floats(),
    pa.decimal128(20, 3): DECIMALS,
    pa.string(): st.text(st.characters(exclude_categories=["Cs"])),
    pa.large_string(): st.text(st.characters(exclude_categories=["Cs"])),
    pa.bool_(): st.booleans(),
    pa.date32(): st.dates(),
    pa.timestamp("us"): st.datetimes(),
    pa.timestamp("us", "America/New_York"): st.datetimes(
        min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)
    ),
    pa.binary(): st.binary(),
    pa.list_(pa.int64()): st.lists(st.integers(0, 9)),
    pa.struct([("n", pa.float64()), ("secret", pa.string())]): st.fixed_dictionaries(
        {"n": st.floats() | st.none(), "secret": st.text(st.characters(exclude_categories=["Cs"]))}
    ),
    pa.map_(pa.string(), pa.int64()): st.lists(st.tuples(st.text("abc"), st.integers(0, 9)), max_size=3),
    pa.null(): st.none(),
}
BOUNDS = (
    st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | DECIMALS
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.dates()
    | st.datetimes()
)


@st.composite
def columns(draw: st.DrawFn, kinds: list[pa.DataType] | None = None) -> pa.ChunkedArray:
    """A column of any type and encoding, in chunks."""
    kind = draw(st.sampled_from(kinds or list(VALUES)))
    parts = draw(st.lists(st.lists(VALUES[kind] | st.none(), max_size=6), max_size=3))
    column = pa.chunked_array([pa.array(part, kind) for part in parts], kind)
    encodable = not pa.types.is_nested(kind) and not pa.types.is_null(kind)
    return column.dictionary_encode() if encodable and draw(st.booleans()) else column


@st.composite
def checks(draw: st.DrawFn) -> Check:
    """A check of column `a`, without a severity."""
    severity = draw(st.sampled_from(["warn", "fail", "quarantine"]))
    bound, other = draw(BOUNDS), draw(BOUNDS)
    return draw(
        st.sampled_from(
            [
                Check("not_null", "a", severity=severity),
                Check("unique", "a", severity=severity),
                Check("unique", ["a", "b"], severity=severity),
                Check("in_range", "a", min=bound, severity=severity),
                Check("in_range", "a", min=bound, max=other, severity=severity),
                Check("matches", "a", pattern=r"\d+|[a-z]*", severity=severity),
                Check("one_of", "a", values=[bound, other], severity=severity),
                Check("references", "a", capture="known", severity=severity),
                Check("references", ["a", "b"], capture="known", severity=severity),
                Check("freshness", "a", max_age_days=10, severity="warn"),
            ]
        )
    )


@given(column=columns(), known=columns(), check=checks(), in_batches=st.booleans())
@example(
    column=pa.chunked_array([pa.array([2**64 - 1], pa.uint64())]),
    known=pa.chunked_array([pa.array([-1], pa.int8())]),
    check=Check("references", "a", capture="known"),
    in_batches=False,
)
def test_any_data_passes_or_not_and_its_results_are_json(
    column: pa.ChunkedArray, known: pa.ChunkedArray, check: Check, in_batches: bool
) -> None:
    table = pa.table({"a": column, "b": pa.array(range(len(column)), pa.int64())})
    other = pa.table({"a": known, "b": pa.array(range(len(known)), pa.int64())})
    with use_scope(Scope()):
        contract("prices", checks=[check])
        capture("known", other)
        made = None
        with suppress(ContractViolationError):
            made = capture("prices", table.to_reader() if in_batches else table)
        [result] = quality_result_store().list_results()
        json.dumps([dict(row) for row in result.sample], allow_nan=False)
        aside = reject_store().list_rejects()
        if made is not None:
            assert made.row_count + len(aside) == table.num_rows
            assert len(aside) == (result.failed_rows if result.severity == "quarantine" else 0)
            assert read_capture("prices").table.schema.field("a").type == column.type
        assert result.failed_rows is None or 0 <= result.failed_rows <= table.num_rows


NUMBERS = [pa.int8(), pa.int64(), pa.uint64(), pa.float64(), pa.decimal128(20, 3)]
LEAST = st.integers(-(2**70), 2**70) | st.floats(-(2.0**70), 2.0**70) | DECIMALS


@given(column=columns(NUMBERS), least=LEAST, most=LEAST)
@example(column=pa.chunked_array([[2**63 - 1]]), least=float(2**63), most=2**70)
@example(column=pa.chunked_array([[Decimal("0.001")]]), least=Decimal("0.0001"), most=1e-251)
@example(column=pa.chunked_array([[math.nan, math.inf, -math.inf]]), least=-(2**70), most=2**70)
def test_numbers_are_in_range_if_python_says_so(column: pa.ChunkedArray, least: Any, most: Any) -> None:
    is_float = pa.types.is_floating(_plain(column))

    def is_inside(value: Any) -> bool:
        low, high = (float(least), float(most)) if is_float else (_exact(least), _exact(most))
        return bool(low <= value <= high)

    expected = [value for value in column.to_pylist() if value is not None and not is_inside(value)]
    assert _failed(column, Check("in_range", "a", min=least, max=most)) == len(expected)


@pytest.mark.slow
@given(column=columns([pa.date32(), pa.timestamp("us")]), least=st.dates())
def test_dates_and_times_are_compared_with_the_midnight_of_a_date(column: pa.ChunkedArray, least: date) -> None:
    midnight = datetime(least.year, least.month, least.day)

    def is_before(value: date) -> bool:
        return value < midnight if isinstance(value, datetime) else value < least

    expected = [value for value in column.to_pylist() if value is not None and is_before(value)]
    assert _failed(column, Check("in_range", "a", min=least)) == len(expected)


@given(column=columns([pa.string(), pa.int64(), pa.date32(), pa.bool_(), pa.decimal128(20, 3)]))
def test_repeated_values_are_those_beyond_the_first_of_each(column: pa.ChunkedArray) -> None:
    values = column.to_pylist()
    assert _failed(column, Check("unique", "a")) == len(values) - len(set(values))


@given(column=columns([pa.string(), pa.large_string()]), allowed=st.lists(st.text("ab"), min_size=1))
def test_texts_are_among_the_values_that_are_allowed(column: pa.ChunkedArray, allowed: list[str]) -> None:
    expected = [value for value in column.to_pylist() if value is not None and value not in allowed]
    assert _failed(column, Check("one_of", "a", values=allowed)) == len(expected)


@given(pattern=st.text("ab)(|[]*+?{}\\^$.", min_size=1), text=st.text("ab"))
def test_any_pattern_passes_or_not(pattern: str, text: str) -> None:
    with use_scope(Scope()):
        contract("prices", checks=[Check("matches", "a", pattern=pattern, severity="warn")])
        with suppress(ContractViolationError):
            capture("prices", [{"a": text}])
        [result] = quality_result_store().list_results()
        assert (result.severity == "fail") == str(result.observed).startswith("it cannot be checked")


def _failed(column: pa.ChunkedArray, check: Check) -> int:
    with use_scope(Scope()):
        contract("prices", checks=[check])
        with suppress(ContractViolationError):
            capture("prices", pa.table({"a": column}))
        [result] = quality_result_store().list_results()
    assert result.failed_rows is not None, result.observed
    return result.failed_rows


def _plain(column: pa.ChunkedArray) -> pa.DataType:
    return column.type.value_type if pa.types.is_dictionary(column.type) else column.type


def _exact(bound: Any) -> Any:
    return Decimal(repr(bound)) if isinstance(bound, float) else bound
