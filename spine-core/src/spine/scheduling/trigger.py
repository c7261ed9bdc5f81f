"""The trigger of a schedule: the moments at which it is due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol


class Trigger(Protocol):
    """A rule that yields one moment after another; it keeps no state and never reads a clock."""

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first moment later than `moment`, in UTC, or None if there is none.

        `moment` is timezone-aware; raises ValueError if it is not.
        """
        ...


def ticks_between(trigger: Trigger, after: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the moments of `trigger` that are later than `after` and not later than `until`."""
    moment = trigger.next_after(after)
    while moment is not None and moment <= until:
        yield moment
        moment = trigger.next_after(moment)
