"""Amounts of work as text: how much is done, how fast, and how long it will take."""

from __future__ import annotations

from datetime import timedelta

from spine.cli.moments import span
from spine.core.plain_text import counted

_UNITS = ("B", "kB", "MB", "GB", "TB")
_MEASURED_SECONDS = 1.0  # a shorter time says nothing about the speed


def amount(done: int, total: int | None, noun: str) -> str:
    """Return what is done: `400 items`, or `400 of 2,000 items (20 %)`."""
    if total is None:
        return counted(done, noun)
    share = f" ({100 * done // total} %)" if total else ""
    return f"{done:,} of {counted(total, noun)}{share}"


def pace(done: int, total: int | None, seconds: float, *, in_bytes: bool = False) -> list[str]:
    """Return the speed, and the time that the rest will take if its size is known."""
    if done <= 0 or seconds < _MEASURED_SECONDS:
        return []
    speed = done / seconds
    shown = size(round(speed)) if in_bytes else f"{speed:,.0f}" if speed >= 10 else f"{speed:.1f}"
    found = [f"{shown}/s"]
    if total is not None and total > done:
        found.append(f"ETA {span(timedelta(seconds=max((total - done) / speed, 1)))}")
    return found


def size(count: int) -> str:
    """Return a number of bytes in a unit that leaves at most three digits before the point."""
    value, unit = float(count), _UNITS[0]
    for unit in _UNITS:
        if value < 1000 or unit == _UNITS[-1]:
            break
        value /= 1000
    return f"{count:,} B" if unit == "B" else f"{value:.1f} {unit}"
