"""Page after page, to the end and no further."""

from __future__ import annotations

import json
import random

import pytest

from spine.core.errors import ParseError, SourceError
from tests.sources_http.server import Asked, Reply, document, rows

ROWS = [{"n": number} for number in range(7)]


def by_page(asked: Asked) -> Reply:
    start = (int(asked.query["page"][0]) - 1) * 3
    return rows(*ROWS[start : start + 3])


def test_pages_by_number_end_with_an_empty_page(server, source):
    result = source(server.on("/x", by_page), pagination={"type": "page"}).fetch()
    assert result.data == ROWS
    assert [asked.query["page"] for asked in server.asked] == [["1"], ["2"], ["3"], ["4"]]


def test_a_short_page_is_not_taken_for_the_last_one(server, source):
    def capped(asked: Asked) -> Reply:  # the server gives less than was asked for
        assert asked.query["size"] == ["100"]
        return by_page(asked)

    made = source(server.on("/x", capped), pagination={"type": "page", "size_param": "size", "size": 100})
    assert made.fetch().data == ROWS


def test_offsets_go_by_the_rows_that_came(server, source):
    def by_offset(asked: Asked) -> Reply:
        start = int(asked.query["skip"][0])
        return rows(*ROWS[start : start + 2])

    made = source(server.on("/x", by_offset), pagination={"type": "offset", "param": "skip"})
    assert made.fetch().data == ROWS
    assert [asked.query["skip"] for asked in server.asked] == [["0"], ["2"], ["4"], ["6"], ["7"]]


def test_the_parameters_of_pages_may_go_into_the_json_body(server, source):
    def by_body(asked: Asked) -> Reply:
        start = asked.json["offset"]
        assert (asked.json["limit"], asked.json["week"], asked.query) == (4, "1", {})
        return rows(*ROWS[start : start + 4])

    pagination = {"type": "offset", "size_param": "limit", "size": 4, "place": "json"}
    made = source(server.on("/x", by_body), method="POST", json={"week": "{week}"}, pagination=pagination)
    assert made.fetch({"week": "1"}).data == ROWS


@pytest.mark.parametrize("end", [None, "", False, "absent"])
def test_a_cursor_ends_when_there_is_none(server, source, end):
    last = {"items": [{"n": 2}], "meta": {} if end == "absent" else {"next": end}}
    url = server.on("/x", document({"items": [{"n": 1}], "meta": {"next": "c/1"}}), document(last))
    made = source(url, json_path="items", pagination={"type": "cursor", "param": "after", "path": "meta.next"})
    assert made.fetch().data == [{"n": 1}, {"n": 2}]
    assert [asked.query for asked in server.asked] == [{}, {"after": ["c/1"]}]


def test_a_page_without_rows_is_not_the_end_where_a_cursor_goes_on(server, source):
    url = server.on("/x", document({"items": [], "c": 5}), document({"items": [{"n": 1}]}))
    assert source(url, json_path="items", pagination={"type": "cursor", "path": "c"}).fetch().data == [{"n": 1}]


def test_a_cursor_that_is_none_is_a_parse_error(server, source):
    url = server.on("/x", document({"items": [{"n": 1}], "c": {"a": 1}}))
    error = source(url, json_path="items", pagination={"type": "cursor", "path": "c"}).fetch().error
    assert isinstance(error, ParseError)
    assert "the value at 'c' is no cursor; check pagination.path" in str(error)


def test_the_link_header_is_followed_as_it_stands(server, source):
    url = server.on("/x", rows({"n": 1}, Link='<x2?page=2&sig=a%2Fb+c>; rel="next", <x9>; rel=last'))
    server.on("/x2", rows({"n": 2}, Link='<x9>; rel="last"'))
    assert source(url, params={"first": 1}, pagination={"type": "link"}).fetch().data == [{"n": 1}, {"n": 2}]
    assert [asked.query for asked in server.asked] == [{"first": ["1"]}, {"page": ["2"], "sig": ["a/b c"]}]


def test_the_next_url_may_stand_in_the_body(server, source):
    url = server.on("/x", document({"items": [{"n": 1}], "next": f"{server.url}/x2"}))
    server.on("/x2", document({"items": [{"n": 2}], "next": None}))
    made = source(url, json_path="items", pagination={"type": "next_url", "path": "next"})
    assert made.fetch().data == [{"n": 1}, {"n": 2}]


def test_pages_of_delimited_text_become_one_table(server, source):
    url = server.on("/x", *(Reply(body=body) for body in (b"a,b\n1,2\n", b"b,a\n4,3\n", b"a,b\n")))
    made = source(url, format="csv", pagination={"type": "page"})
    assert made.fetch().data == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


def test_pages_with_other_columns_are_not_put_together(server, source):
    url = server.on("/x", Reply(body=b"a,b\n1,2\n"), Reply(body=b"a,c\n3,4\n"), Reply(body=b""))
    error = source(url, format="csv", pagination={"type": "page"}).fetch().error
    assert isinstance(error, ParseError)
    assert str(error) == (
        f"{url}?page=2 has other columns than {url}?page=1: give column_names, or read the pages separately"
    )


def test_a_first_page_without_rows_is_judged_like_a_single_response(server, source):
    url = server.on("/x", Reply(body=b"a,b\n"))
    assert isinstance(source(url, format="csv", pagination={"type": "page"}).fetch().error, ParseError)


def test_a_server_that_gives_the_same_page_again_and_again_is_found_out(server, source):
    error = source(server.on("/x", rows({"n": 1})), pagination={"type": "page"}).fetch().error
    assert isinstance(error, SourceError)
    assert "page 2 is the same as page 1, so the server may not know the parameter" in str(error)
    assert len(server.asked) == 2


@pytest.mark.parametrize("style", ["link", "next_url", "cursor"])
def test_a_circle_of_pages_is_found_out(server, source, style):
    number = iter(range(100))

    def answer(asked: Asked) -> Reply:
        body = {"items": [{"n": next(number)}], "next": "x?cursor=1" if style == "next_url" else "1"}
        return document(body, Link='<x?cursor=1>; rel="next"')

    pagination = {"type": style} | ({} if style == "link" else {"path": "next"})
    error = source(server.on("/x", answer), json_path="items", pagination=pagination).fetch().error
    assert isinstance(error, SourceError)
    assert "page 3 has the same request as page 2, so the pages would never end" in str(error)
    assert len(server.asked) == 2


def test_one_page_too_many_is_an_error_and_no_silent_end(server, source):
    url = server.on("/x", lambda asked: rows({"page": asked.query["page"][0]}))
    error = source(url, pagination={"type": "page", "max_pages": 3}).fetch().error
    assert "there are more than 3 pages; if that is right, raise pagination.max_pages" in str(error)
    assert len(server.asked) == 3


def test_the_hash_covers_every_page(server, source):
    made = source(server.on("/x", by_page), pagination={"type": "page"})
    first = made.fetch().metadata
    assert made.fetch().metadata.content_changed is False
    assert not made.has_changed(last_hash=first.content_hash)
    server.on("/x", lambda asked: by_page(asked) if asked.query["page"] != ["2"] else rows({"n": 0}))
    assert made.has_changed(last_hash=first.content_hash)


def test_a_stream_asks_for_a_page_when_its_rows_are_wanted(server, source):
    stream = source(server.on("/x", by_page), pagination={"type": "page"}).stream(batch_size=2)
    assert next(stream) == ROWS[:2]
    assert len(server.asked) == 1
    assert [row for batch in stream for row in batch] == ROWS[2:]


@pytest.mark.parametrize("pages", [100, pytest.param(1000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("reading", ["fetch", "stream"])
def test_many_pages_of_a_failing_server_give_every_row_exactly_once(server, source, reading, pages):
    """Errors of every retryable kind hit before, within and instead of answers."""
    chance = random.Random(7)
    served: list[int] = []

    def flaky(asked: Asked) -> Reply:
        page = int(asked.query["page"][0])
        good = rows(*({"page": page, "row": row} for row in range(3))) if page <= pages else rows()
        faults = [
            Reply(500),
            Reply(503, headers={"Retry-After": "2"}),
            Reply(429, headers={"Retry-After": "1"}),
            Reply(drop=True),
            Reply(body=good.body, after=len(good.body) // 2),
        ]
        if chance.random() < 0.2:
            return chance.choice(faults)
        served.append(page)
        return good

    made = source(server.on("/x", flaky), pagination={"type": "page"}, max_attempts=50, total_timeout=1e6)
    if reading == "fetch":
        result = made.fetch()
        assert result.success, result.error
        found = result.data
        assert result.metadata.retry_count == len(server.asked) - pages - 1
    else:
        found = [row for batch in made.stream() for row in batch]
    assert found == [{"page": page, "row": row} for page in range(1, pages + 1) for row in range(3)]
    assert served == list(range(1, pages + 2))
    assert len(server.asked) > 1.1 * pages, "the server was meant to fail"


def test_the_rows_of_a_stream_are_not_given_twice_when_a_page_breaks_off(server, source):
    lines = b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)
    url = server.on("/x", Reply(body=lines, after=20), Reply(body=lines))
    assert [row for batch in source(url, format="jsonl").stream(batch_size=2) for row in batch] == ROWS


def test_rows_deeper_in_the_pages_are_refused_with_their_path(server, source):
    url = server.on("/x", document({"data": {"readings": [{"n": 1}]}, "meta": {"pages": 1}}))
    error = source(url, pagination={"type": "page", "pages_path": "meta.pages"}).fetch().error
    assert 'set json_path, such as "data.readings", so that the rows of its pages are known' in str(error)


def test_a_stream_tells_a_wrong_path_of_pagination_before_the_first_rows(server, source):
    url = server.on("/x", document({"items": [{"n": 1}], "meta": {"pages": 2}}))
    made = source(url, json_path="items", pagination={"type": "page", "pages_path": "meta.page"})
    with pytest.raises(ParseError, match=r"has no number at 'meta\.page'"):
        next(made.stream(batch_size=1))
