"""Check of a connection that is taken from the pool, which asks the server only if there is a reason to."""

from __future__ import annotations

import select
import time
from typing import Any

import psycopg
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

_LAST_USED = "spine_last_used"  # key in the info of a connection
_TRUSTED_SECONDS = 5.0  # a network that drops a connection without a word is noticed after that


def note_use(_driver: psycopg.Connection[Any] | None, entry: ConnectionPoolEntry) -> None:
    """Record that a connection returns to the pool now."""
    entry.info[_LAST_USED] = time.monotonic()


def check_alive(driver: psycopg.Connection[Any], entry: ConnectionPoolEntry, _proxy: object) -> None:
    """Raise DisconnectionError, so that the pool connects anew, for a connection that the server has ended.

    The server sends something before it ends a connection, and the system when it does: then, and after some seconds
    without use, the server is asked.
    """
    used = entry.info.get(_LAST_USED)
    if used is not None and time.monotonic() - used < _TRUSTED_SECONDS and not _has_news(driver):
        return
    if used is not None and not _answers(driver):
        raise DisconnectionError


def _has_news(driver: psycopg.Connection[Any]) -> bool:
    if driver.closed:
        return True
    poll = select.poll()
    poll.register(driver.fileno(), select.POLLIN | select.POLLERR | select.POLLHUP)
    return bool(poll.poll(0))


def _answers(driver: psycopg.Connection[Any]) -> bool:
    try:
        driver.autocommit = True
        try:
            driver.execute("SELECT 1")
        finally:
            driver.autocommit = False
    except psycopg.Error:
        return False
    return True
