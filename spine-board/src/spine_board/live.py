"""Live events: a stream that tells an open page that something has changed."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from spine.core.errors import SpineError
from spine_board.board import refuse_reader

if TYPE_CHECKING:
    from starlette.requests import Request

    from spine_board.board import Board

_MOST_STREAMS = 200
_POLL_SECONDS = 1.0
_ALIVE_SECONDS = 15.0
_LIFETIME_SECONDS = 600.0  # then the browser connects again, and its token is looked up again
_LATE = 100  # on PostgreSQL, an event may appear after so many of later ones
_AT_ONCE = 1_000


class Live:
    """Handler of the streams of events."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._open = 0
        self.is_closing = False

    async def stream(self, request: Request) -> Response:
        """Answer with the events that follow, for those who may read."""
        visitor = await self._board.run(self._board.visitor, request)
        if not visitor.can_read:
            return refuse_reader(request)
        if self._open >= _MOST_STREAMS:
            raise HTTPException(503, f"There are {_MOST_STREAMS} open pages already.")
        given = request.headers.get("last-event-id", "")
        is_known = given.isascii() and given.isdigit() and len(given) < 19
        after = int(given) if is_known else await self._board.run(self._board.project.newest_event)
        return StreamingResponse(self._events(after), media_type="text/event-stream")

    async def _events(self, last: int) -> AsyncIterator[str]:
        """Yield a message whenever there are new events: the runs and the types of them, and the newest number."""
        self._open += 1
        begun = told = time.monotonic()
        seen: set[int] = set()
        before = last
        try:
            yield "retry: 3000\n\n"
            while not self.is_closing and time.monotonic() - begun < _LIFETIME_SECONDS:
                found = await self._read(max(0, last - _LATE))
                new = [event for event in found if event["id"] > before and event["id"] not in seen]
                seen = {event["id"] for event in found}
                if new:
                    last, told = max(last, found[-1]["id"]), time.monotonic()
                    about = {name: sorted({event[name] for event in new}) for name in ("run_id", "event_type")}
                    yield f"id: {last}\nevent: change\ndata: {json.dumps(about)}\n\n"
                elif time.monotonic() - told >= _ALIVE_SECONDS:
                    told = time.monotonic()
                    yield ": alive\n\n"
                if len(found) < _AT_ONCE:
                    await asyncio.sleep(_POLL_SECONDS)
        finally:
            self._open -= 1

    async def _read(self, after: int) -> list[dict[str, Any]]:
        try:
            return await self._board.run(partial(self._board.project.events, after, limit=_AT_ONCE))
        except SpineError:  # the database is not there for a moment
            return []
