"""What is worth knowing of a set of schedules before it happens: changed clocks, and runs of one target at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import combinations

from attrs import frozen

from spine.scheduling.cron import CronTrigger
from spine.scheduling.schedule import Schedule
from spine.scheduling.transition import Transition, transitions
from spine.scheduling.trigger import Trigger
from spine.scheduling.wall_clock import Gap, Repeat, missing_walls
from spine.scheduling.zone import naive_utc

_STEPS = 5000
_INSTANT = timedelta(microseconds=1)


class FindingKind(str, Enum):
    """What a finding is about."""

    GAP = "gap"
    REPEAT = "repeat"
    OVERLAP = "overlap"


@frozen
class Finding:
    """One thing found: of which schedule, of which kind, when (UTC), and a sentence."""

    schedule: str
    kind: FindingKind
    at: datetime
    text: str


def lint(schedules: Iterable[Schedule], start: datetime, years: int = 2) -> list[Finding]:
    """Return what happens to enabled schedules from `start` on, in the order in which it happens.

    That is every gap and repeat that a cron expression falls into, and for two schedules with the same target the
    first moment at which both are due. Two schedules that do not meet within their next 5,000 ticks count as apart.
    """
    enabled = [schedule for schedule in schedules if schedule.enabled]
    end = start + timedelta(days=366 * years)
    found = [finding for schedule in enabled for finding in _changes(schedule, start, end)]
    for one, other in combinations(enabled, 2):
        if (one.workflow, one.pipeline) != (other.workflow, other.pipeline):
            continue
        moment = first_meeting(one.trigger, other.trigger, start, end)
        if moment is not None:
            text = f"{one.name} and {other.name} both start {one.target} at {moment:%Y-%m-%d %H:%M:%S} UTC"
            found.append(Finding(one.name, FindingKind.OVERLAP, moment, text))
    return sorted(found, key=lambda finding: (finding.at, finding.schedule))


def first_meeting(one: Trigger, other: Trigger, after: datetime, until: datetime) -> datetime | None:
    """Return the first moment later than `after` and not later than `until` at which both triggers fire."""
    here, there = one.next_after(after), other.next_after(after)
    for _ in range(_STEPS):
        if here is None or there is None or max(here, there) > until:
            return None
        if here == there:
            return here
        if here < there:
            here = one.next_after(there - _INSTANT)
        else:
            there = other.next_after(here - _INSTANT)
    return None


def _changes(schedule: Schedule, start: datetime, end: datetime) -> Iterator[Finding]:
    trigger = schedule.trigger
    if not isinstance(trigger, CronTrigger):
        return
    for change in transitions(trigger.zone, naive_utc(start), naive_utc(end)):
        walls = missing_walls(trigger.next_wall, change)
        if walls:
            kind = FindingKind.GAP if change.is_gap else FindingKind.REPEAT
            text = f"{schedule.name}: {_sentence(schedule, change, walls)}"
            yield Finding(schedule.name, kind, change.at.replace(tzinfo=UTC), text)


def _sentence(schedule: Schedule, change: Transition, walls: list[datetime]) -> str:
    first, last = f"{walls[0]:%Y-%m-%d %H:%M}", f"{walls[-1]:%Y-%m-%d %H:%M}"
    one = len(walls) == 1
    what = f"{first} " if one else f"{len(walls)} ticks from {first} to {last} "
    if not change.is_gap:
        ending = "s" if one else ""
        fate = "only the first time counts" if schedule.repeat is Repeat.FIRST else "both times count"
        return f"{what}come{ending} twice in {schedule.timezone}; {fate} (repeat = {schedule.repeat.value})"
    verb = "does" if one else "do"
    moved = f"moved on by {_minutes(change)} minutes" if schedule.gap is Gap.SHIFT else "left out"
    return f"{what}{verb} not exist in {schedule.timezone}; {moved} (gap = {schedule.gap.value})"


def _minutes(change: Transition) -> str:
    return f"{(change.end - change.start).total_seconds() / 60:g}"
