"""Spine's log on stderr."""

from __future__ import annotations

import logging
import sys

from spine.cli.output import plain
from spine.core.kept_text import kept_text


class _PlainFormatter(logging.Formatter):
    """Messages quote what sources delivered: nothing of it may act on the terminal, and no known secret shows."""

    def format(self, record: logging.LogRecord) -> str:
        text = kept_text(super().format(record))
        return "\n".join(plain(line) for line in text.splitlines())


def log_to_stderr(*, verbose: bool) -> None:
    """Show warnings, and with `verbose` everything that Spine says.

    What is less than a warning is logged all the same: runs keep it.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or (verbose and _is_spines(record)))
    handler.setFormatter(_PlainFormatter("%(levelname)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.INFO)
    logging.getLogger("spine").setLevel(logging.DEBUG if verbose else logging.INFO)


def _is_spines(record: logging.LogRecord) -> bool:
    return record.name == "spine" or record.name.startswith("spine.")
