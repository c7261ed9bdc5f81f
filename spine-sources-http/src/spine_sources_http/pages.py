"""The pages of one fetch, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from attrs import frozen

from spine_sources_http.config import HttpSourceConfig
from spine_sources_http.content import Content, Reading, Row, SameColumns, read_content, stream_content
from spine_sources_http.exchange import Answer, Exchange
from spine_sources_http.request import Request
from spine_sources_http.responseformat import ResponseFormat
from spine_sources_http.status import NOT_MODIFIED
from spine_sources_http.walk import Walk

_IN_MEMORY = 1 << 23  # bytes of a page that a stream keeps in memory; a larger one goes to a temporary file


@frozen
class Received:
    """Page with its request, response and content."""

    request: Request
    answer: Answer
    content: Content


def read_pages(exchange: Exchange, walk: Walk, validators: Mapping[str, str]) -> Iterator[Received]:
    """Yield each page as a whole; `validators` make the first request a conditional one, and a 304 is the only page."""
    for asked in walk:
        sink = BytesIO()
        answer = exchange.receive(asked, sink, {} if walk.is_later else validators, walk.ends_with)
        if answer.status == NOT_MODIFIED or walk.repeats(asked, answer):
            content = Content(rows=[])
        else:
            content = _content(sink, answer, walk.reading(asked, answer))
            _without_repeated(content, walk, asked)
        received = len(content)
        yield Received(asked, answer, walk.unique.only(content, asked.shown))
        if answer.status != NOT_MODIFIED:
            walk.turn(asked, answer, received, content.document)
    walk.report()


def stream_pages(exchange: Exchange, walk: Walk, options: HttpSourceConfig, batch_size: int) -> Iterator[list[Row]]:
    """Yield the rows of all pages in lists of any length; each page is received before its first row is given."""
    columns = SameColumns(options)
    for asked in walk:
        exchange.restart()  # the time that the reader of the stream takes does not count for the deadline
        with SpooledTemporaryFile(_IN_MEMORY) as spooled:
            file = cast("BinaryIO", spooled)
            answer = exchange.receive(asked, file, is_end=walk.ends_with)
            if walk.repeats(asked, answer):
                walk.turn(asked, answer, 0, None)
                continue
            reading = walk.reading(asked, answer)
            if options.format is ResponseFormat.JSON or not answer.size:
                file.seek(0)
                content = _content(BytesIO(file.read()), answer, reading)
                _without_repeated(content, walk, asked)
                received = len(content.rows or [])
                columns.check(content.rows or [], asked.shown)
                rows = walk.unique.rows(content.rows or [], asked.shown)
                walk.turn(asked, answer, received, content.document)  # a fault of pagination comes before the rows
                yield rows
                continue
            received = 0
            for rows in stream_content(file, reading, batch_size, columns):
                columns.check(rows, asked.shown)
                received += len(rows)
                yield walk.unique.rows(rows, asked.shown)
            walk.turn(asked, answer, received, None)
    walk.report()


def _without_repeated(content: Content, walk: Walk, asked: Request) -> None:
    if content.document is not None and walk.repeats_rows(asked, content.rows or []):
        content.rows, content.document = [], None


def _content(sink: BytesIO, answer: Answer, reading: Reading) -> Content:
    if not answer.has_content:
        return Content(rows=[])
    if reading.options.unparsed:
        return Content(raw=sink.getvalue())
    return read_content(sink.getvalue(), reading)
