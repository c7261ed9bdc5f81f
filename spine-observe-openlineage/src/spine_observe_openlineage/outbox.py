"""Outbox of events: what a receiver does not take now is sent again with the next event, and at the end."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Any

from spine.core.errors import SpineError, TransientError
from spine.core.kept_text import kept_text
from spine_observe_openlineage.receivers import Receiver

logger = logging.getLogger("spine.listeners")

MOST_WAITING = 1_000
CLOSE_SECONDS = 3.0  # less than a closing project waits for its listeners
_LONGEST_PAUSE = 30.0
_PAUSE_AT_CLOSE = 0.2


class Outbox:
    """Events of the listener `name` that wait for their receiver, oldest first."""

    def __init__(self, name: str, receiver: Receiver, timeout: float) -> None:
        self._where = f"listener {name!r} ([listeners.{name}] in spine.toml)"
        self._receiver = receiver
        self._timeout = timeout
        self._waiting: deque[dict[str, Any]] = deque()
        self._failures = 0
        self._not_before = 0.0
        self._lost = 0

    def put(self, event: dict[str, Any]) -> None:
        """Add an event; the oldest one is lost if too many wait."""
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self._lost += 1
        self._waiting.append(event)

    def send(self) -> None:
        """Send what waits, unless the receiver failed a moment ago."""
        if self._waiting and time.monotonic() >= self._not_before:
            self._send(self._timeout)

    def close(self) -> None:
        """Send what waits, for `CLOSE_SECONDS` at most, and say how much was not sent."""
        until = time.monotonic() + CLOSE_SECONDS
        while self._waiting and (left := until - time.monotonic()) > 0:
            self._send(min(self._timeout, left))
            if self._waiting:
                time.sleep(min(_PAUSE_AT_CLOSE, max(until - time.monotonic(), 0)))
        if lost := self._lost + len(self._waiting):
            logger.warning("%s: %d events were not sent to %s", self._where, lost, self._receiver.place)
        self._waiting.clear()
        self._lost = 0

    def _send(self, seconds: float) -> None:
        while self._waiting:
            try:
                self._receiver.take(self._waiting[0], seconds)
            except TransientError as error:
                self._pause(error)
                return
            except SpineError as error:
                self._lost += 1
                logger.warning("%s leaves an event out: %s", self._where, kept_text(error.message))
            else:
                self._failures = 0
            self._waiting.popleft()

    def _pause(self, error: SpineError) -> None:
        if not self._failures:
            logger.warning("%s tries again: %s", self._where, kept_text(error.message))
        self._failures += 1
        self._not_before = time.monotonic() + min(2.0 ** min(self._failures, 10), _LONGEST_PAUSE)
