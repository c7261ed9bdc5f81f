"""Each style of pagination against a server that follows its protocol and fails in between: every row exactly once.

Rows that are added or deleted while the pages are read move the others where pages are numbered: with `unique_key` or
`total_path` that does no harm, or is a typed error.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from attrs import define, field

from spine.core.errors import SourceUnavailableError, SpineError
from tests.sources_http.server import Asked, Reply

SIZE = 3
STYLES: dict[str, dict[str, Any]] = {
    "page": {"type": "page"},
    "page from 0": {"type": "page", "start": 0},
    "offset": {"type": "offset", "size": SIZE, "size_param": "limit"},
    "cursor": {"type": "cursor", "path": "meta.'next.cursor'"},
    "link": {"type": "link"},
    "next_url": {"type": "next_url", "path": "meta.'next.url'"},
}
NUMBERED = ("page", "page from 0", "offset")
FAULTS: dict[str, Callable[[Reply], Reply]] = {
    "500": lambda good: Reply(500),
    "429": lambda good: Reply(429, headers={"X-RateLimit-Reset": "3"}),
    "403 with a limit": lambda good: Reply(403, headers={"Retry-After": "3"}),
    "202": lambda good: Reply(202, b"{}"),
    "no answer": lambda good: Reply(drop=True),
    "truncated": lambda good: Reply(body=good.body, headers=good.headers, after=len(good.body) // 2),
}


@define
class Table:
    """Rows of a service in the order of their ids, which is the order of its pages."""

    style: str
    ids: list[int] = field(factory=lambda: list(range(10, 18)))
    after_page_1: Callable[[list[int]], object] | None = None
    faults: list[Callable[[Reply], Reply]] = field(factory=list)
    answered: int = 0

    def answer(self, asked: Asked) -> Reply:
        good = self._page(asked)
        if self.faults and self.answered == 1:  # in the place of page 2, again and again until none is left
            return self.faults.pop()(good)
        self.answered += 1
        if self.answered == 1 and self.after_page_1 is not None:
            self.after_page_1(self.ids)
        return good

    def _page(self, asked: Asked) -> Reply:
        query = {name: values[0] for name, values in asked.query.items()}
        if self.style in NUMBERED:
            first = int(query["offset"]) if self.style == "offset" else SIZE * int(query["page"])
            first -= SIZE if self.style == "page" else 0
            found = self.ids[first : first + SIZE]
        else:
            found = [number for number in self.ids if number > int(query.get("cursor", 0))][:SIZE]
        is_last = not found or found[-1] == self.ids[-1]
        following = None if is_last else found[-1]
        url = None if is_last else f"?cursor={following}"
        meta = {"total": len(self.ids), "next.cursor": following, "next.url": url}
        headers = {} if is_last or self.style != "link" else {"Link": f'<{url}>; rel="next"'}
        body = {"items": [{"id": number} for number in found], "meta": meta}
        return Reply(body=json.dumps(body).encode(), headers={"Content-Type": "application/json", **headers})


@pytest.fixture
def ids_of(server, source):
    """Return the ids that a source reads from a table by `fetch` and by `stream`, or raises with both."""

    def read(table: Table, **options: Any) -> list[int]:
        url = server.on("/x", lambda asked: tables[-1].answer(asked))
        made = source(url, json_path="items", pagination=STYLES[table.style] | options, max_attempts=9)
        tables = [copy.deepcopy(table)]
        result = made.fetch()
        tables.append(copy.deepcopy(table))
        if result.error is not None:
            with pytest.raises(type(result.error)):
                list(made.stream())
            raise result.error
        streamed = [row["id"] for batch in made.stream(batch_size=2) for row in batch]
        assert streamed == [row["id"] for row in result.data]
        assert not any(table.faults for table in tables)
        return streamed

    return read


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("style", STYLES)
def test_every_row_comes_exactly_once_whatever_fails_in_between(ids_of, style, fault):
    assert ids_of(Table(style, faults=[FAULTS[fault]] * 2)) == list(range(10, 18))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("count", [0, 1, 2 * SIZE])
def test_the_end_is_found_at_any_number_of_rows(ids_of, style, count):
    assert ids_of(Table(style, ids=list(range(1, count + 1)))) == list(range(1, count + 1))


def add_in_front(ids: list[int]) -> None:
    ids.insert(0, 1)


def delete_of_page_1(ids: list[int]) -> None:
    del ids[0]


@pytest.mark.parametrize("change", [add_in_front, delete_of_page_1])
@pytest.mark.parametrize("style", [style for style in STYLES if style not in NUMBERED])
def test_rows_that_come_and_go_do_not_move_those_behind_a_cursor(ids_of, style, change):
    assert ids_of(Table(style, after_page_1=change)) == list(range(10, 18))


@pytest.mark.parametrize("counted", [{}, {"total_path": "meta.total"}])
@pytest.mark.parametrize("style", NUMBERED)
def test_a_row_that_an_added_one_moves_to_the_next_page_comes_once_with_a_key(ids_of, style, counted):
    table = Table(style, after_page_1=add_in_front)
    assert ids_of(table, unique_key="id", **counted) == list(range(10, 18))


@pytest.mark.parametrize(
    ("change", "options"),
    [(add_in_front, {}), (delete_of_page_1, {}), (delete_of_page_1, {"unique_key": "id"})],
)
@pytest.mark.parametrize("style", NUMBERED)
def test_pages_that_moved_are_an_error_where_their_total_tells(ids_of, style, change, options):
    with pytest.raises(SourceUnavailableError, match="so the pages moved while they were read"):
        ids_of(Table(style, after_page_1=change), total_path="meta.total", **options)


@pytest.mark.parametrize("style", ["page", "cursor"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_stays_is_a_typed_error_and_no_end(ids_of, style, fault):
    with pytest.raises(SpineError) as caught:
        ids_of(Table(style, faults=[FAULTS[fault]] * 9))
    assert caught.value.retryable
