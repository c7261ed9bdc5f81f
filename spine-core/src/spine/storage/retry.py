"""Retries while the database is away: a restart must not end a run that could go on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from spine.core.clock import current_clock
from spine.core.errors import SpineError

T = TypeVar("T")

PATIENCE_SECONDS = 60.0
_FIRST_DELAY, _LONGEST_DELAY = 0.05, 2.0

logger = logging.getLogger("spine.storage")


def persistently(operation: Callable[[bool], T]) -> T:
    """Call `operation(is_retry)` until it returns; a retryable error is raised only after 60 seconds of them.

    An operation that is retried may have gone through before: it must find that out itself.
    """
    clock = current_clock()
    deadline = clock.monotonic() + PATIENCE_SECONDS
    delay, is_retry = _FIRST_DELAY, False
    while True:
        try:
            return operation(is_retry)
        except SpineError as error:
            if not error.retryable or clock.monotonic() + delay > deadline:
                raise
            logger.warning("%s; trying again in %.2g s", error, delay)
        clock.wait(delay)
        delay, is_retry = min(delay * 2, _LONGEST_DELAY), True
