"""Layout of tables on terminals of several widths."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from spine.cli.cells import width
from spine.cli.output import cell
from spine.cli.screen import Screen
from spine.cli.table import field_lines, table_lines

ID = "0197a3c2-8f19-714c-9cb6-4d4bed8a6196"


def _lines(rows: list[dict[str, Any]], columns: int | None, **options: Any) -> list[str]:
    screen = Screen(columns=columns, is_terminal=columns is not None, **options)
    return list(table_lines(rows, list(rows[0]), screen, cell))


def test_wide_characters_align_and_numbers_stand_right() -> None:
    rows = [{"name": "日本語", "n": 1, "note": "a"}, {"name": "x", "n": 1000, "note": "👨\u200d👩\u200d👧 b"}]
    assert _lines(rows, 80) == [
        "name        n  note",
        "日本語      1  a",
        "x       1,000  👨\u200d👩\u200d👧 b",
    ]


def test_a_terminal_gets_the_end_of_an_id_and_a_pipe_all_of_it() -> None:
    rows = [{"run": ID, "sha256": "ab" * 32}]
    assert _lines(rows, 80)[1] == "ed8a6196  abababababab"
    assert _lines(rows, None)[1] == f"{ID}  {'ab' * 32}"
    assert _lines(rows, 80, is_wide=True)[1].startswith(ID)


def test_the_last_column_is_wrapped_first() -> None:
    rows = [{"run": ID, "status": "FAILED", "error": "it went wrong here " * 5}]
    lines = _lines(rows, 60)
    assert lines[1].startswith("ed8a6196  FAILED  it went wrong")
    assert lines[2].startswith(" " * 18 + "went")
    assert max(map(len, lines)) <= 60


def test_a_row_that_has_no_room_is_one_value_a_line() -> None:
    rows = [{f"name_{number}": "x" * 30 for number in range(5)}, {f"name_{number}": "y" * 30 for number in range(5)}]
    lines = _lines(rows, 80)
    assert lines[0] == f"name_0  {'x' * 30}"
    assert lines[5] == ""
    assert len(lines) == 11


def test_colours_are_those_of_states_and_only_on_a_terminal_that_has_them() -> None:
    rows = [{"status": "FAILED", "note": "FAILED"}]
    assert _lines(rows, 80, has_color=True)[1] == "\x1b[31mFAILED\x1b[0m  FAILED"
    assert _lines(rows, 80)[1] == "FAILED  FAILED"


@given(
    st.lists(st.dictionaries(st.sampled_from("abcdef"), st.text("a bc1é日", max_size=150)), min_size=1, max_size=4),
    st.sampled_from([80, 100, 160]),
)
def test_no_line_is_wider_than_the_terminal_unless_a_word_is(rows: list[dict[str, str]], columns: int) -> None:
    screen = Screen(columns=columns, is_terminal=True)
    lines = list(table_lines(rows, list("abcdef"), screen, cell))
    longest = max((width(word) for row in rows for text in row.values() for word in text.split(" ")), default=0)
    assert max(map(width, lines), default=0) <= max(columns, longest + 3)


def test_fields_and_ids_are_shown_without_what_a_terminal_acts_on() -> None:
    hostile = "a\x1b]0;t\x07\u202eb\nc"
    assert list(field_lines([("incident", hostile)], Screen())) == ["incident  a ]0;t  b c"]
    assert Screen(columns=80, is_terminal=True).id_of(hostile) == "a ]0;t  b c"
