"""Progress of a long command on stderr: a line every two seconds."""

from __future__ import annotations

import click

from spine.core.clock import current_clock

_EVERY_SECONDS = 2.0


class Counting:
    """Count of what a command has done: a call adds to it, and prints a line two seconds after the one before."""

    def __init__(self, what: str, total: int | None, *, quiet: bool) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._quiet = quiet
        self._clock = current_clock()
        self._said_at = self._clock.monotonic()

    def __call__(self, more: int) -> None:
        self._done += more
        now = self._clock.monotonic()
        if not self._quiet and now - self._said_at >= _EVERY_SECONDS:
            self._said_at = now
            total = "" if self._total is None else f" of {self._total:,}"
            click.echo(f"  {self._done:,}{total} {self._what}", err=True)
