"""Retries while the database is unavailable: its restart must not end a run."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine

from spine.core.clock import current_clock
from spine.core.errors import SpineError
from spine.framework.captures.revision import CaptureConflictError

T = TypeVar("T")

PATIENCE_SECONDS = 60.0
_FIRST_DELAY, _LONGEST_DELAY = 0.05, 2.0
_CANCELED = "57014"  # SQLSTATE: a time limit of the server's, or its administrator, ended the statement

logger = logging.getLogger("spine.storage")


def persistently(operation: Callable[[bool], T]) -> T:
    """Call `operation(is_retry)` until it returns; raise a retryable error only after 60 seconds of retries.

    A statement that the server cancelled counts as one: those of the history are short, and have waited for a lock.
    A previous try may have committed: the operation must check this itself.
    """
    clock = current_clock()
    ends_at = clock.monotonic() + PATIENCE_SECONDS
    attempt = 1
    while True:
        try:
            return operation(attempt > 1)
        except CaptureConflictError:  # of the data, not of the database
            raise
        except SpineError as error:
            delay = _delay(attempt)
            if not (error.retryable or _is_canceled(error)) or clock.monotonic() + delay > ends_at:
                raise
            logger.warning("%s; trying again in %.2g s", error, delay)
        clock.wait(delay)
        attempt += 1


def read_persistently(engine: Engine, operation: Callable[[Connection], T]) -> T:
    """Return the result of `operation`, which only reads; while the database is unavailable it is repeated."""

    def once(_is_retry: bool) -> T:
        with engine.connect() as connection:
            return operation(connection)

    return persistently(once)


def _is_canceled(error: SpineError) -> bool:
    return getattr(error.__cause__, "sqlstate", None) == _CANCELED


def _delay(attempt: int) -> float:
    from spine.core.backoff import backoff  # only a failure needs it

    return backoff(attempt, _FIRST_DELAY, _LONGEST_DELAY)
