"""Spine's log on stderr."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

from spine.cli.cells import plain
from spine.core.kept_text import log_text
from spine.orchestration.isolation.project_address import mark_handler


class _PlainFormatter(logging.Formatter):
    """Formatter without control codes and known secrets, since messages quote data of sources.

    Every line but the first is indented, so that no data can pass for a message of its own.
    """

    def format(self, record: logging.LogRecord) -> str:
        text = f"{record.levelname}: {log_text(record)}"
        return "\n  ".join(plain(line) for line in text.splitlines())


class _StderrHandler(logging.StreamHandler[TextIO]):
    """Handler for what stderr is at the time: a display of progress shows messages above its lines."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def log_to_stderr(*, verbose: bool, shown: str | None = None, steps: bool = False) -> None:
    """Show warnings, with `verbose` all messages of Spine, and those of the logger `shown` from INFO on.

    With `steps` also what the code of steps logs from INFO on. Messages below warning are logged in any case, for the
    logs of runs. The processes of steps and items do the same.
    """
    handler = _StderrHandler()
    handler.addFilter(
        lambda record: (
            record.levelno >= logging.WARNING
            or (verbose and _is_spines(record))
            or (record.name == shown and record.levelno >= logging.INFO)
            or (steps and record.levelno >= logging.INFO and not _is_spines(record) and _is_in_step())
        )
    )
    handler.setFormatter(_PlainFormatter())
    mark_handler(handler, f"{__name__}:{log_to_stderr.__name__}", verbose=verbose, shown=shown, steps=steps)
    logging.basicConfig(handlers=[handler], level=logging.INFO)
    logging.getLogger("spine").setLevel(logging.DEBUG if verbose else logging.INFO)


def _is_in_step() -> bool:
    from spine.framework.work import current_work  # for `spine run --logs` only

    return current_work() is not None


def _is_spines(record: logging.LogRecord) -> bool:
    return record.name == "spine" or record.name.startswith("spine.")
