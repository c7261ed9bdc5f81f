"""The Link header, as servers write it and as they should not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import ParseError
from spine_sources_http.links import next_link


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ('<https://a.b/c?page=2>; rel="next"', "https://a.b/c?page=2"),
        ("<x>; rel=next", "x"),
        ('<a>; rel=prev, <b>; REL="NEXT"', "b"),
        ('<a,b;c>; title="x, <y>; rel=next"; rel="last next"', "a,b;c"),
        ('<a>; title="quote \\" comma, "; rel=next', "a"),
        ("<a> ; x ; y=1; rel = next", "a"),
        ('<a>; rel="last"; rel="next"', None),  # only the first rel counts
        (", ,<a>; rel=next", "a"),
        ("<>; rel=next", ""),
        ("<a>; rel=nextpage", None),
        ("<a>", None),
        ("<a>; rel='next'", "a"),
        ('<a>; rel="next";', "a"),
        ('<b>; rel="prev"; , <a>; rel="next"; ', "a"),
        ("<a>; rel='prev next'", "a"),
        ('garbage, <a>; rel="next"', "a"),
        ('<b>; rel=prev junk, <a>; rel="next"', "a"),
        ('<a>; rel="next', "a"),
        ("</s.css>; rel=preload; as=style x", None),
        ("", None),
    ],
)
def test_the_next_page_is_the_first_link_with_that_relation(header, target):
    assert next_link(header) == target


@pytest.mark.parametrize("header", ["a; rel=next", "<a; rel=next", "<a>; rel=prev <b>; rel=next"])
def test_a_malformed_header_with_a_next_page_is_an_error_and_no_end(header):
    with pytest.raises(ParseError, match="x has a Link header that names a next page and cannot be read"):
        next_link(header, "x")


@given(st.text(alphabet='<>;,="\\ relnxt\t\x00é') | st.text())
def test_any_header_is_read_or_a_parse_error(header):
    try:
        target = next_link(header)
    except ParseError:
        return
    assert target is None or target in header


@given(st.lists(st.sampled_from(["prev", "last", "self"])), st.text(alphabet="abc,;=?&/%", min_size=1))
def test_the_next_link_is_found_behind_any_others(others, target):
    links = [f'<{name},;x>; rel="{name}"' for name in others] + [f'<{target}>; title="<a>, b"; rel="next"']
    assert next_link(", ".join(links)) == target


def test_a_long_hostile_header_takes_no_long_time():
    assert next_link('<a>; x="' + "\\" * 60_000) is None
    assert next_link("<a>" + ";x" * 30_000) is None
    assert next_link("<a>;" + " " * 60_000) is None
    assert next_link('<a>; x="' + " " * 60_000) is None
    with pytest.raises(ParseError):
        next_link("x " + "rel=" * 16_000 + "next")
    assert next_link(", " * 30_000 + "x" * 1000) is None
