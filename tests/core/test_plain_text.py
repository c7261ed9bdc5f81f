"""Untrusted texts, made inert for a terminal and cut to a length."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.plain_text import lines_within, plain_text, shorten


@pytest.mark.parametrize(
    ("hostile", "inert"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\x1b[2J\x1b[1;1Hb", "ab"),
        ("\x9b2Jgone", "gone"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;https://evil\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x1bP1;2|payload\x1b\\after", "after"),
        ("\x1bcreset", "reset"),
        ("\x1b\x1b[31m[31mnested", "[31mnested"),
        ("unfinished \x1b]52;c;aGk=", "unfinished 52;c;aGk="),
        ("back\b\b\bspace\x00\x7f", "backspace"),
        ("over\rwrite", "over\nwrite"),
        ("a\r\nb\vc\fd\x85e\u2028f\u2029g", "a\nb\nc\nd\ne\nf\ng"),
        ("\u202egnp.exe\u2066", "gnp.exe"),
        ("a\tb", "a b"),
        ("Ünïcode 株 👩\u200d🔬", "Ünïcode 株 👩\u200d🔬"),
    ],
)
def test_control_sequences_of_terminals_are_removed(hostile, inert):
    assert plain_text(hostile) == inert


@given(st.text(st.sampled_from("<>&'\"ax")), st.integers(1, 60))
def test_a_text_is_cut_before_it_is_escaped(text, limit):
    shown = shorten(text, limit, html.escape)
    assert len(shown) <= limit
    assert html.unescape(shown).removesuffix("…") == text[: len(html.unescape(shown).removesuffix("…"))]
    if len(html.escape(text)) <= limit:
        assert shown == html.escape(text)


def test_a_cut_takes_no_more_than_it_must():
    assert shorten("a" * 100, 10) == "a" * 9 + "…"
    assert shorten("&" * 100, 11, html.escape) == "&amp;&amp;…"


def test_lines_are_kept_until_the_first_that_does_not_fit_with_its_line_end() -> None:
    assert lines_within(["ab", "cd", "e"], 6) == ["ab", "cd"]
    assert lines_within(["ab", "cdefg", "h"], 5) == ["ab"]
    assert lines_within(["ab"], 2) == []
