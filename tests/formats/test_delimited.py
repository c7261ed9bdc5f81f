"""Delimited text: every cell as it was written, and every defect with its line."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spine.core.errors import InvalidConfigError, ParseError
from spine.core.tables import to_rows
from spine.formats.columntypes import ColumnType
from spine.formats.delimited import DelimitedOptions, read_delimited, stream_delimited


def fetched(text: bytes, **options: Any) -> list[dict[str, Any]]:
    return to_rows(read_delimited(text, DelimitedOptions(**options), "x.csv").table)


def streamed(text: bytes, **options: Any) -> list[dict[str, Any]]:
    tables = stream_delimited(lambda: io.BytesIO(text), DelimitedOptions(**options), "x.csv")
    return [row for table in tables for row in to_rows(table)]


@pytest.fixture(params=[fetched, streamed])
def read(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_text_stays_text(read):
    cells = ["007", "NA", "null", "", "TRUE", "1e5", "12345678901234567890", "2025-12-15", " padded ", "nan", "#N/A"]
    header = [f"c{number}" for number in range(len(cells))]
    assert read("\n".join([",".join(header), ",".join(cells)]).encode()) == [dict(zip(header, cells, strict=True))]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "END"])
def test_every_line_end_is_understood_also_a_missing_last_one(read, end, last):
    text = end.join(["a,b", "1,2", "", "3,4"]) + (end if last else "")
    assert read(text.encode(), line_column="n") == [{"a": "1", "b": "2", "n": 2}, {"a": "3", "b": "4", "n": 4}]


def test_line_ends_may_be_mixed(read):
    text = b"a,b\r1,2\n3,4\r\n5,6"
    assert [row["n"] for row in read(text, line_column="n")] == [2, 3, 4]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_an_encoding_is_decoded_and_its_mark_dropped(read, encoding):
    assert read("é,b\nÄ,ß\n".encode(encoding), encoding=encoding) == [{"é": "Ä", "b": "ß"}]


def test_a_byte_order_mark_is_dropped_without_being_asked_for(read):
    assert read(b"\xef\xbb\xbfa,b\n1,2\n") == [{"a": "1", "b": "2"}]
    assert read(b"\xef\xbb\xbf1,2\n", column_names=("a", "b")) == [{"a": "1", "b": "2"}]


def test_quoted_cells_hold_delimiters_quotes_and_line_ends_and_lines_are_counted_through_them(read):
    text = b'a|b\n"x|y"|"say ""hi"""\n"two\r\nlines"|z\n\nlast|"row"\n'
    assert read(text, delimiter="|", line_column="n") == [
        {"a": "x|y", "b": 'say "hi"', "n": 2},
        {"a": "two\r\nlines", "b": "z", "n": 3},
        {"a": "last", "b": "row", "n": 6},
    ]


def test_without_a_quote_character_quotes_are_text(read):
    assert read(b'a,b\n"x,y"\n', quote_char=None) == [{"a": '"x', "b": 'y"'}]


@pytest.mark.parametrize("sign", ["#", "//"])
def test_comment_lines_are_passed_over_wherever_a_row_may_start(read, sign):
    text = f'{sign} one\n\n{sign} two\na,b\n{sign} three\n1,2\n"{sign}",x\n"in\n{sign} quotes",y\n'.encode()
    assert read(text, comment=sign, line_column="n") == [
        {"a": "1", "b": "2", "n": 6},
        {"a": sign, "b": "x", "n": 7},
        {"a": f"in\n{sign} quotes", "b": "y", "n": 8},
    ]


def test_lines_before_the_header_are_skipped(read):
    assert read(b'report "1\nof today\na,b\n1,2\n', skip_rows=2, line_column="n") == [{"a": "1", "b": "2", "n": 4}]


def test_text_without_a_header_takes_its_column_names_from_the_options(read):
    assert read(b"# x\n1,2\n3,4\n", column_names=("a", "b"), comment="#", line_column="n") == [
        {"a": "1", "b": "2", "n": 2},
        {"a": "3", "b": "4", "n": 3},
    ]


def test_columns_of_one_name_are_all_kept_and_the_later_ones_renamed():
    text = read_delimited(b"a,b,a,a_2,a\n1,2,3,4,5\n", DelimitedOptions(), "x.csv")
    assert to_rows(text.table) == [{"a": "1", "b": "2", "a_3": "3", "a_2": "4", "a_4": "5"}]
    assert text.renamed == {"a_3": "a", "a_4": "a"}


def test_a_blank_line_is_a_cell_of_a_single_column_and_no_row_of_more(read):
    assert read(b'a\n""\n\nx\n') == [{"a": ""}, {"a": ""}, {"a": "x"}]
    assert read(b"a,b\n1,2\n\n3,4\n") == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


@pytest.mark.parametrize(
    ("first", "delimiter"), [("sep=;\r\n", ";"), ('"sep=;"\n', ";"), ("sep=\t\n", "\t"), ("\ufeffsep=\\t\n", "\t")]
)
def test_the_line_for_excel_names_the_delimiter_and_is_no_header(read, first, delimiter):
    text = f"{first}a{delimiter}b\n1{delimiter}2\n"
    assert read(text.encode(), line_column="n") == [{"a": "1", "b": "2", "n": 3}]
    assert read(text.removeprefix("\ufeff").encode("utf-16"), encoding="utf-16") == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    ("row", "options"),
    [
        ('1,"2\\" seam"\n', {}),
        ('1,"abc"def\n', {}),
        ('"a,"b",1\n', {}),
        ('""x,1\n', {}),
        ('"a"""x,1\n', {}),
        ("1;'abc'def\n", {"delimiter": ";", "quote_char": "'"}),
    ],
)
def test_text_after_the_closing_quote_is_a_bad_row(read, row, options):
    header = f"x{options.get('delimiter', ',')}y\n"
    with pytest.raises(ParseError, match=r"^x\.csv, line 2: text after the closing quote of a field; double the"):
        read((header + row).encode(), **options)


def test_a_quote_within_a_field_that_has_none_around_it_is_a_sign_like_others(read):
    assert read(b'a,b\n5" pipe,x""y\n') == [{"a": '5" pipe', "b": 'x""y'}]


def test_the_cells_of_several_header_lines_are_joined(read):
    text = b"price,,date\nEUR,kg,\n1,2,3\n"
    assert read(text, header_rows=2, line_column="n") == [{"price EUR": "1", "kg": "2", "date": "3", "n": 3}]


def test_a_column_of_an_earlier_name_gets_the_new_one(read):
    aliases = {"symbol": "ticker"}
    for name in ("ticker", "symbol"):
        assert read(f"{name},n\nA,1\n".encode(), aliases=aliases) == [{"symbol": "A", "n": "1"}]
    with pytest.raises(ParseError, match="has both columns 'ticker' and 'symbol': take 'symbol' out of aliases"):
        read(b"ticker,symbol\nA,B\n", aliases=aliases)


def test_delimiters_outside_of_ascii_work(read):
    assert read("a§b\n1§«x§y«\n".encode(), delimiter="§", quote_char="«") == [{"a": "1", "b": "x§y"}]


def test_a_row_longer_than_the_readers_blocks_is_read():
    long = "x" * 3_000_000
    assert fetched(f"a,b\n{long},1\n2,3\n".encode())[0]["a"] == long


ROWS = "".join(f"{number},x\n" for number in range(1, 200_000))


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        ("a,b\n1,2\n3\n", {}, "x.csv, line 3: 1 field where the header has 2; correct or remove that line"),
        ("a,b\n1,2\n\n3,4,5\n", {}, "x.csv, line 4: 3 fields where the header has 2; correct or remove that line"),
        ('a,b\n"1\n2",3\n4\n', {}, "x.csv, line 4: 1 field where the header has 2; correct or remove that line"),
        (f"a,b\n{ROWS}1\n", {}, "x.csv, line 200001: 1 field where the header has 2; correct or remove that line"),
        ("a|b|c\nx,y|1|2\n", {}, "x.csv, line 2: 2 fields where the header has 1; is the delimiter '|'?"),
        (
            "1,2\n3\n",
            {"column_names": ("a", "b")},
            "x.csv, line 2: 1 field where column_names has 2",
        ),
        ("a,b\n   \n", {}, "x.csv, line 2: 1 field where the header has 2"),
        ('a,b\n1,2\n3,"x\n4,5\n', {}, "x.csv, line 3: a quote is opened and never closed; close it"),
        ('a,b\n1,2\n3,"x', {}, "x.csv, line 3: a quote is opened and never closed; close it"),
        ('a,"b\n1,2\n', {}, "x.csv, line 1: a quote is opened and never closed; close it"),
        ("a,b\n1,\0\n", {}, "x.csv, line 2: a NUL byte; the file is damaged, or its encoding is not 'utf-8'"),
        (f"a,b\n{ROWS}1,\0\n", {}, "x.csv, line 200001: a NUL byte"),
        ("", {}, "x.csv is empty"),
        ("", {"allow_empty": True}, "x.csv is empty"),
        ("\n# x\n", {"comment": "#"}, "x.csv has no header line: there are only blank lines and comments"),
        ("a,b\n", {}, "x.csv has a header and no rows; if that is right, say allow_empty = true"),
        ("a,b", {}, "x.csv has a header and no rows; if that is right, say allow_empty = true"),
        ("a,b\n\n\n", {}, "x.csv has a header and no rows; if that is right, say allow_empty = true"),
        ("", {"column_names": ("a",)}, "x.csv has no rows; if that is right, say allow_empty = true"),
    ],
)
def test_a_defect_is_one_sentence_with_its_line_and_what_to_do(read, text, options, sentence):
    with pytest.raises(ParseError) as caught:
        read(text.encode(), **options)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("text", "encoding", "sentence"),
    [
        (b"a,b\n1,2\n3,caf\xe9\n", "utf-8", 'line 3: byte 0xe9 is not valid utf-8; try encoding = "cp1252"'),
        (b"a,b\n" + ROWS.encode() + b"\xe9,1\n", "utf-8", "line 200001: byte 0xe9 is not valid utf-8"),
        ("a,b\n1,2\n".encode("utf-16"), "utf-8", 'line 1: byte 0xff is not valid utf-8; try encoding = "utf-16"'),
        ("a,b\n1,é\n".encode(), "ascii", 'line 2: byte 0xc3 is not valid ascii; try encoding = "utf-8"'),
    ],
)
def test_bytes_that_are_not_of_the_encoding_are_named_with_their_line_and_a_guess(read, text, encoding, sentence):
    with pytest.raises(ParseError) as caught:
        read(text, encoding=encoding)
    assert str(caught.value).startswith(f"x.csv, {sentence}")


def test_a_header_without_rows_is_an_empty_table_where_that_is_allowed(read):
    assert read(b"a,b\n", allow_empty=True) == []
    table = read_delimited(b"a,b\n", DelimitedOptions(allow_empty=True, line_column="n"), "x.csv").table
    assert table.column_names == ["a", "b", "n"]


@pytest.mark.slow
def test_a_stream_gives_the_good_rows_before_a_bad_one():
    text = f"a,b\n{ROWS}bad\n".encode()
    tables = stream_delimited(lambda: io.BytesIO(text), DelimitedOptions(), "x.csv")
    seen = []
    with pytest.raises(ParseError, match="line 200001"):
        seen += [row["a"] for table in tables for row in to_rows(table)]
    tables = stream_delimited(lambda: io.BytesIO(text), DelimitedOptions(), "x.csv")
    with pytest.raises(ParseError):  # noqa: PT012 -- the rows before it are what the test is about
        for table in tables:
            seen += table.column("a").to_pylist()
    assert seen == [str(number) for number in range(1, len(seen) + 1)]


@pytest.mark.slow
def test_a_stream_goes_on_slowly_where_the_fast_reader_gives_up():
    """Half of the rows come from pyarrow; the quote after them, with line numbers asked for, needs the exact reader."""
    text = f'a,b\n{ROWS}"two\nlines",x\nlast,y\n'.encode()
    rows = streamed(text, line_column="n")
    assert [row["n"] for row in rows] == [*range(2, 200_002), 200_003]
    assert [row["a"] for row in rows[-2:]] == ["two\nlines", "last"]


def test_the_input_may_be_a_decompressing_stream():
    packed = gzip.compress(b"a,b\n1,2\n")
    tables = stream_delimited(lambda: gzip.GzipFile(fileobj=io.BytesIO(packed)), DelimitedOptions(), "x.csv")
    assert [to_rows(table) for table in tables] == [[{"a": "1", "b": "2"}]]


def test_an_error_of_the_underlying_stream_reaches_the_reader():
    packed = bz2.compress(b"a,b\n" + ROWS.encode())[:-100]
    tables = stream_delimited(lambda: bz2.BZ2File(io.BytesIO(packed)), DelimitedOptions(), "x.csv")
    with pytest.raises(EOFError):
        list(tables)


@pytest.mark.parametrize(
    ("option", "value"),
    [("delimiter", ""), ("delimiter", "||"), ("delimiter", "\n"), ("quote_char", "ab"), ("encoding", "utf8x")],
)
def test_an_option_that_cannot_be_is_refused_by_name(option, value):
    with pytest.raises(InvalidConfigError) as caught:
        DelimitedOptions(**{option: value})
    assert (caught.value.key, caught.value.value) == (option, value)


def test_the_line_column_takes_no_name_that_the_text_has(read):
    with pytest.raises(InvalidConfigError, match=r"x\.csv has a column 'a' already"):
        read(b"a,b\n1,2\n", line_column="a")


PIECES = st.text(st.sampled_from(['"', ",", "\n", "\r", "a", "é", "#", " ", "7"]), max_size=6)
TEXTS = st.text(st.sampled_from(['"', ",", "\n", "\r", "a", "é", " "]), max_size=24)


def by_csv_module(text: str) -> tuple[list[str], list[list[str]]]:
    header, *rows = (record for record in csv.reader(io.StringIO(text, newline="")) if record)
    return header, rows


def records(rows: list[dict[str, Any]]) -> Iterator[list[str]]:
    return (list(row.values()) for row in rows)


@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(PIECES, min_size=width, max_size=width), min_size=1)))
def test_whatever_the_csv_module_writes_is_read_back(rows):
    written = io.StringIO(newline="")
    header = [f"c{number}" for number in range(len(rows[0]))]
    csv.writer(written).writerows([header, *rows])
    text = written.getvalue().encode()
    assert list(records(fetched(text))) == list(records(streamed(text))) == rows
    starts = [row["n"] for row in fetched(text, line_column="n")]
    assert starts == [row["n"] for row in streamed(text, line_column="n")]
    lines = io.StringIO(written.getvalue(), newline="").readlines()
    assert all(lines[start - 1] for start in starts)


@given(TEXTS)
@example('"a"a,"a\n')
@example('a"a\n"')
def test_any_text_is_read_as_the_csv_module_reads_it_or_refused(body):
    """Refused are rows of the wrong length, an open quote and text after a closing one, which the module lets pass."""
    header, rows = by_csv_module(f"c,d\n{body}")
    try:
        found = fetched(f"c,d\n{body}".encode(), allow_empty=True)
    except ParseError as error:
        malformed = "never closed" in str(error) or "after the closing quote" in str(error)
        assert malformed or any(len(row) != len(header) for row in rows)
    else:
        assert list(records(found)) == rows
        assert list(records(streamed(f"c,d\n{body}".encode(), allow_empty=True))) == rows


@pytest.mark.parametrize("sign", [";", "|"])
def test_a_schema_for_a_header_that_another_sign_divides_names_the_delimiter(read, sign):
    with pytest.raises(ParseError) as raised:
        read(f"Sensor{sign}Wert\na{sign}1\n".encode(), schema={"Wert": ColumnType.parse("int64")})
    assert str(raised.value) == (
        f"x.csv has no column 'Wert', which the schema names; the header is one column with \"{sign}\" in it: "
        f'set delimiter = "{sign}"'
    )
