"""Findings about a set of schedules: changes of the clock, runs of one target at the same time, rules at odds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import combinations, islice

from attrs import frozen

from spine.scheduling.cron import CronTrigger
from spine.scheduling.policy import CatchUp, Overlap
from spine.scheduling.schedule import Schedule
from spine.scheduling.transition import Transition, transitions
from spine.scheduling.trigger import Trigger, ticks_between
from spine.scheduling.wall_clock import Gap, Repeat, missing_walls
from spine.scheduling.zone import naive_utc

_MOST_TICKS = 2000  # of one schedule
_MOST_STEPS = 100
_MOST_NAMES = 3
_INSTANT = timedelta(microseconds=1)


class FindingKind(str, Enum):
    """The kind of a finding."""

    GAP = "gap"
    REPEAT = "repeat"
    OVERLAP = "overlap"
    CATCH_UP = "catch_up"
    CLOSED = "closed"
    CYCLE = "cycle"


@frozen
class Finding:
    """One finding: its schedule, kind, moment (UTC) and sentence."""

    schedule: str
    kind: FindingKind
    at: datetime
    text: str


def lint(
    schedules: Iterable[Schedule],
    start: datetime,
    years: int = 2,
    *,
    makers: Mapping[str, Sequence[str]] | None = None,
) -> list[Finding]:
    """Return the findings about enabled schedules from `start` on, in order of time.

    These are a catch-up that the overlap rule undoes, every gap and repeat that a cron expression falls into, and for
    schedules with the same target the first moment at which two are due together; schedules that tick only on closed
    days; and cycles of triggers, where `makers` names the workflows that made a capture. The next 2,000 ticks of each
    schedule are examined; one that has more in the time is also compared with the next hundred ticks of those that have
    fewer.
    """
    enabled = [schedule for schedule in schedules if schedule.enabled]
    end = start + timedelta(days=366 * years)
    found = [finding for schedule in enabled for finding in _changes(schedule, start, end)]
    found += [finding for schedule in enabled for finding in _undone(schedule, start)]
    found += [finding for schedule in enabled for finding in _closed(schedule, start, end)]
    found += _cycles(enabled, makers or {}, start)
    by_target = defaultdict(list)
    for schedule in enabled:
        by_target[schedule.workflow, schedule.pipeline].append(schedule)
    for group in by_target.values():
        found += _overlaps(group, start, end)
    return sorted(found, key=lambda finding: (finding.at, finding.schedule))


def _undone(schedule: Schedule, start: datetime) -> Iterator[Finding]:
    limit, many = schedule.instance_limit, schedule.catch_up_limit
    if schedule.catch_up is not CatchUp.ALL or schedule.overlap is Overlap.QUEUE or limit is None or limit >= many:
        return
    fate = "cancels" if schedule.overlap is Overlap.CANCEL_OLD else "skips"
    text = (
        f'{schedule.name}: catch_up = "all" starts up to {many} late ticks at once, of which '
        f'overlap = "{schedule.overlap.value}" {fate} all but {limit}: use overlap = "queue"'
    )
    yield Finding(schedule.name, FindingKind.CATCH_UP, start, text)


def _closed(schedule: Schedule, start: datetime, end: datetime) -> Iterator[Finding]:
    ticks = list(islice(ticks_between(schedule.trigger, start, end), _MOST_TICKS))
    if ticks and schedule.business_days is not None and all(schedule.closed_at(tick) for tick in ticks):
        why = schedule.closed_at(ticks[0])
        text = f"{schedule.name}: each of its next {len(ticks):,} ticks is skipped, the first one: {why}"
        yield Finding(schedule.name, FindingKind.CLOSED, ticks[0], text)


def _cycles(schedules: list[Schedule], makers: Mapping[str, Sequence[str]], start: datetime) -> Iterator[Finding]:
    """Yield each cycle of schedules once: the end or a capture of one's workflow triggers the next one."""
    by_cause: dict[str, list[Schedule]] = defaultdict(list)
    for schedule in schedules:
        causes = makers.get(schedule.on_capture, ()) if schedule.on_capture else [schedule.on_workflow or ""]
        for cause in causes:
            by_cause[cause].append(schedule)
    told: set[frozenset[str]] = set()
    paths = [[schedule] for schedule in schedules if schedule.on_capture or schedule.on_workflow]
    while paths:
        path = paths.pop()
        for following in by_cause[path[-1].target]:
            names = [schedule.name for schedule in path]
            if following is path[0] and frozenset(names) not in told:
                told.add(frozenset(names))
                text = f"{path[0].name}: its triggers form a cycle, which ends after one round: "
                yield Finding(path[0].name, FindingKind.CYCLE, start, f"{text}{' -> '.join([*names, names[0]])}")
            elif following.name not in names:
                paths.append([*path, following])


def _overlaps(group: list[Schedule], start: datetime, end: datetime) -> Iterator[Finding]:
    listed = [list(islice(ticks_between(schedule.trigger, start, end), _MOST_TICKS)) for schedule in group]
    due: dict[datetime, list[int]] = defaultdict(list)
    for number, ticks in enumerate(listed):
        for moment in ticks:
            due[moment].append(number)
    met: set[tuple[int, int]] = set()
    crowds: set[tuple[int, ...]] = set()
    for moment, crowd in sorted(due.items()):
        if len(crowd) == 1 or tuple(crowd) in crowds:
            continue
        crowds.add(tuple(crowd))
        pairs = set(combinations(crowd, 2))
        if not pairs <= met:
            met |= pairs
            yield _overlap([group[number] for number in crowd], moment)
    for one, other in combinations(range(len(group)), 2):
        is_cut = [len(listed[number]) == _MOST_TICKS for number in (one, other)]
        if (one, other) in met or sum(is_cut) != 1:
            continue
        dense = other if is_cut[1] else one
        meeting = first_meeting(group[one].trigger, group[other].trigger, listed[dense][-1], end)
        if meeting is not None:
            yield _overlap([group[one], group[other]], meeting)


def _overlap(crowd: list[Schedule], moment: datetime) -> Finding:
    names = [schedule.name for schedule in crowd]
    who = f"{', '.join(names[:-1])} and {names[-1]}"
    if len(names) > _MOST_NAMES:
        who = f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} more"
    word = "both" if len(names) == 2 else "all"
    text = f"{who} {word} start {crowd[0].target} at {moment:%Y-%m-%d %H:%M:%S} UTC"
    return Finding(names[0], FindingKind.OVERLAP, moment, text)


def first_meeting(one: Trigger, other: Trigger, after: datetime, until: datetime) -> datetime | None:
    """Return the first moment later than `after` and not later than `until` at which both triggers fire."""
    here, there = one.next_after(after), other.next_after(after)
    for _ in range(_MOST_STEPS):
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
