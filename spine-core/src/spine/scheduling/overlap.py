"""Whether a tick may start while earlier runs of its schedule still go on."""

from __future__ import annotations

from enum import Enum

from spine.scheduling.policy import Overlap
from spine.scheduling.schedule import Schedule


class Start(str, Enum):
    """What to do with a tick that is due to run."""

    NOW = "now"
    SKIP = "skip"
    QUEUE = "queue"
    CANCEL_OLDEST = "cancel_oldest"


_WHEN_FULL = {
    Overlap.SKIP: Start.SKIP,
    Overlap.ALLOW: Start.SKIP,
    Overlap.QUEUE: Start.QUEUE,
    Overlap.CANCEL_OLD: Start.CANCEL_OLDEST,
}


def decide_overlap(schedule: Schedule, running: int) -> Start:
    """Return what to do with a tick of `schedule` of which `running` runs go on.

    There is room for `max_instances` runs, by default for one; with `overlap = "allow"` by default for any number, and
    a tick beyond a stated `max_instances` is skipped. CANCEL_OLDEST means: ask the oldest run to end, then start.
    """
    limit = schedule.instance_limit
    return Start.NOW if limit is None or running < limit else _WHEN_FULL[schedule.overlap]


def overlap_reason(schedule: Schedule, running: int) -> str:
    """Return why `decide_overlap` did not start a tick, for its row."""
    limit = schedule.instance_limit
    return (
        f"{running} of at most {limit} run{'' if limit == 1 else 's'} still going (overlap = {schedule.overlap.value})"
    )
