"""The pages of one fetch, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from attrs import frozen

from spine_sources_http.config import HttpSourceConfig, ResponseFormat
from spine_sources_http.content import Content, Row, read_content, stream_content
from spine_sources_http.exchange import Answer, Exchange
from spine_sources_http.pagination import LoopGuard, Page
from spine_sources_http.request import Request
from spine_sources_http.status import NO_CONTENT, NOT_MODIFIED

_IN_MEMORY = 1 << 23  # bytes of a page that a stream keeps in memory; a larger one goes to a temporary file


@frozen
class Received:
    """Page with its request, response and content."""

    request: Request
    answer: Answer
    content: Content


class Walk:
    """Requests for one page after the other, until there is none."""

    def __init__(self, request: Request, options: HttpSourceConfig) -> None:
        self._pagination = options.pagination
        self._guard = None if self._pagination is None else LoopGuard(self._pagination)
        self._next: Request | None = request if self._pagination is None else self._pagination.first(request)
        self._rows = 0
        self.number = 0

    def __iter__(self) -> Iterator[Request]:
        while self._next is not None:
            request, self._next = self._next, None
            self.number += 1
            if self._guard is not None:
                self._guard.ask(request, self.number)
            yield request

    def turn(self, request: Request, answer: Answer, rows: int, document: Any) -> None:
        """Report the content of the page, from which the next request follows."""
        if self._pagination is None or self._guard is None:
            return
        self._rows += rows
        page = Page(self.number, request.shown, answer.url, answer.headers, document, rows, self._rows)
        self._guard.receive(request, answer.digest, page)
        self._next = self._pagination.following(request, page)

    @property
    def may_be_empty(self) -> bool:
        """True where a page without rows is the end, as it is after the first page."""
        return self.number > 1 and self._pagination is not None and self._pagination.ends_with_empty_page


def read_pages(
    exchange: Exchange, request: Request, options: HttpSourceConfig, validators: Mapping[str, str]
) -> Iterator[Received]:
    """Yield each page as a whole; `validators` make the first request a conditional one."""
    walk = Walk(request, options)
    for asked in walk:
        sink = BytesIO()
        answer = exchange.receive(asked, sink, validators)
        content = _content(sink, answer, options, asked.shown, may_be_empty=walk.may_be_empty)
        yield Received(asked, answer, content)
        walk.turn(asked, answer, len(content), content.document)


def stream_pages(
    exchange: Exchange, request: Request, options: HttpSourceConfig, batch_size: int
) -> Iterator[list[Row]]:
    """Yield the rows of all pages in lists of any length; each page is received before its first row is given."""
    walk = Walk(request, options)
    for asked in walk:
        exchange.restart()  # the time that the reader of the stream takes does not count for the deadline
        with SpooledTemporaryFile(_IN_MEMORY) as spooled:
            file = cast("BinaryIO", spooled)
            answer = exchange.receive(asked, file)
            if options.format is ResponseFormat.JSON or not answer.size:
                file.seek(0)
                content = _content(BytesIO(file.read()), answer, options, asked.shown, may_be_empty=walk.may_be_empty)
                yield content.rows or []
                walk.turn(asked, answer, len(content), content.document)
                continue
            rows = 0
            for batch in stream_content(file, options, asked.shown, batch_size, may_be_empty=walk.may_be_empty):
                rows += len(batch)
                yield batch
            walk.turn(asked, answer, rows, None)


def _content(sink: BytesIO, answer: Answer, options: HttpSourceConfig, label: str, *, may_be_empty: bool) -> Content:
    if answer.status == NOT_MODIFIED or answer.status in NO_CONTENT:
        return Content(rows=[])
    if options.unparsed:
        return Content(raw=sink.getvalue())
    return read_content(sink.getvalue(), options, label, may_be_empty=may_be_empty)
