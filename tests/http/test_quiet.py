"""The filter of httpcore's loggers."""

from __future__ import annotations

import logging
import sys
from threading import Thread

import httpcore  # noqa: F401  # with its loggers
import pytest

from spine.http.quiet import quiet

LOGGER = logging.getLogger("httpcore.http11")


def test_nothing_is_logged_inside_and_everything_outside(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="httpcore"):
        with quiet():
            with quiet():
                LOGGER.debug("inner")
            LOGGER.debug("outer")
        LOGGER.debug("after")
    assert caplog.messages == ["after"]


def test_another_thread_logs_meanwhile(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="httpcore"), quiet():
        thread = Thread(target=LOGGER.debug, args=("elsewhere",))
        thread.start()
        thread.join()
    assert caplog.messages == ["elsewhere"]


def test_every_logger_that_httpcore_has_is_filtered() -> None:
    loggers = [
        module.logger
        for name, module in sys.modules.items()
        if name.startswith("httpcore.") and hasattr(module, "logger")
    ]
    assert "httpcore.http11" in [logger.name for logger in loggers]
    with quiet():
        assert not [logger.name for logger in loggers if logger.filter(logging.makeLogRecord({}))]
