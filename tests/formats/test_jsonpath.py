"""Dotted paths into JSON documents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.formats.jsonpath import MISSING, JsonPath, PathError, value_at

DOCUMENT = {"a": {"b": [{"c": 1}, None], "0": "zero"}, "@odata.nextLink": "/2", "it's": {"x.y": 3}, "$": 4}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a", DOCUMENT["a"]),
        ("a.b.0.c", 1),
        ("a.b.1", None),
        ("a.b.2", None),
        ("a.b.-1", None),
        ("a.b.c", None),
        ("a.b.'0'", None),
        ("a.0", "zero"),
        ("a.b.0.c.d", None),
        ("x.y", None),
        ("'@odata.nextLink'", "/2"),
        ('"@odata.nextLink"', "/2"),
        ("@odata.nextLink", None),
        ("\"it's\".'x.y'", 3),
        ("$", DOCUMENT),
        ("'$'", 4),
    ],
)
def test_a_path_leads_to_a_value_or_to_nothing(path, value):
    assert value_at(DOCUMENT, path) == value


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("", "separated by single dots"),
        ("a..b", "separated by single dots"),
        ("a.", "separated by single dots"),
        ("'a", "separated by single dots"),
        ("'a'b", "a quote begins and ends at a dot"),
        ("a'b'", "a quote begins and ends at a dot"),
        ("$.a", "$ alone is the whole document: leave $. out before a key"),
    ],
)
def test_a_text_that_is_no_path_is_refused(path, sentence):
    with pytest.raises(PathError, match=sentence.replace("$", r"\$")):
        JsonPath.parse(path)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("a.x", "'x' is missing; there are b, 0"),
        ("a.b.0.c.d", "'d' is missing; it holds a number"),
        ("@odata.nextLink", "there is a key with dots: write it in quotes, '@odata.nextLink'"),
    ],
)
def test_the_place_where_a_path_ends_too_early_is_named(path, sentence):
    assert sentence in JsonPath.parse(path).missing(DOCUMENT)


@given(st.dictionaries(st.text(min_size=1).filter(lambda key: "'" not in key), st.integers(), min_size=1))
def test_any_key_can_be_named(document):
    for key, value in document.items():
        assert JsonPath.parse(f"'{key}'").find(document) == value
        assert JsonPath.parse(f"0.'{key}'").find([document]) == value


def test_a_value_is_put_where_a_path_leads_and_the_rest_is_kept():
    body = {"query": "q", "variables": {"n": 5}}
    assert JsonPath.parse("variables.after").put(body, "c1") == {"query": "q", "variables": {"n": 5, "after": "c1"}}
    assert JsonPath.parse("a.'b.c'").put(None, 1) == {"a": {"b.c": 1}}
    assert body == {"query": "q", "variables": {"n": 5}}
    assert JsonPath.parse("a.b").find({"a": {}}) is MISSING
