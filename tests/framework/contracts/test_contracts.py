"""Contracts of captures in a plain script: columns, drift, streams, own functions, and what is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from spine.core.errors import ConfigError, InvalidConfigError, ValidationError
from spine.core.secrets import MASK
from spine.framework.captures import (
    CaptureStore,
    MemoryCaptureStore,
    PayloadStore,
    capture,
    list_captures,
    read_capture,
)
from spine.framework.contracts import (
    Check,
    Contract,
    ContractViolationError,
    QualityResult,
    contract,
    contract_registry,
    inspection,
    quality_result_store,
)
from spine.framework.lineage import Direction, Edge
from spine.framework.rejects import reject_store
from spine.framework.work import Work, use_work
from spine.testing import FixedClock


def results() -> dict[str, QualityResult]:
    return {result.check_name: result for result in quality_result_store().list_results()}


def refused(data: Any, name: str = "prices", **options: Any) -> str:
    with pytest.raises(ContractViolationError) as caught:
        capture(name, data, **options)
    return str(caught.value)


def batches(*tables: Any) -> Iterator[pa.RecordBatch]:
    for table in tables:
        yield from pa.table(table).to_batches()


def test_a_capture_without_a_contract_is_not_checked() -> None:
    contract("prices.*", checks=[Check("not_null", "symbol")])
    capture("prices", [{"symbol": None}])
    capture("other.prices.x", [{"symbol": None}])
    assert results() == {}


def test_all_contracts_that_match_apply_in_the_order_of_their_declaration() -> None:
    contract("pri*", checks=[Check("not_null", "symbol", severity="quarantine")])
    contract("prices", checks=[Check("row_count", min=2)])
    assert "contract 'prices': row_count: 1 row, expected at least 2 rows" in refused(
        [{"symbol": None}, {"symbol": "A"}]
    )
    assert [result.contract for result in quality_result_store().list_results()] == ["pri*", "prices"]


def test_a_name_is_registered_once_and_may_be_replaced() -> None:
    first = contract("prices", checks=[Check("row_count", min=9)])
    with pytest.raises(ValueError, match="contract 'prices' is already registered"):
        contract("prices")
    assert contract_registry.register(first) is first
    contract("prices", replace=True)
    capture("prices", [])
    contract_registry.clear()
    assert contract_registry.list_contracts() == []


@pytest.mark.parametrize("pattern", ["", "a b", "ä", "x" * 201, "a/../b"])
def test_a_name_that_no_capture_can_have_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidConfigError, match=r"contract name .* is not valid"):
        Contract(pattern)


@pytest.mark.parametrize(
    ("declared", "given", "kept"),
    [
        ("string", pa.array(["a"]).dictionary_encode(), "string"),
        ("string", pa.array(["a"], pa.large_string()), "string"),
        ("string", pa.array(["a"], pa.string_view()), "string"),
        ("string", pa.nulls(1), "string"),
        ("int64", pa.array([1], pa.int8()), "int64"),
        ("int64", pa.array([1], pa.uint64()), "int64"),
        ("int64", pa.array([1], pa.int16()).dictionary_encode(), "int64"),
        ("float64", pa.array([1]), "double"),
        ("float64", pa.array([1.5], pa.float32()), "double"),
        ("float64", pa.array([None], pa.float16()), "double"),
        ("decimal(18,4)", pa.array([Decimal("1.5")]), "decimal128(18, 4)"),
        ("decimal(18,4)", pa.array([1]), "decimal128(18, 4)"),
        ("bool", pa.array([True]), "bool"),
        ("date", pa.array([date(2026, 1, 1)], pa.date64()), "date32[day]"),
        ("timestamp", pa.array([datetime(2026, 1, 1)], pa.timestamp("s")), "timestamp[us]"),
        (
            "timestamptz",
            pa.array([datetime(2026, 1, 1, tzinfo=UTC)], pa.timestamp("ms", "CET")),
            "timestamp[us, tz=UTC]",
        ),
    ],
)
def test_a_column_of_the_declared_kind_is_captured_in_the_declared_type(declared: str, given: Any, kept: str) -> None:
    contract("prices", columns={"x": declared})
    made = capture("prices", pa.table({"x": given}))
    assert made.schema == [["x", kept]]
    assert read_capture("prices").data[0]["x"] == pa.table({"x": given}).to_pylist()[0]["x"]
    contract("streamed", columns={"x": declared})
    streamed = capture("streamed", batches({"x": given}))
    assert (streamed.schema, streamed.row_count) == ([["x", kept]], 1)


@pytest.mark.parametrize(
    ("declared", "given", "said"),
    [
        ("int64", pa.array(["1"]), "column 'x' is string, not int64"),
        ("int64", pa.array([1.0]), "column 'x' is double, not int64"),
        ("string", pa.array([1]), "column 'x' is int64, not string"),
        ("int64", pa.array([2**63], pa.uint64()), "column 'x' has a value that is no int64: Integer value "),
        ("float64", pa.array([2**53 + 1]), "column 'x' has a value that is no float64: Integer value "),
        ("decimal(4,2)", pa.array([Decimal("1.234")]), "column 'x' has a value that is no decimal(4,2): "),
        ("timestamp", pa.array([0], pa.timestamp("us", "UTC")), "column 'x' is timestamp[us, tz=UTC], not timestamp"),
        ("timestamptz", pa.array([0], pa.timestamp("us")), "column 'x' is timestamp[us], not timestamptz"),
        ("bool", pa.array([[True]]), "column 'x' is list<bool>, not bool"),
    ],
)
def test_a_column_of_another_type_or_with_a_value_of_another_is_an_error(declared: str, given: Any, said: str) -> None:
    contract("prices", columns={"x": declared})
    assert f"capture prices breaks contract 'prices': columns: {said}" in refused(pa.table({"x": given}))
    assert said in refused(batches({"x": given}))
    assert (results()["columns"].passed, list_captures()) == (False, [])


def test_missing_and_repeated_columns_are_named_together_and_no_check_is_made() -> None:
    contract("prices", columns={"a": "int64", "b": "int64"}, checks=[Check("not_null", "c"), Check("row_count", min=1)])
    said = refused(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"]))
    assert "columns: column 'a' occurs more than once; column 'b' is missing; column 'c' is missing;" in said
    assert list(results()) == ["columns"]


def test_no_rows_have_the_declared_columns() -> None:
    contract("prices", columns={"a": "int64"}, checks=[Check("not_null", "a"), Check("unique", "a")])
    assert capture("prices", []).schema == [["a", "int64"]]
    contract("others", checks=[Check("not_null", "a"), Check("unique", "a", severity="quarantine")])
    assert capture("others", []).row_count == 0
    assert capture("others", pa.table({"a": pa.array([], pa.int64())})).row_count == 0


ROWS = [{"a": 1}, {"a": 2, "new": None}, {"a": 3, "new": "x"}]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("drift", "columns", "numbers", "passed"),
    [
        ("evolve", ["a", "new"], [1, 2, 3], True),
        ("discard", ["a"], [1, 2, 3], True),
        ("quarantine", ["a"], [1, 2], False),
    ],
)
def test_drift_says_what_becomes_of_new_columns(
    drift: str, columns: list[str], numbers: list[int], passed: bool, stream: bool
) -> None:
    contract("prices", columns={"a": "int64"}, drift=drift, checks=[Check("row_count", min=1)])
    capture("prices", iter([ROWS]) if stream else ROWS)
    table = read_capture("prices").table
    assert (table.column_names, table["a"].to_pylist()) == (columns, numbers)
    assert (results()["drift"].passed, len(reject_store().list_rejects())) == (passed, 3 - len(numbers))
    assert results()["drift"].observed == ("new: new" if passed else "1 of 3 rows")


def test_frozen_columns_refuse_new_ones_before_any_other_check() -> None:
    contract("prices", columns={"a": "int64"}, drift="freeze", checks=[Check("row_count", min=10)])
    assert "drift: new: new, expected no other columns; correct the data or the contract" in refused(ROWS)
    assert list(results()) == ["columns", "drift"]
    assert "row_count: 1 row" in refused(ROWS[:1])


@pytest.mark.parametrize("severity", ["warn", "fail", "quarantine"])
@pytest.mark.parametrize(
    "check",
    [
        Check("not_null", "a"),
        Check("in_range", "a", min=2),
        Check("one_of", "a", values=[2, 3]),
        Check("unique", "a"),
        Check("references", "a", capture="known", to="n"),
        Check("row_count", max=3),
    ],
    ids=lambda check: check.name,
)
def test_a_stream_has_the_results_of_the_same_rows_as_a_table(check: Check, severity: str) -> None:
    capture("known", [{"n": 2}, {"n": 3}])
    if severity == "quarantine" and not check.check.is_about_rows:
        return
    contract("prices*", checks=[_with(check, severity)])
    parts = [{"a": [1, 2]}, {"a": [2, 3, None]}]
    given = {"prices.table": pa.table({"a": [1, 2, 2, 3, None]}), "prices.stream": batches(*parts)}
    for name, data in given.items():
        if severity == "fail":
            refused(data, name)
        else:
            capture(name, data)
    one, other = quality_result_store().list_results()
    assert (one.observed, one.expected, one.failed_rows, one.sample) == (
        other.observed,
        other.expected,
        other.failed_rows,
        other.sample,
    )
    if severity != "fail":
        assert (
            read_capture("prices.table").table["a"].to_pylist() == read_capture("prices.stream").table["a"].to_pylist()
        )


def _with(check: Check, severity: str) -> Check:
    from attrs import evolve

    return evolve(check, severity=severity)


def test_a_stream_is_checked_batch_by_batch() -> None:
    contract("prices", checks=[Check("not_null", "a"), Check("unique", "a"), Check("row_count", min=1)])
    alive: list[int] = []

    def produce() -> Iterator[pa.RecordBatch]:
        for number in range(5):
            alive.append(number)
            yield pa.record_batch({"a": [number]})

    seen = inspection.Inspection(contract_registry.of("prices"), _subject()).of(_stream(produce()))
    for number, _batch in enumerate(seen.batches):
        assert alive == list(range(number + 1))


def _stream(made: Iterator[pa.RecordBatch]) -> Any:
    from spine.framework.captures.batches import BatchStream

    return BatchStream(pa.schema([("a", pa.int64())]), made)


def _subject() -> Any:
    from spine.framework.contracts.subject import Subject

    return Subject("prices", {}, None, lambda name, columns: pa.table({}), lambda: None)


def test_a_failure_in_a_stream_leaves_no_file(tmp_path: Any, own_scope: Any) -> None:
    own_scope.provide(CaptureStore, MemoryCaptureStore(PayloadStore(tmp_path)))
    contract("prices", checks=[Check("not_null", "a")])
    refused(batches({"a": [1]}, {"a": [None]}))
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"] == []


def test_a_source_that_breaks_in_a_stream_keeps_its_own_error() -> None:
    contract("prices", checks=[Check("row_count", min=1)])

    def broken() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"a": [1]})
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        capture("prices", broken())
    assert results() == {}


def test_data_of_which_every_row_is_to_be_set_aside_is_refused() -> None:
    contract("prices", checks=[Check("not_null", "a", severity="quarantine")])
    said = refused([{"a": None}, {"a": None}])
    assert 'not_null(a): 2 of 2 rows, such as {"a": null}: 2 rows in all, which are all; correct' in said
    assert reject_store().list_rejects() == []


def test_more_rows_to_set_aside_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "MOST_SET_ASIDE", 3)
    contract("prices", checks=[Check("in_range", "a", min=4, severity="quarantine")])
    assert "4 rows in all, more than the 3 that are set aside" in refused([{"a": number} for number in range(8)])
    assert reject_store().list_rejects() == []


def test_the_first_row_of_a_key_stays() -> None:
    contract("prices", checks=[Check("unique", ["a", "b"], severity="quarantine")])
    capture("prices", [{"a": 1, "b": "x", "c": 1}, {"a": 1, "b": "y", "c": 2}, {"a": 1, "b": "x", "c": 3}])
    assert [row["c"] for row in read_capture("prices").data] == [1, 2]


def test_rows_that_are_appended_are_compared_with_those_that_are_there() -> None:
    contract("kept", checks=[Check("unique", "a", severity="quarantine"), Check("row_count", max=3)])
    contract("strict", checks=[Check("unique", "a")])
    for name in ("kept", "strict"):
        capture(name, [{"a": 1}, {"a": 2}])
    capture("kept", [{"a": 2}, {"a": 3}], mode="append")
    assert [row["a"] for row in read_capture("kept").data] == [1, 2, 3]
    assert "row_count: 4 rows, expected at most 3 rows" in refused([{"a": 4}], "kept", mode="append")
    assert 'unique(a): 1 of 4 rows, such as {"a": 2}' in refused([{"a": 2}, {"a": 3}], "strict", mode="append")


def test_a_change_of_the_number_of_rows_is_measured_against_the_last_revision() -> None:
    contract("prices", checks=[Check("row_count", max_change_percent=50)])
    capture("prices", [{"a": number} for number in range(4)], partition={"day": 1})
    said = "row_count: 1 row, expected at most 50% more or less than the 4 rows before"
    assert said in refused([{"a": 1}], partition={"day": 1})
    assert said in refused([{"a": 1}], partition={"day": 2})
    capture("prices", [{"a": number} for number in range(6)], partition={"day": 2})


def test_the_business_date_and_the_newest_value_have_an_age(fixed_clock: FixedClock) -> None:
    today = fixed_clock.now().date()
    contract("prices", checks=[Check("freshness", max_age_days=2)])
    capture("prices", [{"a": 1}], business_date=today - timedelta(days=2))
    assert "3.0 days old, expected at most 2 days old" in refused([{"a": 2}], business_date=today - timedelta(days=3))
    assert "freshness: there is no business date" in refused([{"a": 2}])
    contract("times", checks=[Check("freshness", "at", max_age_days=0.5)])
    now = fixed_clock.now()
    for kind in (pa.timestamp("ns", "UTC"), pa.timestamp("us", "America/New_York"), pa.timestamp("s")):
        given = pa.array([None, now.replace(tzinfo=None) if kind.tz is None else now]).cast(kind)
        capture("times", pa.table({"at": given}))
    assert "freshness(at): there is no newest at" in refused(pa.table({"at": pa.nulls(2, pa.date32())}), "times")
    assert "neither a date nor a time" in refused([{"at": "2026-01-01"}], "times")


def test_references_pass_nulls_and_compare_several_columns_together() -> None:
    capture("known", pa.table({"x": pa.array([1, 2], pa.int32()), "y": ["a", "b"]}), partition={"day": 1})
    contract("prices", checks=[Check("references", ["a", "b"], capture="known", to=["x", "y"])])
    good = {"a": [1, None, 2], "b": ["a", "a", "b"]}
    capture("prices", pa.table(good), partition={"day": 1})
    said = refused(pa.table({"a": [1, 2], "b": ["b", "b"]}), partition={"day": 1})
    assert 'references(a, b): 1 of 2 rows, such as {"a": 1, "b": "b"}' in said
    assert "it cannot be checked: capture 'known' is kept by partition" in refused(pa.table(good))


def test_what_a_check_compares_with_is_no_input_of_the_data() -> None:
    contract("prices", checks=[Check("references", "a", capture="known"), Check("unique", "a")])
    capture("known", [{"a": 1}, {"a": 2}])
    capture("prices", [{"a": 1}])
    with use_work(Work(run_id="r1", step="load")) as work:
        made = capture("prices", [{"a": 2}], mode="append")
    edges = [staged for staged in work.staged if isinstance(staged, Edge)]
    assert [(edge.direction, edge.reference) for edge in edges] == [(Direction.WRITE, made.capture_id)]


def test_a_reference_to_a_column_that_is_not_there_does_not_pass() -> None:
    capture("known", [{"x": 1}])
    contract("prices", checks=[Check("references", "a", capture="known", severity="warn")])
    assert "it cannot be checked: " in refused([{"a": 1}])
    assert results()["references(a)"].severity == "fail"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda table: True, None),
        (lambda table: None, None),
        (lambda table: "", None),
        (lambda table: pc.all(pc.is_valid(table["a"])), None),
        (lambda table: [True, True], None),
        (lambda table: False, "it returned False"),
        (lambda table: pc.any(pc.is_null(table["a"])), "it returned False"),
        (lambda table: "the sum is odd", "the sum is odd"),
        (lambda table: pc.less(table["a"], 2), '1 of 2 rows, such as {"a": 2}'),
        (lambda table: pa.array([True, None]), '1 of 2 rows, such as {"a": 2}'),
    ],
)
def test_an_own_function_returns_a_boolean_one_a_row_or_a_text(answer: Any, said: str | None) -> None:
    contract("prices", checks=[Check("function", function=answer)])
    data = [{"a": 1}, {"a": 2}]
    if said is None:
        capture("prices", data)
    else:
        assert f"function({answer.__qualname__}): {said}" in refused(data)


@pytest.mark.parametrize("answer", [[1, "x"], [True], pa.array([1, 2]), {"a": 1}])
def test_an_answer_of_another_form_is_an_error_of_the_function(answer: Any) -> None:
    contract("prices", checks=[Check("function", function=lambda table: answer)])
    with pytest.raises(ValidationError, match="of a contract returned"):
        capture("prices", [{"a": 1}, {"a": 2}])


def test_an_own_function_that_raises_fails_with_its_error() -> None:
    contract("prices", checks=[Check("function", function=lambda table: table["b"])])
    with pytest.raises(KeyError):
        capture("prices", [{"a": 1}])


def test_an_own_function_that_is_not_there_is_told() -> None:
    contract("prices", checks=[Check("function", function="no_such_module:check")])
    with pytest.raises(ConfigError, match="function 'no_such_module:check' of a contract cannot be imported"):
        capture("prices", [{"a": 1}])
    contract("others", checks=[Check("function", function="spine:__name__")])
    with pytest.raises(ConfigError, match="is no function"):
        capture("others", [{"a": 1}])


def test_a_failure_without_rows_is_not_quarantined_but_fails() -> None:
    contract("prices", checks=[Check("function", function=lambda table: False, severity="quarantine")])
    refused([{"a": 1}])
    [result] = results().values()
    assert (result.severity, result.failed_rows) == ("fail", None)


def test_all_failures_are_stored_and_the_error_names_the_first_and_counts_the_others() -> None:
    contract("prices", checks=[Check("not_null", "a"), Check("in_range", "b", max=1), Check("row_count", min=2)])
    said = refused([{"a": None, "b": 2}])
    assert said.count("breaks contract") == 1
    assert "not_null(a): 1 of 1 rows, such as {" in said
    assert "(and 2 more checks); correct" in said
    assert [result.passed for result in results().values()] == [False, False, False]


def test_a_sample_has_five_rows_short_values_and_no_secret() -> None:
    contract("prices", checks=[Check("not_null", "symbol", severity="warn")])
    row = {"symbol": None, "api_key": "k-1234567", "note": "x" * 1000, "deep": {"password": "p", "n": 1}}
    capture("prices", [{**row, "at": datetime(2026, 1, 1), "b": b"\xff", "f": float("nan"), "n": 2**62}] * 9)
    [result] = results().values()
    assert (result.failed_rows, len(result.sample)) == (9, 5)
    shown = result.sample[0]
    assert (shown["symbol"], shown["api_key"], shown["n"], shown["f"]) == (None, MASK, 2**62, "nan")
    assert len(shown["note"]) < 250
    assert shown["deep"] == f'{{"password": "{MASK}", "n": 1}}'


def test_a_wide_row_is_sampled_with_the_columns_that_were_checked() -> None:
    contract("prices", checks=[Check("not_null", "c99", severity="warn")])
    capture("prices", [{f"c{number}": None for number in range(100)}])
    [result] = results().values()
    assert (len(result.sample[0]), "c99" in result.sample[0]) == (20, True)


def test_a_sentence_about_a_long_row_stays_short() -> None:
    contract("prices", checks=[Check("not_null", "a")])
    said = refused([{"a": None, **{f"c{number}": "x" * 1000 for number in range(20)}}])
    assert "more characters)" in said
    assert len(said) < 800


def test_rows_that_are_set_aside_keep_their_values_but_secrets() -> None:
    contract("prices", checks=[Check("in_range", "a", min=1, severity="quarantine")])
    capture("prices", [{"a": 0, "token": "t-123456", "note": "x" * 1000}, {"a": 1, "token": "t", "note": ""}])
    [reject] = reject_store().list_rejects()
    assert reject.raw == f'{{"a": 0, "token": "{MASK}", "note": "{"x" * 1000}"}}'


def test_a_schema_of_pandera_is_a_check(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYARROW_IGNORE_TIMEZONE", "SPARK_LOCAL_IP"):
        monkeypatch.setenv(name, "1")  # the import would set them for the tests after this one
    schemas = pytest.importorskip("pandera.pyarrow")
    column = schemas.Column(pa.int64(), schemas.Check.ge(0))
    contract("prices", checks=[Check("function", function=schemas.DataFrameSchema({"a": column}, name="prices"))])
    capture("prices", [{"a": 1}])
    said = refused([{"a": -1}])
    assert "function(prices): 1 value that does not fit: a: greater_than_or_equal_to(0)" in said
