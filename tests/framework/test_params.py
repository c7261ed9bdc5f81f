"""Declared parameters of a pipeline."""

from __future__ import annotations

import re
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from spine.core.errors import BadParamsError
from spine.framework.params import (
    ParamDef,
    PipelineSpec,
    ValidationResult,
    date_format,
    enum_value,
    file_exists,
    non_negative_int,
    positive_int,
)


class Venue(str, Enum):
    ATS = "ats"


SPEC = PipelineSpec(
    required_params={"week": ParamDef("week", str, "the week", validator=date_format, error_message="week is no date")},
    optional_params={
        "limit": ParamDef("limit", int, "rows at most", required=False, default=10, validator=positive_int),
        "venues": ParamDef("venues", list, "venues to take", default=[]),
    },
    description="Ingest a week.",
    examples=["week=2025-12-15"],
    notes=["Weeks begin on Monday."],
)


def test_the_defaults_of_a_definition_are_those_that_are_promised() -> None:
    definition = ParamDef("week", str, "the week")
    assert (definition.required, definition.default, definition.validator, definition.error_message) == (
        True,
        None,
        None,
        None,
    )
    empty = PipelineSpec()
    assert (empty.required_params, empty.optional_params, empty.description) == ({}, {}, None)
    assert (empty.examples, empty.notes) == ([], [])
    assert not empty.validate({"anything": 1}).has_errors


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (str, "a", None),
        (str, 1, "x must be str, not int"),
        (int, True, "x must be int, not bool (expected: a whole number)"),
        (int, 1, None),
        (float, 1, None),
        (float, True, "x must be float, not bool (expected: a number)"),
        (bool, 1, "x must be bool, not int (expected: true or false)"),
        (str, None, "x must not be None"),
        (int | None, "a", "x must be int | None, not str"),
    ],
)
def test_a_value_is_checked_against_the_type(kind: Any, value: Any, message: str | None) -> None:
    assert ParamDef("x", kind, "").validate(value) == (message is None, message)


def test_a_value_that_the_validator_refuses_gets_the_definitions_sentence_or_one_with_the_value() -> None:
    refused = (False, "n has an invalid value: -1 (expected: a whole number above 0)")
    assert ParamDef("n", int, "", validator=positive_int).validate(-1) == refused
    given = ParamDef("n", int, "", validator=positive_int, error_message="n counts from 1")
    assert given.validate(0) == (False, "n counts from 1")


def test_a_validator_that_raises_refuses_and_its_words_are_passed_on() -> None:
    def only_monday(value: str) -> bool:
        raise ValueError("2025-12-16 is a Tuesday")

    valid, message = ParamDef("week", str, "", validator=only_monday).validate("2025-12-16")
    assert not valid
    assert message == "week has an invalid value: '2025-12-16' (2025-12-16 is a Tuesday)"


def is_code(value: str) -> bool:
    return len(value) == 3


@pytest.mark.parametrize(
    ("definition", "value", "expected"),
    [
        (ParamDef("x", str, "", validator=file_exists), "gone.csv", "the path of an existing file"),
        (ParamDef("x", str, "", validator=enum_value(Venue)), "dark", "one of ats"),
        (ParamDef("x", str, "", validator=date_format), "05.01.2026", "a date written YYYY-MM-DD"),
        (ParamDef("x", int, "", validator=non_negative_int), -1, "a whole number, 0 or above"),
        (ParamDef("x", datetime, ""), "noon", "a time written YYYY-MM-DDTHH:MM:SS"),
        (ParamDef("x", dict, ""), "{", "a JSON object"),
        (ParamDef("x", str, "", validator=is_code), "euro", "a value that is_code accepts"),
    ],
)
def test_an_error_names_the_rule_and_the_format_also_of_what_is_missing(
    definition: ParamDef, value: object, expected: str
) -> None:
    spec = PipelineSpec({"x": definition})
    with pytest.raises(BadParamsError, match=re.escape(f"(expected: {expected})")):
        spec.check({"x": value}, "w")
    with pytest.raises(BadParamsError, match=re.escape(f"w: missing parameters: x (expected: {expected})")):
        spec.check({}, "w")


def test_any_text_needs_no_word() -> None:
    with pytest.raises(BadParamsError, match=r"w: missing parameters: x$"):
        PipelineSpec({"x": ParamDef("x", str, "", validator=lambda value: bool(value))}).check({}, "w")


def test_none_is_fine_for_a_definition_that_is_not_required() -> None:
    assert ParamDef("n", int, "", required=False).validate(None) == (True, None)


def test_a_spec_names_everything_that_is_missing_or_wrong_at_once() -> None:
    checked = SPEC.validate({"limit": 0})
    assert (checked.valid, checked.has_errors) == (False, True)
    assert checked.missing_params == ["week"]
    assert list(checked.invalid_params) == ["limit"]
    assert checked.get_error_message() == (
        "missing parameters: week (expected: a date written YYYY-MM-DD); "
        "limit has an invalid value: 0 (expected: a whole number above 0)"
    )


def test_a_spec_lets_unknown_parameters_through_and_takes_none_for_not_given() -> None:
    assert SPEC.validate({"week": "2025-12-15", "limit": None, "other": object()}) == ValidationResult(True)
    assert SPEC.validate({"week": None}).missing_params == ["week"]
    assert SPEC.validate({"week": "nope"}).invalid_params == {"week": "week is no date"}


def test_a_result_without_faults_has_no_message() -> None:
    assert ValidationResult(True).get_error_message() == ""
    assert (ValidationResult(True).missing_params, ValidationResult(True).invalid_params) == ([], {})


def test_defaults_go_under_what_was_given_and_into_a_new_dict() -> None:
    given = {"week": "2025-12-15", "limit": 5}
    assert SPEC.with_defaults(given) == {"week": "2025-12-15", "limit": 5, "venues": []}
    assert given == {"week": "2025-12-15", "limit": 5}


def test_a_default_is_copied_so_that_no_execution_changes_the_next_ones() -> None:
    SPEC.with_defaults({})["venues"].append("OTC")
    assert SPEC.with_defaults({})["venues"] == []


def test_the_help_text_holds_every_part() -> None:
    assert SPEC.get_help_text().splitlines() == [
        "Ingest a week.",
        "Required parameters:",
        "  week (str): the week",
        "Optional parameters:",
        "  limit (int): rows at most (default: 10)",
        "  venues (list): venues to take (default: [])",
        "Examples:",
        "  week=2025-12-15",
        "Notes:",
        "  Weeks begin on Monday.",
    ]


@pytest.mark.parametrize(
    ("value", "valid"),
    [
        ("2025-12-15", True),
        ("2024-02-29", True),
        ("2025-02-29", False),
        ("2025-W01-1", False),  # ISO 8601 and as long, yet no YYYY-MM-DD
        ("20251215", False),
        (" 2025-12-1", False),
        ("２０２５-12-15", False),  # noqa: RUF001 - digits, yet not ASCII ones
        (None, False),
        (20251215, False),
    ],
)
def test_date_format_takes_calendar_dates_written_year_month_day(value: Any, valid: bool) -> None:
    assert date_format(value) is valid


def test_enum_value_takes_members_and_their_values() -> None:
    accepts = enum_value(Venue)
    values: list[Any] = [Venue.ATS, "ats", "ATS", "", None, [], 1]
    assert [accepts(value) for value in values] == [True, True] + [False] * 5


def test_numbers_are_integers_above_or_not_below_zero() -> None:
    values = [1, 0, -1, True, 1.0, "1", None]
    assert [positive_int(value) for value in values] == [True] + [False] * 6
    assert [non_negative_int(value) for value in values] == [True, True] + [False] * 5


def test_file_exists_takes_the_paths_of_files_only(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.touch()
    values = [path, str(path), tmp_path, tmp_path / "other", "a\0b", None, 5]
    assert [file_exists(value) for value in values] == [True, True] + [False] * 5
