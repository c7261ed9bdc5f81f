"""The Link header, as servers write it and as they should not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        ("a; rel=next", None),
        ("<a; rel=next", None),
        ("<a>; rel=prev <b>; rel=next", None),
        ("", None),
    ],
)
def test_the_next_page_is_the_first_link_with_that_relation(header, target):
    assert next_link(header) == target


@given(st.text(alphabet='<>;,="\\ relnxt\t\x00é') | st.text())
def test_any_header_is_read_without_a_failure(header):
    target = next_link(header)
    assert target is None or target in header


@given(st.lists(st.sampled_from(["prev", "last", "self"])), st.text(alphabet="abc,;=?&/%", min_size=1))
def test_the_next_link_is_found_behind_any_others(others, target):
    links = [f'<{name},;x>; rel="{name}"' for name in others] + [f'<{target}>; title="<a>, b"; rel="next"']
    assert next_link(", ".join(links)) == target


def test_a_long_hostile_header_takes_no_long_time():
    assert next_link('<a>; x="' + "\\" * 60_000) is None
    assert next_link("<a>" + ";x" * 30_000) is None
    assert next_link("<a>;" + " " * 60_000) is None
