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
        while not current_clock().wait(chore.seconds, ended):
            try:
                chore.do()
            except SpineError as error:
                logger.warning("%s could not be done: %s", chore.name, error)
            except BaseException:  # a plugin's code may raise anything
                logger.exception("%s could not be done", chore.name)

    thread = threading.Thread(target=copy_context().run, args=(work,), name=f"spine-{chore.name}", daemon=True)
    thread.start()
    return thread
