"""One request: its form, and the response in each format."""

from __future__ import annotations

import hashlib
import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spine.core.errors import ParseError, SourceError, ValidationError
from tests.sources_http.server import Reply, document, rows


def test_params_headers_and_path_are_filled_from_the_parameters_of_the_fetch(server, source):
    server.on("/weeks/2025-12-01/a%2Fb%20c", rows({"a": 1}))
    made = source(
        f"{server.url}/weeks/{{week}}/{{name}}?fixed=1&of={{week}}",
        params={"limit": 10, "tags": ["x", "y"], "deep": True, "left_out": None},
        headers={"X-Week": "w{week}"},
    )
    result = made.fetch({"week": "2025-12-01", "name": "a/b c", "unused": 1})
    assert result.data == [{"a": 1}], result.error
    [asked] = server.asked
    assert asked.query == {"fixed": ["1"], "of": ["2025-12-01"], "limit": ["10"], "tags": ["x", "y"], "deep": ["true"]}
    assert (asked.method, asked.headers["x-week"], asked.body) == ("GET", "w2025-12-01", b"")


def test_a_post_sends_json_and_keeps_the_type_of_a_parameter(server, source):
    url = server.on("/query", rows({"a": 1}))
    body = {"limit": "{limit}", "filter": [{"week": "w{week}"}], "none": None}
    result = source(url, method="post", json=body).fetch({"limit": 5, "week": 1})
    assert result.success, result.error
    [asked] = server.asked
    assert asked.json == {"limit": 5, "filter": [{"week": "w1"}], "none": None}
    assert (asked.method, asked.headers["content-type"]) == ("POST", "application/json")
    assert result.metadata.url == f"{url}#limit=5&week=1"


@pytest.mark.parametrize("value", ["..", ".", ""])
def test_a_parameter_cannot_lead_to_another_path(server, source, value):
    result = source(f"{server.url}/weeks/{{week}}/x").fetch({"week": value})
    assert isinstance(result.error, ValidationError)
    assert "cannot be part of a URL's path" in str(result.error)
    assert server.asked == []


def test_a_parameter_cannot_add_a_header(server, source):
    result = source(f"{server.url}/x", headers={"X-Week": "{week}"}).fetch({"week": "1\r\nX-Admin: 1"})
    assert "the header 'X-Week' has a character that no header can hold" in str(result.error)
    assert server.asked == []


def test_a_missing_parameter_is_named(server, source):
    result = source(f"{server.url}/x", params={"week": "{week}"}).fetch()
    assert str(result.error) == "parameter 'week' is missing: the parameter 'week' of the URL needs it"


@pytest.mark.parametrize(
    ("written", "body"),
    [
        ("csv", b"id,text\n007,NA\n1e5,\n"),
        ("psv", b"id|text\n007|NA\n1e5|\n"),
        ("tsv", b"id\ttext\n007\tNA\n1e5\t\n"),
        ("jsonl", b'{"id": "007", "text": "NA"}\n{"id": "1e5", "text": ""}\n'),
        ("json", b'{"results": [{"id": "007", "text": "NA"}, {"id": "1e5", "text": ""}]}'),
    ],
)
def test_text_stays_text_in_every_format(server, source, written, body):
    result = source(server.on("/x", Reply(body=body)), format=written).fetch()
    assert result.data == [{"id": "007", "text": "NA"}, {"id": "1e5", "text": ""}]
    assert result.metadata.content_hash == hashlib.sha256(body).hexdigest()
    assert (result.metadata.row_count, result.metadata.bytes_fetched) == (2, len(body))


def test_parquet_keeps_its_types(server, source):
    buffer = io.BytesIO()
    pq.write_table(pa.table({"n": [1, 2], "day": ["x", None]}), buffer)
    made = source(server.on("/x", Reply(body=buffer.getvalue())), format="parquet")
    assert made.fetch().data == [{"n": 1, "day": "x"}, {"n": 2, "day": None}]
    assert list(made.stream(batch_size=1)) == [[{"n": 1, "day": "x"}], [{"n": 2, "day": None}]]


def test_json_lines_may_have_an_encoding_whose_line_ends_are_two_bytes(server, source):
    body = '{"a": "ä"}\n{"a": "2"}\n'.encode("utf-16-le")
    made = source(server.on("/x", Reply(body=body)), format="jsonl", encoding="utf-16-le")
    assert made.fetch().data == [{"a": "ä"}, {"a": "2"}]
    assert [row for batch in made.stream() for row in batch] == [{"a": "ä"}, {"a": "2"}]


def test_arrow_ipc_keeps_its_types_and_renames_a_column_that_occurs_twice(server, source):
    table = pa.table([pa.array([1, 2]), pa.array(["x", None])], names=["n", "n"])
    buffer = io.BytesIO()
    with pa.ipc.new_file(buffer, table.schema) as file:
        file.write_table(table)
    made = source(server.on("/x", Reply(body=buffer.getvalue())), format="arrow")
    result = made.fetch()
    assert result.data == [{"n": 1, "n_2": "x"}, {"n": 2, "n_2": None}], result.error
    assert result.metadata.renamed_columns == {"n_2": "n"}
    assert [row for batch in made.stream() for row in batch] == result.data


def test_raw_bytes_are_left_as_they_are(server, source):
    made = source(server.on("/x", Reply(body=b"\x00\xff")), format="raw")
    result = made.fetch()
    assert (result.raw_data, result.metadata.bytes_fetched) == (b"\x00\xff", 2)
    with pytest.raises(SourceError, match="Streaming not supported for raw responses"):
        next(made.stream())


def test_the_options_of_delimited_text_apply(server, source):
    body = "# made by hand\nä;1\n".encode("latin-1")
    options = {"delimiter": ";", "encoding": "latin-1", "comment": "#", "column_names": ["name", "n"]}
    result = source(server.on("/x", Reply(body=body)), format="csv", **options).fetch()
    assert result.data == [{"name": "ä", "n": "1"}]


def test_delimited_text_gets_the_types_of_a_schema_as_that_of_a_file_does(server, source):
    url = server.on("/x", Reply(body=b"id;shares;price\n007;1.200;1,50\n008;-;2,00\n"))
    options = {
        "delimiter": ";",
        "schema": {
            "quantity": {"type": "int64", "thousands": "."},
            "price": {"type": "decimal(9,2)", "decimal": ","},
        },
        "aliases": {"quantity": "shares"},
        "null_values": ["-"],
    }
    made = source(url, format="csv", **options)
    first = {"id": "007", "quantity": 1200, "price": Decimal("1.50")}
    second = {"id": "008", "quantity": None, "price": Decimal("2.00")}
    assert made.fetch().data == [first, second]
    assert [row for batch in made.stream() for row in batch] == [first, second]
    bad = source(server.on("/bad", Reply(body=b"id,n\n1,x\n")), format="csv", schema={"n": "int64"}).fetch().error
    assert isinstance(bad, ParseError)
    assert str(bad).endswith("/bad, line 2: column 'n' is 'x', which is not a valid int64; correct it, or the schema")
    lacking = source(server.on("/other", Reply(body=b"id\n1\n")), format="csv", schema={"n": "int64"}).fetch().error
    assert isinstance(lacking, ParseError)


def test_rows_are_found_at_a_dotted_path(server, source):
    url = server.on("/x", document({"result": {"pages": [{"items": [{"a": 1}]}]}}))
    assert source(url, json_path="result.pages.0.items").fetch().data == [{"a": 1}]
    missing = source(url, json_path="result.rows").fetch().error
    assert isinstance(missing, ParseError)
    assert str(missing) == f"{url} has no 'result.rows': 'rows' is missing; there are pages"


def test_a_body_that_is_not_in_its_format_is_a_parse_error_that_names_the_url(server, source):
    for written, body in (("json", b"<html>"), ("jsonl", b"{}\n["), ("csv", b"a,b\n1\n"), ("parquet", b"PAR1")):
        url = server.on(f"/{written}", Reply(body=body))
        error = source(url, format=written).fetch().error
        assert isinstance(error, ParseError), written
        assert str(error).startswith(url)
        assert error.context.source_name == "api"


def test_no_content_is_no_rows(server, source):
    url = server.on("/x", Reply(204))
    assert source(url).fetch().data == []
    assert list(source(url).stream()) == []


def test_a_header_without_rows_is_an_error_unless_it_is_allowed(server, source):
    url = server.on("/x", Reply(body=b"a,b\n"))
    assert isinstance(source(url, format="csv").fetch().error, ParseError)
    assert source(url, format="csv", allow_empty=True).fetch().data == []


def test_the_url_of_the_metadata_shows_parameters_and_masks_what_is_written_in_the_configuration(server, source):
    url = server.on("/x/7", rows({"a": 1}))
    made = source(f"{server.url}/x/{{id}}?format=json", params={"week": "{week}", "n": 3})
    shown = f"{url}?format=********&week=1&n=********"
    assert made.fetch({"id": 7, "week": 1}).metadata.url == shown
    assert made.locator({"id": 7, "week": 1}) == shown
