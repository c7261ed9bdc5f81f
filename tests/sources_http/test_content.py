"""Bodies that are not what their headers or the options say."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spine.core.errors import ParseError
from tests.sources_http.server import Reply, document

HTML = b"<!DOCTYPE html>\n<html>\n<body>Down for maintenance</body>\n</html>\n"


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "a,b\n1,2\n")
    return buffer.getvalue()


@pytest.mark.parametrize("written", ["json", "jsonl", "csv", "parquet"])
@pytest.mark.parametrize(
    ("body", "media"),
    [
        (HTML, "text/html"),
        (HTML, "text/csv"),
        (b"\xef\xbb\xbf\n<!-- x --><html lang=en>", "text/plain"),
        (b'<?xml version="1.0"?>\n<HTML>', "application/xhtml+xml"),
    ],
)
def test_an_html_page_in_the_place_of_data_is_an_error(server, source, written, body, media):
    url = server.on("/x", Reply(body=body, headers={"Content-Type": media}))
    made = source(url, format=written)
    sentence = f"{url} answered with an HTML page, such as one for a login or an error, instead of data"
    assert str(made.fetch().error).startswith(sentence)
    with pytest.raises(ParseError, match="answered with an HTML page"):
        list(made.stream())


def test_delimited_text_that_is_sent_as_html_is_told_from_a_message_by_its_first_line(server, source):
    """Scripts that set no Content-Type send text/html."""
    url = server.on("/x", Reply(body=b"a,b\n1,2\n", headers={"Content-Type": "text/html; charset=UTF-8"}))
    assert source(url, format="csv").fetch().data == [{"a": "1", "b": "2"}]
    server.on("/x", Reply(body=b"Service\nunavailable\n", headers={"Content-Type": "text/html"}))
    assert "answered with an HTML page" in str(source(url, format="csv").fetch().error)
    server.on("/x", Reply(body=b'[{"a": "<html>"}]', headers={"Content-Type": "text/html"}))
    assert source(url).fetch().data == [{"a": "<html>"}]


@pytest.mark.parametrize(
    ("body", "media", "kind"),
    [
        (b'<?xml version="1.0"?>\n<Error><Code>SlowDown</Code></Error>\n', "application/xml", "XML"),
        (b'{\n  "error": "too slow"\n}\n', "application/json", "JSON"),
    ],
)
def test_an_error_in_another_format_is_not_read_as_delimited_text(server, source, body, media, kind):
    url = server.on("/x", Reply(body=body, headers={"Content-Type": media}))
    made = source(url, format="csv")
    assert f"{url} answered with {kind}, such as an error, instead of data" in str(made.fetch().error)
    with pytest.raises(ParseError, match=f"answered with {kind}"):
        list(made.stream())


@pytest.mark.parametrize("written", ["json", "jsonl", "csv"])
def test_parquet_in_the_place_of_text_is_named_with_its_format(server, source, written):
    error = source(server.on("/x", Reply(body=b"PAR1\x15\x04")), format=written).fetch().error
    assert str(error).endswith('is Parquet by its first bytes, not text: set format = "parquet"')


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "gzip"),
        (zipped("x.csv"), "a zip archive"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook (xlsx)"),
    ],
)
@pytest.mark.parametrize("written", ["json", "csv"])
def test_an_archive_in_the_place_of_text_is_named_with_what_to_do(server, source, body, name, written):
    url = server.on("/x", Reply(body=body))
    assert str(source(url, format=written).fetch().error) == (
        f"{url} is {name} by its first bytes, not text: read this URL with a source of type file, or set "
        'format = "raw" and unpack it'
    )
    assert source(url, format="raw").fetch().raw_data == body


@pytest.mark.parametrize("coding", ["utf-8", "none", "aws-chunked", "binary", "identity", ", "])
def test_a_content_encoding_that_is_none_is_passed_over_with_a_warning(server, source, coding):
    url = server.on("/x", Reply(body=b'[{"a": 1}]', headers={"Content-Encoding": coding}))
    result = source(url).fetch()
    assert result.data == [{"a": 1}], result.error
    expected = [f"the Content-Encoding {coding!r} names no coding and is passed over"]
    assert result.metadata.warnings == ([] if coding in ("identity", ", ") else expected)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip, identity", gzip.compress(b'[{"a": 1}]', mtime=0)),
        ("aws-chunked, gzip", gzip.compress(b'[{"a": 1}]', mtime=0)),
        ("gzip, gzip", gzip.compress(gzip.compress(b'[{"a": 1}]', mtime=0), mtime=0)),
        ("deflate,gzip", gzip.compress(zlib.compress(b'[{"a": 1}]'), mtime=0)),
        ("gzip", b'[{"a": 1}]'),
    ],
)
def test_codings_are_undone_in_the_reverse_order_and_a_plain_body_stays(server, source, coding, body):
    url = server.on("/x", Reply(body=body, headers={"Content-Encoding": coding}))
    result = source(url).fetch()
    assert result.data == [{"a": 1}], result.error


@pytest.mark.parametrize("reading", ["fetch", "stream"])
@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("text/csv; charset=iso-8859-1", "name\ncafé\n".encode("latin-1")),
        ('text/csv; header=present; CHARSET="windows-1252"', "name\ncafé\n".encode("cp1252")),
        ("text/csv; charset=us-ascii", "name\ncafé\n".encode()),
        ("text/csv; charset=nonsense", "name\ncafé\n".encode()),
        ("text/csv; charset=iso-8859-1", "name\ncafé\n".encode()),
        ("text/csv", "name\ncafé\n".encode()),
    ],
)
def test_the_charset_of_the_answer_is_respected(server, source, media, body, reading):
    made = source(server.on("/x", Reply(body=body, headers={"Content-Type": media})), format="csv")
    found = made.fetch().data if reading == "fetch" else [row for batch in made.stream() for row in batch]
    assert found == [{"name": "café"}]


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-16-be"])
def test_json_in_utf_16_is_read_as_from_a_file(server, source, charset):
    headers = {"Content-Type": f"application/json; charset={charset}"}
    lines = "".join(json.dumps({"a": text}, ensure_ascii=False) + "\n" for text in ("ä", "ਊ")).encode(charset)
    made = source(server.on("/x", Reply(body=lines, headers=headers)), format="jsonl")
    assert made.fetch().data == [{"a": "ä"}, {"a": "ਊ"}]
    assert [row for batch in made.stream() for row in batch] == [{"a": "ä"}, {"a": "ਊ"}]
    url = server.on("/y", Reply(body='[{"a": "ä"}]'.encode(charset), headers=headers))
    assert source(url).fetch().data == [{"a": "ä"}]


def test_a_charset_that_the_body_contradicts_is_passed_over_with_a_warning(server, source):
    headers = {"Content-Type": "application/json;charset=ISO-8859-1"}
    made = source(server.on("/x", Reply(body='[{"a": "é"}]'.encode(), headers=headers)))
    result = made.fetch()
    assert result.data == [{"a": "é"}]
    assert result.metadata.warnings == ["the charset 'ISO-8859-1' of a Content-Type is passed over: the body is UTF-8"]
    server.on("/x", Reply(body=b'[{"a": "e"}]', headers=headers))
    assert made.fetch().metadata.warnings == []


def test_the_option_encoding_wins_over_the_charset(server, source):
    reply = Reply(body=b"name\ncaf\xe9\n", headers={"Content-Type": "text/csv; charset=utf-8"})
    assert source(server.on("/x", reply), format="csv", encoding="latin-1").fetch().data == [{"name": "café"}]


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ("{{viewer{{login}}}}", "{viewer{login}}"),
        ("{{user(id: {id}){{login}}}}", "{user(id: 7){login}}"),
        ("{ viewer { login }}", "{ viewer { login }}"),
        ("{{{id}}}", "{7}"),
        ("{id}", 7),
    ],
)
def test_braces_of_a_query_are_written_twice(server, source, query, sent):
    url = server.on("/x", lambda asked: document([{"q": asked.json["query"]}]))
    result = source(url, method="POST", json={"query": query}).fetch({"id": 7})
    assert result.data == [{"q": sent}], result.error


def test_a_brace_that_is_taken_for_a_parameter_is_explained(server, source):
    url = server.on("/x", document([]))
    error = source(url, method="POST", json={"query": "{viewer{login}}"}).fetch().error
    assert str(error) == (
        "parameter 'login' is missing: json needs it; a brace that is none of a parameter is written {{ or }}"
    )


def test_braces_may_stand_in_every_place_of_a_request(server, source):
    server.on("/a%7Bid%7D/7", document([{"a": 1}]))
    made = source(f"{server.url}/a{{{{id}}}}/{{id}}", params={"q": "{{id}}"}, headers={"X-Q": "{{{id}}}"})
    assert made.fetch({"id": 7}).data == [{"a": 1}]
    assert (server.asked[0].query, server.asked[0].headers["x-q"]) == ({"q": ["{id}"]}, "{7}")


def test_a_cursor_goes_under_the_variables_of_a_query(server, source):
    first = {"data": {"n": {"nodes": [{"a": 1}], "pageInfo": {"endCursor": "c1", "hasNextPage": True}}}}
    second = {"data": {"n": {"nodes": [{"a": 2}], "pageInfo": {"endCursor": "c2", "hasNextPage": False}}}}
    url = server.on("/graphql", document(first), document(second))
    made = source(
        url,
        method="POST",
        json={"query": "query ($after: String) { n(after: $after) { nodes { a } } }", "variables": {"of": "{of}"}},
        json_path="data.n.nodes",
        pagination={
            "type": "cursor",
            "place": "json",
            "param": "variables.after",
            "path": "data.n.pageInfo.endCursor",
        },
    )
    assert made.fetch({"of": 3}).data == [{"a": 1}, {"a": 2}]
    assert [asked.json["variables"] for asked in server.asked] == [{"of": 3}, {"of": 3, "after": "c1"}]


@pytest.mark.parametrize(
    ("first", "second", "rows"),
    [
        (pa.nulls(1), pa.array([2]), [{"n": None}, {"n": 2}]),
        (pa.array([1], pa.int8()), pa.array([300], pa.int16()), [{"n": 1}, {"n": 300}]),
        (pa.array([1]), pa.array(["x"]), None),
    ],
)
def test_pages_with_types_are_read_as_one_by_fetch_and_stream_or_refused_by_both(server, source, first, second, rows):
    urls = []
    for page, column in (("/1", first), ("/2", second)):
        body = io.BytesIO()
        pq.write_table(pa.table({"n": column}), body)
        headers = {"Link": '</2>; rel="next"'} if page == "/1" else {}
        urls.append(server.on(page, Reply(body=body.getvalue(), headers=headers)))
    made = source(urls[0], format="parquet", pagination={"type": "link"})
    if rows is not None:
        assert made.fetch().data == rows
        assert [row for batch in made.stream() for row in batch] == rows
        return
    said = f"{urls[1]} has string in column 'n', and {urls[0]} has int64; read them separately"
    assert said in str(made.fetch().error)
    with pytest.raises(ParseError, match=re.escape(said)):
        list(made.stream())
