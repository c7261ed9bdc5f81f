"""Metrics of the project in the text format of Prometheus."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response

from spine_board.board import refuse_program

if TYPE_CHECKING:
    from starlette.requests import Request

    from spine_board.board import Board

_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Handler of scrapes; one is answered at a time, as reading the metrics of a long day takes a while."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._lock = threading.Lock()

    async def scrape(self, request: Request) -> Response:
        """Answer with the metrics, for those who may read: a program sends its token, and has no login."""
        return await self._board.run(self._scrape, request)

    def _scrape(self, request: Request) -> Response:
        if not self._board.visitor(request).can_read:
            return refuse_program()
        with self._lock:
            text = self._board.project.metrics()
        return PlainTextResponse(text, media_type=_CONTENT_TYPE)
