"""JSON documents and JSON Lines as rows."""

from __future__ import annotations

import pytest

from spine.core.errors import ParseError
from spine.formats.jsontext import ROW_KEYS, read_json, read_json_lines, value_at


@pytest.mark.parametrize(
    ("document", "rows"),
    [
        (b'[{"a": 1}, {"b": null}]', [{"a": 1}, {"b": None}]),
        (b"[]", []),
        (b'{"a": 1, "b": [1, 2]}', [{"a": 1, "b": [1, 2]}]),
        (b'{"data": [1, 2], "b": 1}', [{"data": [1, 2], "b": 1}]),
        (b'{"count": 0, "items": []}', []),
        (b'\xef\xbb\xbf[{"a": 12345678901234567890}]', [{"a": 12345678901234567890}]),
        *((f'{{"{key}": [{{"a": 1}}], "page": 1}}'.encode(), [{"a": 1}]) for key in ROW_KEYS),
    ],
)
def test_rows_are_an_array_the_array_under_a_known_key_or_one_object(document, rows):
    assert read_json(document, "x.json") == rows


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (b"", "x.json is empty"),
        (b" \n", "x.json is empty"),
        (b'[{"a": 1},\n {"a" 2}]', "x.json, line 2, column 7: invalid JSON: Expecting ':' delimiter"),
        (b'[{"a": 1}', "x.json, line 1, column 10: invalid JSON"),
        (b"7", "x.json holds a number; expected an array of objects, or an object"),
        (b"null", "x.json holds null; expected an array of objects, or an object"),
        (b'[{"a": 1}, 2]', "x.json: item 2 of the array is a number; expected an object"),
        (b'[{"a": 1, "a": 2}]', "x.json: the key 'a' occurs twice in one object"),
        (b'[{"a": NaN}]', "x.json: NaN is not JSON; write null or a text"),
        (b'[{"a": -Infinity}]', "x.json: -Infinity is not JSON; write null or a text"),
        (b"[" * 100_000, "x.json: the JSON is nested too deeply"),
        (b'[{"a": ' + b"9" * 5000 + b"}]", "x.json: Exceeds the limit"),
        (b'[{"a":\n"caf\xe9"}]', 'x.json, line 2: byte 0xe9 is not valid utf-8; try encoding = "latin-1"'),
    ],
)
def test_a_document_without_rows_is_one_sentence(document, sentence):
    with pytest.raises(ParseError) as caught:
        read_json(document, "x.json")
    assert str(caught.value).startswith(sentence)


def test_lines_are_numbered_and_blank_ones_passed_over():
    lines = [b'{"a": 1}\r\n', b"\n", '{"a": "\u2028"}'.encode()]
    assert list(read_json_lines(lines, "x.jsonl")) == [(1, {"a": 1}), (3, {"a": "\u2028"})]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "x.jsonl is empty"),
        ([b'{"a": 1}\n', b'{"a": }\n'], "x.jsonl, line 2, column 7: invalid JSON: Expecting value"),
        ([b"\n", b"[1]\n"], "x.jsonl, line 2: an array; expected an object on every line"),
        ([b'{"a": 1, "a": 2}\n'], "x.jsonl, line 1: the key 'a' occurs twice in one object"),
        ([b'{"a": "\xe9"}\n'], "x.jsonl, line 1: byte 0xe9 is not valid utf-8"),
    ],
)
def test_a_bad_line_is_named(lines, sentence):
    with pytest.raises(ParseError) as caught:
        list(read_json_lines(lines, "x.jsonl"))
    assert str(caught.value).startswith(sentence)


def test_no_lines_are_no_rows_where_that_is_allowed():
    assert list(read_json_lines([], "x.jsonl", allow_empty=True)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a", {"b": [{"c": 1}, None], "0": "zero"}),
        ("a.b.0.c", 1),
        ("a.b.1", None),
        ("a.b.2", None),
        ("a.b.-1", None),
        ("a.b.c", None),
        ("a.0", "zero"),
        ("a.b.0.c.d", None),
        ("x.y", None),
        ("", None),
    ],
)
def test_a_dotted_path_leads_to_a_value_or_to_nothing(path, value):
    assert value_at({"a": {"b": [{"c": 1}, None], "0": "zero"}}, path) == value
