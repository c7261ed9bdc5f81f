"""Connections of the board's server, of which there are so many at once."""

from __future__ import annotations

import time
from asyncio import Transport

from uvicorn.protocols.http.auto import AutoHTTPProtocol

_MOST_OPEN = 400  # the board needs the other file descriptors of its process for the project


class BoundedConnection(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # the one that uvicorn chooses here
    """Connection of a visitor; a further one ends the oldest: clients that send or read slowly hold up no other."""

    opened_at = 0.0

    def connection_made(self, transport: Transport) -> None:
        """Take a connection."""
        super().connection_made(transport)
        self.opened_at = time.monotonic()
        kept = [each for each in self.connections if not each.transport.is_closing()]
        if len(kept) > _MOST_OPEN:
            min(kept, key=lambda each: each.opened_at).transport.abort()
