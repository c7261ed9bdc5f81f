"""Elapsed time of work that says nothing itself, with the rows and bytes that it has read or written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from spine.cli.live import displayed
from spine.cli.progress import data_done
from spine.framework.progress import watched_progress

_SLOW_SECONDS = 2.0


@contextmanager
def waiting(what: str, *, quiet: bool) -> Iterator[None]:
    """Show how long the block has run on stderr, after two seconds, unless `quiet`."""
    if quiet:
        yield
        return
    begin = time.monotonic()
    with watched_progress() as found:

        def lines(_columns: int | None) -> list[str]:
            passed = time.monotonic() - begin
            if passed < _SLOW_SECONDS:
                return []
            parts = [f"{what}: {passed:.0f} s"]
            for step in list(found.values()):
                parts += data_done(step, passed)
            return ["  ".join(parts)]

        with displayed(lines):
            yield
