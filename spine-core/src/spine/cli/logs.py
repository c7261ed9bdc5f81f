"""Spine's log on stderr."""

from __future__ import annotations

import logging
import sys

from spine.cli.cells import plain
from spine.core.kept_text import log_text


class _PlainFormatter(logging.Formatter):
    """Formatter without control codes and known secrets, since messages quote data of sources.

    Every line but the first is indented, so that no data can pass for a message of its own.
    """

    def format(self, record: logging.LogRecord) -> str:
        text = f"{record.levelname}: {log_text(record)}"
        return "\n  ".join(plain(line) for line in text.splitlines())


def log_to_stderr(*, verbose: bool, shown: str | None = None) -> None:
    """Show warnings, with `verbose` all messages of Spine, and those of the logger `shown` from INFO on.

    Messages below warning are logged in any case, for the logs of runs.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(
        lambda record: (
            record.levelno >= logging.WARNING
            or (verbose and _is_spines(record))
            or (record.name == shown and record.levelno >= logging.INFO)
        )
    )
    handler.setFormatter(_PlainFormatter())
    logging.basicConfig(handlers=[handler], level=logging.INFO)
    logging.getLogger("spine").setLevel(logging.DEBUG if verbose else logging.INFO)


def _is_spines(record: logging.LogRecord) -> bool:
    return record.name == "spine" or record.name.startswith("spine.")
