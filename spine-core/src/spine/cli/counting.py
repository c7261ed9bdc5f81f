"""Progress of a long command that counts what it does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from spine.cli.amounts import amount, pace
from spine.cli.live import displayed
from spine.core.clock import current_clock


class Counting:
    """Count of what a command has done: a call adds to it. `begin` starts the count of something else."""

    def __init__(self) -> None:
        self._clock = current_clock()
        self.begin("", None)

    def begin(self, what: str, total: int | None, noun: str = "row") -> Counting:
        """Count so many rows, or whatever `noun` says, of `what` from now on."""
        self._what, self._total, self._noun = what, total, noun
        self._done, self._since = 0, self._clock.monotonic()
        return self

    def __call__(self, more: int) -> None:
        self._done += more

    def reach(self, what: str, done: int) -> None:
        """Set what is done of `what`, such as the rows of a table that were deleted so far."""
        if what != self._what:
            self.begin(what, None)
        self._done = done

    def lines(self, _columns: int | None) -> list[str]:
        """Return one line with what is done, how fast, and how long the rest takes; none before something is done."""
        if not self._done:
            return []
        passed = self._clock.monotonic() - self._since
        parts = [amount(self._done, self._total, self._noun), *pace(self._done, self._total, passed, self._noun)]
        return ["  ".join(("", self._what, *parts) if self._what else ("", *parts))]


@contextmanager
def counted_progress(*, quiet: bool) -> Iterator[Counting]:
    """Show a count on stderr inside the block, unless `quiet`."""
    counting = Counting()
    if quiet:
        yield counting
        return
    with displayed(counting.lines):
        yield counting
