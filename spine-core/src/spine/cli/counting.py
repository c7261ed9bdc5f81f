"""Progress of a long command that counts what it does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from spine.cli.amounts import pace, size
from spine.cli.live import displayed
from spine.core.clock import current_clock


class Counting:
    """Count of what a command has done: a call adds to it. `begin` starts the count of something else."""

    def __init__(self) -> None:
        self._clock = current_clock()
        self.begin("", None)

    def begin(self, what: str, total: int | None, *, in_bytes: bool = False) -> Counting:
        """Count `what` from now on, such as `rows copied`, of a `total` if it is known."""
        self._what, self._total, self._in_bytes = what, total, in_bytes
        self._done, self._since = 0, self._clock.monotonic()
        return self

    def __call__(self, more: int) -> None:
        self._done += more

    def reach(self, table: str, done: int) -> None:
        """Set the number of rows of a table that were deleted so far."""
        what = f"rows of {table} deleted"
        if what != self._what:
            self.begin(what, None)
        self._done = done

    def lines(self, _columns: int | None) -> list[str]:
        """Return one line with what is done, how fast, and how long the rest takes; none before something is done."""
        if not self._done:
            return []
        number = size if self._in_bytes else "{:,}".format
        of_all = "" if self._total is None else f" of {number(self._total)}"
        share = f" ({100 * self._done // self._total} %)" if self._total else ""
        speed = pace(self._done, self._total, self._clock.monotonic() - self._since, in_bytes=self._in_bytes)
        return ["  ".join((f"  {number(self._done)}{of_all} {self._what}{share}", *speed))]


@contextmanager
def counted_progress(*, quiet: bool) -> Iterator[Counting]:
    """Show a count on stderr inside the block, unless `quiet`."""
    counting = Counting()
    if quiet:
        yield counting
        return
    with displayed(counting.lines):
        yield counting
