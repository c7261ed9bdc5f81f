"""Warnings of a fetch: logged, and kept in the metadata of its result."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from spine.core.masking import hide_secrets

logger = logging.getLogger("spine.sources")

_collected: ContextVar[list[str] | None] = ContextVar("spine_source_warnings", default=None)


def warn(text: str) -> None:
    """Say once in a fetch what it passes over, or what may not be as it was meant."""
    text = hide_secrets(text)
    collected = _collected.get()
    if collected is not None and text in collected:
        return
    logger.warning("%s", text)
    if collected is not None:
        collected.append(text)


@contextmanager
def warnings_collected() -> Iterator[list[str]]:
    """Yield the list of the warnings of a fetch, which grows inside of the block."""
    found: list[str] = []
    token = _collected.set(found)
    try:
        yield found
    finally:
        _collected.reset(token)
