"""The filter of httpcore's loggers: requests of Spine are not logged, those of others are."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# every logger of httpcore 1.0: they quote URLs and response headers, such as cookies and signed addresses
_LOGGERS = tuple(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks"))

_silent: ContextVar[bool] = ContextVar("spine_http_silent", default=False)


def _may_log(_: logging.LogRecord) -> bool:
    return not _silent.get()


@contextmanager
def quiet() -> Iterator[None]:
    """Disable the logging of requests that are sent inside the block."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_may_log)  # adding the same filter again has no effect
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)
