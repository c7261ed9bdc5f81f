"""Columns that text takes on a terminal, and where it is cut and wrapped."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spine.cli.cells import cut, cut_end, longest_word, pad, plain, width, wrap

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
_TEXTS = st.text("ab c1é日本語👍\u0301" + FAMILY, max_size=60)


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("日本語", 6), ("한국어", 6), ("e\u0301", 1), ("👍", 2), (FAMILY, 2), ("🇩🇪", 2), ("", 0)],
)
def test_a_text_takes_the_columns_that_a_terminal_gives_it(text: str, columns: int) -> None:
    assert width(text) == columns
    assert width(pad(text, 10)) == width(pad(text, 10, right=True)) == 10


def test_joined_emoji_stay_joined_and_control_codes_go() -> None:
    assert plain(f"a{FAMILY}\x1b[31m\n") == f"a{FAMILY} [31m "


@example("\u200d\u200d1111日", 5)
@example("\u200d\u200d11", 1)
@given(_TEXTS, st.integers(1, 40))
def test_a_cut_text_is_never_wider_than_it_may_be(text: str, columns: int) -> None:
    assert width(cut(text, columns)) <= columns
    assert width(cut_end(text, columns)) <= columns


@given(_TEXTS, st.integers(4, 40))
def test_no_wrapped_line_is_wider_than_it_may_be(text: str, columns: int) -> None:
    assert all(width(line) <= columns for line in wrap(text, columns))


def test_lines_break_between_words_and_a_long_word_loses_its_middle() -> None:
    assert wrap("it went wrong here", 9) == ["it went", "wrong", "here"]
    assert wrap("/a/long/path/to/prices.csv", 16) == ["/a/long...es.csv"]
    assert cut_end("it went wrong", 8) == "it we..."
    assert longest_word("it went wrong") == 5


def test_a_text_without_spaces_of_a_wide_script_is_broken_and_not_cut() -> None:
    assert "".join(wrap("日本語のテキスト", 6)) == "日本語のテキスト"
