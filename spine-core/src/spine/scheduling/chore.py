"""Chores: jobs that a scheduler or a worker does beside its runs, each in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from attrs import frozen

from spine.core.clock import current_clock
from spine.core.errors import SpineError

logger = logging.getLogger("spine.scheduling")


@frozen
class Chore:
    """A job done every `seconds` in its own thread."""

    name: str
    seconds: float
    do: Callable[[], Any]


def start_chore(chore: Chore, ended: threading.Event) -> threading.Thread:
    """Start the thread of a chore, which works until `ended`; an error is logged, and the chore done again."""

    def work() -> None:
        failure: str | None = None
        while not current_clock().wait(chore.seconds, ended):
            failure = _do(chore, failure)

    thread = threading.Thread(target=copy_context().run, args=(work,), name=f"spine-{chore.name}", daemon=True)
    thread.start()
    return thread


def _do(chore: Chore, known: str | None) -> str | None:
    """Do a chore and return why it failed, which is logged unless it is `known` from the time before."""
    try:
        chore.do()
    except SpineError as error:
        if str(error) != known:
            logger.warning("%s could not be done, and is tried again: %s", chore.name, error)
        return str(error)
    except BaseException:  # a plugin's code may raise anything
        logger.exception("%s could not be done", chore.name)
    return None
