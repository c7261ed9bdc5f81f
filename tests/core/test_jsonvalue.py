"""JSON values: conversion of other values, and refusal of those that cannot be converted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from uuid import UUID

import attrs
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import ValidationError
from spine.core.frozen import freeze
from spine.core.jsonvalue import MAX_DEPTH, to_json_value
from spine.core.result import Err, Ok
from spine.core.secrets import Secret

np = pytest.importorskip("numpy")


class Color(str, Enum):
    RED = "red"


class Level(IntEnum):
    LOW = 1


class Loud(str):
    def __str__(self) -> str:
        return self.upper()


class Point(NamedTuple):
    x: int
    y: int


@attrs.frozen
class Row:
    symbol: str
    day: date


@dataclass
class Line:
    number: int


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2025, 12, 15, 6, 30, tzinfo=UTC), "2025-12-15T06:30:00+00:00"),
        (date(2025, 12, 15), "2025-12-15"),
        (time(6, 30), "06:30:00"),
        (timedelta(minutes=1, milliseconds=500), 60.5),
        (Decimal("1.10"), "1.10"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (PurePosixPath("a/b"), "a/b"),
        (Color.RED, "red"),
        (Level.LOW, 1),
        (Loud("a"), "a"),
        ((1, (2,)), [1, [2]]),
        (Point(1, 2), [1, 2]),
        ({10, 9, 1}, [1, 9, 10]),
        (frozenset({"b", "a"}), ["a", "b"]),
        ({"a", 1}, [1, "a"]),
        (Row("A", date(2025, 1, 1)), {"symbol": "A", "day": "2025-01-01"}),
        (Line(3), {"number": 3}),
        (pa.scalar(5), 5),
        (pa.scalar(Decimal("1.5")), "1.5"),
        (freeze({"a": [1]}), {"a": [1]}),
    ],
)
def test_a_value_becomes_its_json_form(value: Any, expected: Any) -> None:
    assert to_json_value(value, "output") == expected


def test_keys_that_are_numbers_dates_or_enums_become_texts() -> None:
    given = {1: "a", date(2025, 1, 1): "b", datetime(2025, 1, 1, 6): "c", Color.RED: "d", Loud("x"): "e"}
    assert list(to_json_value(given, "output")) == ["1", "2025-01-01", "2025-01-01T06:00:00", "red", "x"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("nan"), "output.key is nan, which JSON cannot hold"),
        (float("-inf"), "output.key is -inf"),
        (Decimal("NaN"), "output.key is NaN"),
        (b"bytes", "output.key is a bytes, which JSON cannot hold"),
        (Secret("hunter2"), "output.key is a Secret"),
        ([1, {"deep": {2: object()}}], r"output.key\[1\].deep.2 is a object"),
        ({1, 2.5, float("inf")}, r"output.key\[\d\] is inf"),
        (Row("A", object()), "output.key.day is a object"),  # type: ignore[arg-type]
        (pa.table({"a": [1]}), "output.key is a Table.*keep tables and files as captures"),
        (pa.scalar(b"x"), "output.key is a bytes"),
        ({1: "a", "1": "b"}, "output.key has two keys that JSON writes as '1'"),
        ({None: 1}, "output.key has the key None: JSON keys are texts"),
        ({True: 1}, "has the key True"),
        ({(1, 2): 1}, r"has the key \(1, 2\)"),
        pytest.param(10**5000, "output.key is an integer of more than", id="huge"),
        (lambda: None, "output.key is a function"),
        ((n for n in "ab"), "output.key is a generator"),
        (Row, "output.key is a type"),
        (Ok(1), "output.key is a Ok, not a value: take what it has, and raise its error if it failed"),
        ([Err(ValueError("no"))], r"output.key\[0\] is a Err, not a value"),
    ],
)
def test_a_value_that_json_cannot_hold_is_refused_with_its_place(value: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words) as caught:
        to_json_value({"key": value}, "output")
    assert str(caught.value.field).startswith("output.key")


def test_a_secret_is_refused_without_showing_it() -> None:
    with pytest.raises(ValidationError) as caught:
        to_json_value({"a": [Secret("hunter2")]}, "output")
    assert "hunter2" not in str(caught.value.to_dict())


def test_nesting_is_allowed_to_a_depth_and_then_refused() -> None:
    def nested(levels: int) -> Any:
        value: Any = 1
        for _ in range(levels):
            value = {"a": value}
        return value

    assert to_json_value(nested(MAX_DEPTH), "output") == nested(MAX_DEPTH)
    for levels in (MAX_DEPTH + 1, 100_000):
        with pytest.raises(ValidationError, match="nested more than 100 levels deep, or contains itself"):
            to_json_value(nested(levels), "output")


def test_a_dict_that_contains_itself_is_refused() -> None:
    loop: dict[str, Any] = {}
    loop["self"] = [loop]
    with pytest.raises(ValidationError, match=r"^output\.self\[0\]\.self.*contains itself"):
        to_json_value(loop, "output")


def test_the_order_of_keys_and_the_text_of_strings_are_kept() -> None:
    given = {"z": "007", "a": "NA", "m": "12345678901234567890", "\ud800": "\0"}
    assert list(to_json_value(given, "output").items()) == list(given.items())


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
json_values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
python_values = st.recursive(
    scalars
    | st.dates()
    | st.datetimes()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.uuids()
    | st.timedeltas()
    | st.sampled_from([Color.RED, Level.LOW]),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(json_values)
def test_json_values_come_back_as_they_are(value: Any) -> None:
    assert to_json_value(value, "x") == value


@pytest.mark.slow
@given(python_values)
def test_the_json_form_survives_its_text_and_has_itself_as_its_form(value: Any) -> None:
    form = to_json_value(value, "x")
    assert json.loads(json.dumps(form, allow_nan=False)) == form
    assert to_json_value(form, "x") == form


@given(st.sets(scalars).flatmap(lambda found: st.permutations(sorted(found, key=repr))))
def test_a_set_becomes_one_list_whatever_the_order_of_its_making(items: list[Any]) -> None:
    assert to_json_value(set(items), "x") == to_json_value(frozenset(reversed(items)), "x")


@pytest.mark.parametrize(
    ("scalar", "expected"),
    [
        (np.datetime64("2026-01-02T03:04:05.000000006"), "2026-01-02T03:04:05.000000006"),
        (np.datetime64("2026-01-02T03:04:05.000006"), "2026-01-02T03:04:05.000006"),
        (np.datetime64("2026-01-02"), "2026-01-02"),
        (np.datetime64("NaT", "ns"), None),
        (np.timedelta64(90, "s").astype("m8[ns]"), 90),
        (np.timedelta64(90, "s"), 90),
        (np.timedelta64(2, "D"), 172_800),
        (np.timedelta64("NaT"), None),
        (np.ma.masked, None),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (pa.scalar(5, pa.time64("ns")), "00:00:00.000000005"),
        (pa.scalar(1_767_323_045_000_000_006, pa.timestamp("ns")), "2026-01-02T03:04:05.000000006"),
        (pa.scalar(1_767_323_045_000_000_006, pa.timestamp("ns", "UTC")), "2026-01-02T03:04:05.000000006Z"),
        (pa.scalar(1_767_323_045_000_000_000, pa.timestamp("ns")), "2026-01-02T03:04:05"),
        (pa.scalar(1_500_000_001, pa.duration("ns")), 1.500000001),
        (pa.scalar(None, pa.time64("ns")), None),
    ],
)
def test_scalars_of_numpy_and_arrow_keep_their_value(scalar: Any, expected: Any) -> None:
    assert to_json_value({"v": scalar}, "the output") == {"v": expected}


@pytest.mark.parametrize(
    ("scalar", "problem"),
    [
        (np.timedelta64(2, "Y"), "is a number of months or years"),
        (np.longdouble(1), "is a longdouble, which JSON cannot hold"),
        (np.float64("nan"), "is nan, which JSON cannot hold"),
        (np.array([1, 2]), "is a ndarray, which JSON cannot hold"),
    ],
)
def test_scalars_without_a_json_value_are_refused_by_their_type(scalar: Any, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        to_json_value({"v": scalar}, "the output")
