"""Scales: places of times and of numbers on an axis, and the round values that are written at it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from math import ceil, floor, log10

from attrs import frozen

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
_DAY = 86_400


@frozen
class Span:
    """Span of seconds that a drawing shows between two places, `left` and `right`."""

    start: float
    end: float
    left: float
    right: float

    def place(self, seconds: float) -> float:
        """Return the place of a time, that of the nearer end for one outside."""
        length = self.end - self.start
        share = (seconds - self.start) / length if length > 0 else 0.0
        return self.left + (self.right - self.left) * min(1.0, max(0.0, share))

    def round_steps(self, most: int) -> Iterator[float]:
        """Yield round distances from the start, at most `most` of them."""
        step = round_seconds((self.end - self.start) / max(1, most))
        count = floor((self.end - self.start) / step + 1e-9) if step > 0 else 0
        yield from (step * position for position in range(count + 1))


def round_seconds(least: float) -> float:
    """Return the first round number of seconds, minutes, hours or days that is no less."""
    if least <= 0:
        return 0.0
    if least < 1:
        return round_up(least)
    found = next((step for step in _STEPS if step >= least), None)
    return float(found) if found is not None else _DAY * round_up(least / _DAY)


def round_up(least: float) -> float:
    """Return the first of 1, 2, 5, 10, 20, 50 ... that is no less; also 0.1, 0.2, 0.5 ..."""
    if least <= 0:
        return 0.0
    power = 10.0 ** floor(log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-12))


def round_values(highest: float, most: int = 4) -> list[int]:
    """Return round whole numbers from 0 to at least `highest`."""
    step = max(1, ceil(round_up(max(highest, 1) / most)))
    return [step * position for position in range(ceil(max(highest, 1) / step) + 1)]


def duration(seconds: float) -> str:
    """Return a duration as it is written at an axis: `20 ms`, `0 s`, `90 s`, `5 min`, `2 h`, `3 d`."""
    if 0 < seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    for unit, length in (("d", _DAY), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length or seconds == length:
            return f"{seconds / length:.1f}".removesuffix(".0") + f" {unit}"
    return f"{seconds:.3f}".rstrip("0").removesuffix(".") + " s"


def timestamp(at: datetime) -> float:
    """Return the seconds since 1970; a time without a zone is one of UTC."""
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()


def moment(at: datetime) -> str:
    """Return a time as it is written in a tooltip: UTC, to the second."""
    whole = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return whole.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def day_marks(start: datetime, end: datetime, most: int) -> Iterator[tuple[datetime, str]]:
    """Yield round times between two, at most about `most`, each with what is written there: a time or a date."""
    step = round_seconds((end - start).total_seconds() / max(1, most))
    if step <= 0:
        return
    first = ceil(timestamp(start) / step)
    while (at := first * step) <= timestamp(end):
        when = datetime.fromtimestamp(at, UTC)
        yield when, when.strftime("%b %d" if at % _DAY == 0 else "%H:%M:%S" if step < 60 else "%H:%M")
        first += 1
