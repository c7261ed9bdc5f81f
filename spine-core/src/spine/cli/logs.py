"""Spine's log on stderr."""

from __future__ import annotations

import logging
import sys

from spine.cli.output import plain


class _PlainFormatter(logging.Formatter):
    """Messages quote what sources delivered: nothing of it may act on the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(plain(line) for line in super().format(record).splitlines())


def log_to_stderr(*, verbose: bool) -> None:
    """Show warnings, and with `verbose` everything that Spine says."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_PlainFormatter("%(levelname)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("spine").setLevel(logging.DEBUG if verbose else logging.WARNING)
