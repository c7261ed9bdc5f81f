"""The end of pages: what says it, and what contradicts it."""

from __future__ import annotations

import logging

import pytest

from spine.core.errors import InvalidConfigError, ParseError, SourceError, SourceNotFoundError, SourceUnavailableError
from spine_sources_http.pagination import as_pagination
from tests.sources_http.server import Asked, Reply, document, rows

ITEMS = [{"n": number} for number in range(1, 8)]


def numbered(past: Reply, size: int = 3, **more: object):
    """Answer pages of seven items under `items`, and `past` after the last one."""

    def answer(asked: Asked) -> Reply:
        start = (int(asked.query["page"][0]) - 1) * size
        return document({"items": ITEMS[start : start + size], **more}) if start < len(ITEMS) else past

    return answer


def by_page(**options: object) -> dict[str, object]:
    return {"json_path": "items", "pagination": {"type": "page", **options}}


def test_a_page_that_is_not_found_after_the_first_is_the_end(server, source):
    url = server.on("/x", numbered(Reply(404, b'{"detail": "Invalid page."}', {"Content-Type": "application/json"})))
    assert source(url, **by_page()).fetch().data == ITEMS
    assert [row for batch in source(url, **by_page()).stream(batch_size=2) for row in batch] == ITEMS


@pytest.mark.parametrize("media", ["text/html", "text/plain"])
def test_a_page_that_a_proxy_does_not_find_is_an_error_and_no_end(server, source, media):
    url = server.on("/x", numbered(Reply(404, b"default backend", {"Content-Type": media})))
    assert isinstance(source(url, **by_page()).fetch().error, SourceNotFoundError)


def test_a_refused_page_is_the_end_only_where_an_option_or_the_answer_says_so(server, source):
    """A server that gives no rows beyond a limit answers 400, too."""
    url = server.on("/x", numbered(Reply(400)))
    assert type(source(url, **by_page()).fetch().error) is SourceError
    assert source(url, **by_page(end_statuses=[400, 404])).fetch().data == ITEMS
    server.on("/x", numbered(Reply(400), total_pages=3))
    assert source(url, **by_page()).fetch().data == ITEMS
    server.on("/x", numbered(Reply(400), total_pages=4))
    assert type(source(url, **by_page()).fetch().error) is SourceError


def test_the_first_page_is_never_the_end_by_its_status(server, source):
    url = server.on("/x", Reply(404, b"{}", {"Content-Type": "application/json"}))
    assert isinstance(source(url, **by_page(end_statuses=[404])).fetch().error, SourceNotFoundError)


def test_no_content_is_the_end(server, source):
    assert source(server.on("/x", numbered(Reply(204))), **by_page()).fetch().data == ITEMS


def test_the_last_page_again_is_the_end_where_an_option_or_the_answer_says_so(server, source):
    again = document({"items": ITEMS[6:]})
    url = server.on("/x", numbered(again))
    error = source(url, **by_page()).fetch().error
    assert "page 4 is the same as page 3" in str(error)
    assert "pagination.end_at_repeat = true if it gives the last page again" in str(error)
    assert source(url, **by_page(end_at_repeat=True)).fetch().data == ITEMS
    assert [row for batch in source(url, **by_page(end_at_repeat=True)).stream() for row in batch] == ITEMS
    server.on("/x", numbered(document({"items": ITEMS[6:], "meta": {}}), meta={}))
    assert not source(url, **by_page()).fetch().success
    server.on("/x", numbered(document({"items": ITEMS[6:], "meta": {"pages": 3}}), meta={"pages": 3}))
    assert source(url, **by_page()).fetch().data == ITEMS


@pytest.mark.parametrize(
    ("options", "more"),
    [
        ({"total_path": "meta.total"}, {"meta": {"total": 7}}),
        ({"total_path": "meta.total"}, {"meta": {"total": "7"}}),
        ({"pages_path": "pages"}, {"pages": 3}),
        ({"size": 3, "size_param": "size", "end_at_short_page": True}, {}),
        ({"more_path": "more"}, None),
    ],
)
def test_a_count_a_short_page_or_a_flag_saves_the_request_beyond_the_end(server, source, options, more):
    def flagged(asked: Asked) -> Reply:
        start = (int(asked.query["page"][0]) - 1) * 3
        return document({"items": ITEMS[start : start + 3], "more": start + 3 < len(ITEMS)})

    url = server.on("/x", flagged if more is None else numbered(Reply(500), **more))
    assert source(url, **by_page(**options)).fetch().data == ITEMS
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("options", "more", "sentence"),
    [
        ({"total_path": "total"}, {"total": 9}, "the pages end after 7 of 9 rows; fetch again"),
        ({"pages_path": "pages"}, {"pages": 4}, "the pages end after 3 of 4; fetch again"),
        ({"more_path": "more"}, {"more": True}, "says that there are more pages and not where"),
    ],
)
def test_an_end_that_contradicts_what_the_pages_say_is_an_error(server, source, options, more, sentence):
    url = server.on("/x", numbered(Reply(204), **more))
    assert sentence in str(source(url, **by_page(**options)).fetch().error)
    with pytest.raises(SourceError, match=sentence):
        list(source(url, **by_page(**options)).stream())


def test_a_total_that_shrinks_is_an_error_that_a_retry_may_mend(server, source):
    """A row that was deleted moves the others: one of them is on no page."""
    url = server.on("/x", document({"items": ITEMS[:3], "total": 7}), document({"items": ITEMS[4:], "total": 6}))
    error = source(url, **by_page(total_path="total")).fetch().error
    assert isinstance(error, SourceUnavailableError)
    assert "there were 7 rows in all and now are 6, so the pages moved" in str(error)


def test_a_count_that_is_not_there_is_an_error(server, source):
    url = server.on("/x", numbered(Reply(204), meta={"count": 7}))
    error = source(url, **by_page(total_path="meta.total")).fetch().error
    assert "has no number at 'meta.total': 'total' is missing; there are count; check pagination" in str(error)


@pytest.mark.parametrize(
    "place", [lambda value: value, lambda value: {"items": value.pop("items"), "page_info": value}]
)
@pytest.mark.parametrize("flag", ["has_more", "hasNextPage"])
def test_a_cursor_is_not_followed_where_the_answer_says_that_there_is_no_more(server, source, place, flag):
    def answer(asked: Asked) -> Reply:
        number = int(asked.query.get("cursor", ["0"])[0])
        return document(place({"items": [{"n": number}], "next": str(min(number + 1, 2)), flag: number < 2}))

    path = "next" if "next" in place({"items": [], "next": 1}) else "page_info.next"
    made = source(server.on("/x", answer), json_path="items", pagination={"type": "cursor", "path": path})
    assert made.fetch().data == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_more_without_a_cursor_is_an_error(server, source):
    url = server.on("/x", document({"items": [{"n": 1}], "next": None, "has_more": True}))
    made = source(url, json_path="items", pagination={"type": "cursor", "path": "next"})
    assert "says that there are more pages and not where; check pagination" in str(made.fetch().error)


def test_a_path_that_page_1_does_not_have_is_an_error_and_not_the_last_page(server, source):
    url = server.on("/x", document({"value": [{"n": 1}], "@odata.nextLink": "/y"}))
    server.on("/y", document({"value": [{"n": 2}]}))
    pagination = {"type": "next_url", "path": "@odata.nextLink"}
    error = source(url, json_path="value", pagination=pagination).fetch().error
    assert isinstance(error, ParseError)
    assert "there is a key with dots: write it in quotes, '@odata.nextLink'; check pagination.path" in str(error)
    pagination["path"] = "'@odata.nextLink'"
    assert source(url, json_path="value", pagination=pagination).fetch().data == [{"n": 1}, {"n": 2}]


def test_one_page_may_leave_the_path_out_if_an_option_says_so_or_it_has_no_rows(server, source):
    url = server.on("/x", document({"value": [{"n": 1}]}))
    pagination = {"type": "next_url", "path": "'@odata.nextLink'"}
    assert "pagination.path_required = false" in str(
        source(url, json_path="value", pagination=pagination).fetch().error
    )
    assert source(url, json_path="value", pagination={**pagination, "path_required": False}).fetch().data == [{"n": 1}]
    server.on("/x", document({"value": []}))
    assert source(url, json_path="value", pagination=pagination).fetch().data == []


def test_a_page_after_the_first_may_leave_its_list_out(server, source):
    pages = [{"files": [{"n": 1}], "t": "a"}, {"t": "b"}, {"files": None, "t": "c"}, {"files": [{"n": 2}]}]
    url = server.on("/x", *map(document, pages))
    made = source(url, json_path="files", pagination={"type": "cursor", "path": "t"})
    assert made.fetch().data == [{"n": 1}, {"n": 2}]


def test_an_error_in_the_place_of_the_list_is_an_error(server, source):
    url = server.on("/x", document({"files": [{"n": 1}], "t": "a"}), document({"errors": [{"message": "too slow"}]}))
    made = source(url, json_path="files", pagination={"type": "cursor", "path": "t"})
    error = made.fetch().error
    assert isinstance(error, ParseError)
    assert str(error).endswith("has no 'files', and says: [{'message': 'too slow'}]")


def test_a_single_document_without_its_list_is_empty_only_where_that_is_allowed(server, source):
    url = server.on("/x", document({"files": None}))
    assert isinstance(source(url, json_path="files").fetch().error, ParseError)
    assert source(url, json_path="files", allow_empty=True).fetch().data == []


def test_rows_of_pages_need_a_path_where_other_keys_stand_beside_them(server, source):
    url = server.on("/x", document({"items": [{"n": 1}], "page": 1}), document({"items": [], "page": 2}))
    error = source(url, pagination={"type": "page"}).fetch().error
    assert "has other keys beside 'items': set json_path, such as \"items\"" in str(error)
    server.on("/y", document({"items": [{"n": 1}], "next": None}))
    made = source(f"{server.url}/y", pagination={"type": "cursor", "path": "next"})
    assert made.fetch().data == [{"n": 1}]


@pytest.mark.parametrize("written", ["json", "csv"])
def test_rows_that_come_twice_are_dropped_by_their_key_and_counted(server, source, caplog, written):
    caplog.set_level(logging.WARNING, "spine.sources")
    pages = [[{"id": "a", "v": "1"}, {"id": "b", "v": "2"}], [{"id": "b", "v": "2"}, {"id": "c", "v": "3"}], []]

    def reply(page: list[dict[str, str]]) -> Reply:
        body = "id,v\n" + "".join(f"{row['id']},{row['v']}\n" for row in page)
        return rows(*page) if written == "json" else Reply(body=body.encode())

    def answer(asked: Asked) -> Reply:
        return reply(pages[int(asked.query["offset"][0]) // 2])

    made = source(server.on("/x", answer), format=written, pagination={"type": "offset", "unique_key": "id"})
    result = made.fetch()
    assert [row["id"] for row in result.data] == ["a", "b", "c"], result.error
    assert (result.metadata.row_count, result.metadata.duplicate_row_count) == (3, 1)
    [warning] = result.metadata.warnings
    assert warning.endswith("rows that came again on a later page and were dropped, by unique_key: 1")
    assert warning in caplog.text
    assert [row["id"] for batch in made.stream() for row in batch] == ["a", "b", "c"]


@pytest.mark.parametrize("style", ["page", "offset"])
def test_the_same_rows_again_are_found_out_though_the_document_is_another(server, source, style):
    """A server that ignores the parameter of pagination, and sends a number of the request with the rows."""
    number = iter(range(100))
    url = server.on("/x", lambda asked: document({"items": ITEMS, "meta": {"request": next(number)}}))
    made = source(url, json_path="items", pagination={"type": style})
    assert "page 2 is the same as page 1" in str(made.fetch().error)
    with pytest.raises(SourceError, match="page 2 is the same as page 1"):
        list(made.stream())
    server.on("/x", numbered(document({"items": ITEMS[6:], "again": 1})))
    assert source(url, **by_page(end_at_repeat=True)).fetch().data == ITEMS


@pytest.mark.parametrize("body", [b"", b" \n"])
def test_a_page_without_a_byte_is_the_end_and_a_document_without_one_needs_an_option(server, source, body):
    url = server.on("/x", numbered(Reply(body=body)))
    assert source(url, **by_page()).fetch().data == ITEMS
    assert list(source(url, **by_page()).stream(batch_size=9)) == [ITEMS]
    server.on("/x", Reply(body=body))
    assert isinstance(source(url, json_path="items").fetch().error, ParseError)
    assert source(url, json_path="items", allow_empty=True).fetch().data == []


def test_tokens_that_go_round_in_a_circle_are_found_out(server, source):
    tokens = {"": "a", "a": "b", "b": "a"}
    url = server.on(
        "/x", lambda asked: document({"items": [{"n": 1}], "next": tokens[asked.query.get("cursor", [""])[0]]})
    )
    made = source(url, json_path="items", pagination={"type": "cursor", "path": "next"})
    assert "page 4 has the same request as page 2" in str(made.fetch().error)
    assert len(server.asked) == 3


def test_a_stream_of_delimited_pages_has_the_same_columns_on_each_as_a_fetch(server, source):
    url = server.on("/x", *(Reply(body=body) for body in (b"a,b\n1,2\n", b"3,4\n5,6\n", b"")))
    made = source(url, format="csv", pagination={"type": "page"})
    sentence = str(made.fetch().error)
    assert "page=2 has other columns than" in sentence
    server.on("/x", *(Reply(body=body) for body in (b"a,b\n1,2\n", b"3,4\n5,6\n", b"")))
    with pytest.raises(ParseError) as caught:
        list(made.stream())
    assert str(caught.value) == sentence


def test_a_row_without_the_key_is_an_error(server, source):
    url = server.on("/x", rows({"id": 1}, {"v": 1}))
    error = source(url, pagination={"type": "page", "unique_key": ["id"]}).fetch().error
    assert "row 2 has no id; check pagination.unique_key" in str(error)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"type": "cursor", "path": "a..b"}, "pagination.path 'a..b' is not a path: keys are separated by single dots"),
        ({"type": "link", "total_path": "t"}, "pagination of type link has no total_path: leave it out"),
        ({"type": "page", "path_required": False}, "pagination of type page has no path_required: leave it out"),
        ({"type": "page", "end_at_short_page": True}, "pagination.end_at_short_page needs size and size_param"),
        ({"type": "page", "end_statuses": [500]}, "pagination.end_statuses [500] is not valid: give a list of"),
        ({"type": "page", "end_statuses": 404}, "pagination.end_statuses 404 is not valid: give a list of"),
        ({"type": "page", "unique_key": []}, "pagination.unique_key [] is not valid: give a list of texts"),
        ({"type": "page", "place": "json", "param": "a..b"}, "pagination.param 'a..b' is not a path"),
    ],
)
def test_an_option_that_cannot_work_is_refused(options, sentence):
    with pytest.raises(InvalidConfigError) as caught:
        as_pagination(options)
    assert str(caught.value).startswith(sentence)
