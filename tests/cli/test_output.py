"""Tables for the terminal, JSON for programs, and no control characters."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.cli.cells import plain
from spine.cli.output import cell, print_fields, print_json, print_table, seconds
from spine.cli.screen import Format
from tests.projects import Project


class Color(Enum):
    RED = "red"


@given(st.text())
def test_plain_text_is_one_line_of_printable_characters_and_joiners(text: str) -> None:
    assert plain(text).replace("\u200d", "").isprintable()
    assert len(plain(text)) == len(text)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (1234567, "1,234,567"),
        (12345678901234567890, "12,345,678,901,234,567,890"),
        (0.9967, "0.9967"),
        (1.0, "1"),
        (1234.5, "1,234.5"),
        (1335995901.25, "1,335,995,901.25"),
        (0.1 + 0.2, "0.3"),
        (-0.5, "-0.5"),
        (0.0, "0"),
        (0.0000123, "1.23e-05"),
        (1e20, "1e+20"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (Decimal("1.50"), "1.50"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC).astimezone(), "2026-01-02 03:04:05 UTC"),
        ({"a": 1, "b": "x"}, "a=1, b=x"),
        ([1000, "x"], "1,000, x"),
        ("\x1b[31mred\x1b[0m\n", " [31mred [0m "),
        ({"\x1b": "\r"}, " = "),
    ],
)
def test_a_value_is_one_cell(value: Any, shown: str) -> None:
    assert cell(value) == shown


def test_numbers_are_aligned_right_also_where_some_are_missing(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([{"n": 1, "t": "a"}, {"n": None, "t": "b"}, {"n": 1000, "t": "c"}], ["t", "n"], "nothing")
    assert capsys.readouterr().out == "t      n\na      1\nb\nc  1,000\n"


def test_without_rows_a_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([], ["a"], "nothing yet")
    assert capsys.readouterr().out == "nothing yet\n"


def test_columns_without_values_are_left_out_but_for_data(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"a": 1, "b": None, "c": ""}, {"a": 2, "b": None, "c": None}]
    print_table(rows, ["a", "b", "c"], "")
    assert capsys.readouterr().out == "a\n1\n2\n"
    print_table(rows, ["a", "b", "c"], "", is_data=True)
    assert capsys.readouterr().out == "a  b  c\n1\n2\n"


def test_in_a_file_or_a_pipe_nothing_is_wrapped_or_cut(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([{"text": "it went wrong " * 20, "path": "/folder" * 30}], ["text", "path"], "")
    _, line = capsys.readouterr().out.splitlines()
    assert line == f"{'it went wrong ' * 20}  {'/folder' * 30}"


def test_names_of_columns_and_fields_are_as_harmless_as_values(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([{"\x1b[31m": "x"}], ["\x1b[31m"], "")
    print_fields({"\x1b[31m": "\x9b"})
    assert "\x1b" not in (out := capsys.readouterr().out)
    assert "\x9b" not in out


def _printed(value: Any, capsys: pytest.CaptureFixture[str]) -> Any:
    print_json(value)
    return json.loads(capsys.readouterr().out, parse_constant=pytest.fail)


@pytest.mark.parametrize(
    ("value", "read_back"),
    [
        (12345678901234567890, 12345678901234567890),
        (Decimal("12345678901234567890"), 12345678901234567890),
        (Decimal("1.50"), "1.50"),
        (Decimal("1E+3"), "1E+3"),
        (Decimal("NaN"), "NaN"),
        (float("nan"), None),
        (float("inf"), None),
        (0.1, 0.1),
        (True, True),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        (time(1, 2), "01:02:00"),
        (timedelta(minutes=1), 60.0),
        (b"\x00\xff", "00ff"),
        (UUID(int=0), "00000000-0000-0000-0000-000000000000"),
        (Color.RED, "RED"),
        ((1, 2), [1, 2]),
        (MappingProxyType({1: {"a": float("nan")}}), {"1": {"a": None}}),
        ("NA", "NA"),
        ("007", "007"),
    ],
)
def test_json_keeps_every_digit_and_is_valid(value: Any, read_back: Any, capsys: pytest.CaptureFixture[str]) -> None:
    found = _printed({"v": value}, capsys)["v"]
    assert found == read_back
    assert type(found) is type(read_back)


@given(st.text())
def test_json_is_ascii_and_holds_the_text_as_it_is(text: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        print_json(text)
    assert out.getvalue().isascii()
    assert "\x1b" not in out.getvalue()
    assert json.loads(out.getvalue()) == text


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [(None, ""), (0, "0.00 s"), (1234, "1.23 s"), (59_994, "59.99 s"), (125_000, "2 min 5 s")],
)
def test_a_duration_is_short(milliseconds: int | None, shown: str) -> None:
    assert seconds(milliseconds) == shown


ROWS = [{"a": 1, "b": "x, y", "c": {"d": [1]}}, {"a": True, "e": datetime(2026, 1, 2, tzinfo=UTC)}]


@pytest.fixture
def asked_for(monkeypatch: pytest.MonkeyPatch) -> Callable[[Format], None]:
    return lambda form: monkeypatch.setattr("spine.cli.output.chosen_format", lambda: form)


def test_csv_has_a_line_for_each_row_and_json_in_nested_cells(
    asked_for: Callable[[Format], None], capsys: pytest.CaptureFixture[str]
) -> None:
    asked_for(Format.CSV)
    print_json(ROWS)
    assert capsys.readouterr().out.splitlines() == [
        "a,b,c,e",
        '1,"x, y","{""d"": [1]}",',
        "true,,,2026-01-02T00:00:00+00:00",
    ]


def test_jsonl_has_a_document_for_each_row(
    asked_for: Callable[[Format], None], capsys: pytest.CaptureFixture[str]
) -> None:
    asked_for(Format.JSONL)
    print_json(ROWS)
    assert [json.loads(line)["a"] for line in capsys.readouterr().out.splitlines()] == [1, True]


def test_every_command_takes_the_forms_and_utc(scratch_project: Callable[..., Project]) -> None:
    project = scratch_project()
    project.call("run", "numbers")
    [run] = project.call("runs", "list", "-o", "json").json
    assert json.loads(project.call("runs", "show", "latest", "--output", "jsonl").out)["run_id"] == run["run_id"]
    head, row = project.call("runs", "list", "-o", "csv").out.splitlines()
    assert head.startswith("project,run_id,workflow_name,")
    assert run["run_id"] in row
    assert "triggered_by" in project.call("runs", "list", "-o", "wide").out
    started = datetime.fromisoformat(run["started_at"])
    assert f"{started:%Y-%m-%d %H:%M:%S} UTC" in project.call("runs", "list", "--utc").out
