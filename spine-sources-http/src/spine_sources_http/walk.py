"""The walk from page to page of one fetch: the next request, the end, and pages that never end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx

from spine.core.errors import SourceError
from spine_sources_http.config import HttpSourceConfig
from spine_sources_http.content import Reading, Row
from spine_sources_http.ends import End
from spine_sources_http.exchange import Answer
from spine_sources_http.mediatype import MediaType
from spine_sources_http.pagination import Page, Pagination
from spine_sources_http.request import Request
from spine_sources_http.responseformat import ResponseFormat
from spine_sources_http.unique import UniqueRows

_MISSING, _REFUSED = 404, 400


class Walk:
    """Requests for one page after the other, until there is none."""

    def __init__(self, request: Request, options: HttpSourceConfig) -> None:
        self._options = options
        self._label = request.shown
        self._pagination = options.pagination
        self._pages = None if self._pagination is None else _Pages(self._pagination)
        self._next: Request | None = request if self._pagination is None else self._pagination.first(request)
        self.unique = UniqueRows(self._pagination.unique_key if self._pagination else None)
        self.number = 0

    def __iter__(self) -> Iterator[Request]:
        while self._next is not None:
            request, self._next = self._next, None
            self.number += 1
            if self._pages is not None:
                self._pages.ask(request, self.number)
            yield request

    def turn(self, request: Request, answer: Answer, rows: int, document: Any) -> None:
        """Report the content of the page with the number of rows that the server gave; the next request follows."""
        if self._pages is not None:
            self._next = self._pages.following(self.number, request, answer, rows, self.unique.dropped, document)

    def report(self) -> None:
        """Warn of rows that came twice."""
        self.unique.report(self._label)

    @property
    def is_later(self) -> bool:
        """True after page 1, where a page without rows may be the end."""
        return self.number > 1

    @property
    def may_be_empty(self) -> bool:
        """True where a page without rows is the end, as it is after the first page."""
        return self.is_later and self._pagination is not None and self._pagination.is_numbered

    def ends_with(self, status: int, headers: httpx.Headers) -> bool:
        """Return whether a status means that there is no such page any more."""
        if self._pages is None or self._pagination is None or not self.may_be_empty:
            return False
        if self._pagination.end_statuses is not None:
            return status in self._pagination.end_statuses
        if status == _REFUSED:
            return self._pages.is_stated
        return status == _MISSING and (headers.get("content-length") == "0" or self._is_own(MediaType.of(headers)))

    def reading(self, request: Request, answer: Answer) -> Reading:
        """Return how the content of an answer is to be read."""
        media = MediaType.of(answer.headers)
        return Reading(self._options, request.shown, media, may_be_empty=self.may_be_empty, is_later=self.is_later)

    def repeats(self, request: Request, answer: Answer) -> bool:
        """Return whether a page is the end because it came before; a SourceError where that may be a fault."""
        return self._pages is not None and self._pages.repeats(self.number, request, answer)

    def repeats_rows(self, request: Request, rows: list[Row]) -> bool:
        """Return the same where the rows came before, in a document that is another one."""
        return self._pages is not None and self._pages.repeats_rows(self.number, request, rows)

    def _is_own(self, media: MediaType) -> bool:
        """Return whether an error is in the format of the pages: one of a proxy in between is HTML or plain text."""
        is_json = self._options.format in (ResponseFormat.JSON, ResponseFormat.JSONL)
        return media.is_json if is_json else not media.is_html


class _Pages:
    """The pages so far of one pagination."""

    def __init__(self, pagination: Pagination) -> None:
        self._pagination = pagination
        self._end = End(pagination)
        self._rows = 0
        self._asked: dict[str, int] = {}
        self._contents: dict[str, int] = {}
        self._known_rows: dict[int, list[Row]] = {}

    @property
    def is_stated(self) -> bool:
        return self._end.is_stated

    def ask(self, request: Request, number: int) -> None:
        """Refuse a request that was sent before, and one page too many."""
        if number > self._pagination.max_pages:
            raise SourceError(
                f"{request.shown}: there are more than {self._pagination.max_pages:,} pages; "
                "if that is right, raise pagination.max_pages"
            )
        before = self._asked.setdefault(request.fingerprint, number)
        if before != number:
            raise SourceError(
                f"{request.shown}: page {number} has the same request as page {before}, so the pages would never end; "
                "check pagination"
            )

    def repeats(self, number: int, request: Request, answer: Answer) -> bool:
        before = self._contents.setdefault(answer.digest, number)
        return bool(answer.size) and self._is_end(number, before, request)

    def repeats_rows(self, number: int, request: Request, rows: list[Row]) -> bool:
        """Compare the rows with those of page 1 and of the page before; a server may send its time with them."""
        before = next((known for known in (1, number - 1) if rows and self._known_rows.get(known) == rows), number)
        self._known_rows = {1: self._known_rows.get(1, rows), number: rows}
        return self._is_end(number, before, request)

    def _is_end(self, number: int, before: int, request: Request) -> bool:
        if before == number or not self._pagination.is_numbered:
            return False
        if self._pagination.end_at_repeat or (before == number - 1 and self._end.is_stated):
            return True
        raise SourceError(
            f"{request.shown}: page {number} is the same as page {before}, so the server may not know the "
            "parameter of pagination; check pagination.param, or set pagination.end_at_repeat = true if it gives the "
            "last page again"
        )

    def following(
        self, number: int, request: Request, answer: Answer, rows: int, dropped: int, document: Any
    ) -> Request | None:
        self._rows += rows
        kept = self._rows - dropped
        page = Page(number, request.shown, answer.url, answer.headers, document, rows, self._rows, kept)
        self._end.see(page)
        following = None if self._end.reached else self._pagination.following(request, page)
        if following is None:
            self._end.confirm(request.shown)
        return following
