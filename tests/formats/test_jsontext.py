"""JSON documents and JSON Lines as rows."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import ParseError
from spine.core.jsonvalue import exact_number
from spine.formats.jsonpath import JsonPath, value_at
from spine.formats.jsontext import ROW_KEYS, nested_path, read_json, read_json_lines


@pytest.mark.parametrize(
    ("document", "rows"),
    [
        (b'[{"a": 1}, {"b": null}]', [{"a": 1}, {"b": None}]),
        (b"[]", []),
        (b'{"a": 1, "b": [1, 2]}', [{"a": 1, "b": [1, 2]}]),
        (b'{"data": [1, 2], "b": 1}', [{"data": [1, 2], "b": 1}]),
        (b'{"items": []}', []),
        (b'{"order": 7, "items": [{"sku": "a"}]}', [{"order": 7, "items": [{"sku": "a"}]}]),
        (b'\xef\xbb\xbf[{"a": 12345678901234567890}]', [{"a": 12345678901234567890}]),
        *((f'{{"{key}": [{{"a": 1}}]}}'.encode(), [{"a": 1}]) for key in ROW_KEYS),
    ],
)
def test_rows_are_an_array_the_only_array_under_a_known_key_or_one_object(document, rows):
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
        (b'[{"a":\n"caf\xe9"}]', 'x.json, line 2: byte 0xe9 is not valid utf-8; try encoding = "cp1252"'),
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
    assert list(read_json_lines([b"\n", b" \n"], "x.jsonl", allow_empty=True)) == []
    with pytest.raises(ParseError, match=r"x\.jsonl has only blank lines; if that is right, say allow_empty = true"):
        list(read_json_lines([b"\n", b" \n"], "x.jsonl"))


def test_the_other_kind_of_json_is_named():
    with pytest.raises(ParseError, match=r'Extra data; is it one object on each line\? say format = "jsonl"'):
        read_json(b'{"a": 1}\n{"a": 2}\n', "x.json")
    with pytest.raises(ParseError, match=r'on every line; is the file one document\? say format = "json"'):
        list(read_json_lines([b'[{"a": 1}, {"a": 2}]\n'], "x.jsonl"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", 0.1),
        ("1e3", 1000.0),
        ("1.50", 1.5),
        ("12345678901234567.89", Decimal("12345678901234567.89")),
        ("0.1000000000000000055511151231257827", Decimal("0.1000000000000000055511151231257827")),
        ("1e-400", Decimal("1e-400")),
    ],
)
def test_a_fraction_keeps_its_digits_in_documents_and_lines(text, value):
    [row] = read_json(f'[{{"x": {text}}}]'.encode(), "x.json")
    [(_, line)] = read_json_lines([f'{{"x": {text}}}'.encode()], "x.jsonl")
    assert (row["x"], type(row["x"])) == (line["x"], type(line["x"])) == (value, type(value))


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**300), max_value=10**300))
def test_every_number_is_read_with_the_digits_it_is_written_with(number):
    found = exact_number(str(number))
    assert Decimal(repr(found) if isinstance(found, float) else found) == number


def test_rows_that_are_not_guessed_are_told_with_what_names_them():
    warnings: list[str] = []
    document = b'{"order": 7, "total": 30, "items": [{"sku": "a"}]}'
    assert len(read_json(document, "o.json", warn=warnings.append)) == 1
    assert warnings == [
        "o.json is read as one row, since order, total would be lost beside 'items': set json_path = \"items\" for "
        'those rows, or "$" for this one'
    ]


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("items", [{"sku": "a"}]),
        ("$", [{"order": 7, "items": [{"sku": "a"}]}]),
        ("items.0", [{"sku": "a"}]),
    ],
)
def test_a_path_names_the_rows_or_the_whole_document(path, rows):
    warnings: list[str] = []
    document = b'{"order": 7, "items": [{"sku": "a"}]}'
    assert read_json(document, "o.json", path=path, warn=warnings.append) == rows
    assert warnings == []


def test_a_long_fraction_in_the_place_of_rows_is_a_number():
    with pytest.raises(ParseError, match=r"x\.json holds a number; expected an array of objects"):
        read_json(b"12345678901234567.89", "x.json")


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ('{"data": {"readings": [{"n": 1}]}, "status": "ok"}', "data.readings"),
        ('{"readings": [{"n": 1}], "meta": {"page": 1}}', "readings"),
        ('{"data": {"a.b": {"c": [{"n": 1}]}}}', "data.'a.b'.c"),
        ('{"order": 7, "lines": [{"n": 1}]}', None),
        ('{"data": {"readings": []}}', None),
        ('{"data": {"a": {"b": {"c": [{"n": 1}]}}}}', None),
    ],
)
def test_rows_deeper_in_an_envelope_are_told_with_their_path(document, path):
    warnings: list[str] = []
    assert len(read_json(document.encode(), "x.json", warn=warnings.append)) == 1
    told = [text.split("json_path = ")[1].split(" for")[0] for text in warnings]
    assert told == ([] if path is None else [f'"{path}"'])


@given(st.dictionaries(st.text(max_size=3), st.lists(st.fixed_dictionaries({}), max_size=2), max_size=3))
def test_the_path_that_is_told_leads_to_rows(envelope):
    path = nested_path({"data": envelope})
    found = [] if path is None else value_at({"data": envelope}, path)
    assert found == next((value for key, value in envelope.items() if value and JsonPath.quoted(key)), [])


def test_a_key_that_occurs_twice_among_very_many_is_named():
    keys = ",".join(f'"{number}": 1' for number in range(200_000))
    with pytest.raises(ParseError, match="the key 'twice' occurs twice"):
        read_json(f'[{{{keys}, "twice": 1, "twice": 2}}]'.encode(), "x.json")
