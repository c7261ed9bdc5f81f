"""The policies of a schedule, chosen by name, and the check of a name."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

from spine.core.errors import ScheduleError
from spine.core.suggest import did_you_mean


class CatchUp(str, Enum):
    """The late ticks that run: none, one for all of them, or all up to a limit."""

    SKIP = "skip"
    ONE = "one"
    ALL = "all"


class Overlap(str, Enum):
    """The policy for a tick while the schedule has as many active runs as its limit."""

    SKIP = "skip"
    QUEUE = "queue"
    CANCEL_OLD = "cancel_old"
    ALLOW = "allow"


E = TypeVar("E", bound=Enum)


def choose(cls: type[E], field: str, value: object) -> E:
    """Return the member of `cls` that `value` is or names; a ScheduleError lists the allowed values of `field`."""
    try:
        return cls(value)
    except ValueError as error:
        values = [str(member.value) for member in cls]
        close = did_you_mean(str(value)[:40], values)
        hint = close if close.startswith("; did") else ""
        raise ScheduleError(
            f"{field} {str(value)[:40]!r} is not valid: use {', '.join(values)}{hint}", cause=error
        ) from error
