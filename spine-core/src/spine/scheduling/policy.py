"""The policies of a schedule, chosen by name."""

from __future__ import annotations

from enum import Enum

from spine.core import choice
from spine.core.errors import ScheduleError


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


def choose(cls: type[choice.E], field: str, value: object) -> choice.E:
    """Return the member of `cls` that `value` is or names; a ScheduleError lists the allowed values of `field`."""
    return choice.choose(cls, field, value, ScheduleError)
