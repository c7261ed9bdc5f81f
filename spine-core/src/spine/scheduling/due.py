"""Ticks of a schedule that are due, and the decision about each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from attrs import frozen

from spine.scheduling.jitter import jitter
from spine.scheduling.policy import CatchUp
from spine.scheduling.schedule import Schedule
from spine.scheduling.tick import Decision, Tick
from spine.scheduling.trigger import ticks_between

MOST_TICKS = 1000
_MOST_TOLD = 100  # late ticks that have a row of their own
_MOST_COUNTED = 100_000
LONGEST_LOOK = timedelta(seconds=30)  # a scheduler that looks less often was suspended or stuck: the grace counts


@frozen
class _Due:
    """A tick that is due: its start with jitter, and the reason if it does not run."""

    scheduled_at: datetime
    starts_at: datetime
    skipped: str


@frozen
class Found:
    """Ticks that are due, the newest that is decided with them, and the time at which the next one is due."""

    ticks: list[Tick]
    newest: datetime
    next_due: datetime | None


def look(schedule: Schedule, last_tick: datetime, now: datetime, looked_at: datetime | None) -> Found:
    """Return what is due at `now`; see `due`. Raises ScheduleError for a calendar that fails."""
    ticks = due(schedule, last_tick, now, looked_at=looked_at)
    newest = ticks[-1].scheduled_at if ticks else last_tick
    return Found(ticks, newest, next_due(schedule, newest))


def due(
    schedule: Schedule,
    last_tick: datetime,
    now: datetime,
    limit: int = MOST_TICKS,
    *,
    looked_at: datetime | None = None,
) -> list[Tick]:
    """Return the ticks after `last_tick` that are due at `now`, oldest first, each with its decision.

    A tick that is in a blackout or on a closed day, or starts in one, is SKIPPED. One that is late by more than the
    misfire grace is MISSED, unless `catch_up` runs it: with `one` the newest late tick, if no tick is on time;
    with `all` the newest `catch_up_limit` late ones; and none while `now` is in a blackout. Of many late ticks the
    newest 100, or `catch_up_limit`, are returned one by one; one MISSED tick stands for the older ones. After a
    long pause there may be more than `limit` ticks; the next call returns the rest, decided as if this call had
    returned them.

    `looked_at` is the time of the scheduler's previous look: a tick that is seen at the first look after its time is
    not late, whatever the grace, unless the looks are far apart.
    """
    if not schedule.enabled:
        return []
    late_before = _late_before(schedule, now, looked_at)
    newer_than = _start_of_newest(schedule, last_tick, late_before)
    older = _fold(schedule, last_tick, newer_than)
    stream = _due(schedule, newer_than if older else last_tick, now)
    batch = list(islice(stream, limit))
    chosen = _caught_up(schedule, batch, stream, late_before, now)
    why_not = _why_not_caught_up(schedule, now)
    return older + [
        _decide(schedule, tick, late_before, now, None if tick.scheduled_at in chosen else why_not) for tick in batch
    ]


def _late_before(schedule: Schedule, now: datetime, looked_at: datetime | None) -> datetime:
    by_grace = now - timedelta(seconds=schedule.misfire_grace_seconds)
    if looked_at is None or not timedelta(0) <= now - looked_at <= LONGEST_LOOK:
        return by_grace
    return min(by_grace, looked_at)


def starts_at(schedule: Schedule, scheduled_at: datetime) -> datetime:
    """Return the start of a tick: its own time plus its jitter, which ends before the next tick."""
    most = schedule.jitter_seconds
    if most and (following := schedule.trigger.next_after(scheduled_at)) is not None:
        most = min(most, (following - scheduled_at).total_seconds())
    return scheduled_at + jitter(schedule.name, scheduled_at, most)


def next_due(schedule: Schedule, last_tick: datetime) -> datetime | None:
    """Return when `due` has a tick after `last_tick` to return: a scheduler may sleep until then."""
    scheduled_at = schedule.trigger.next_after(last_tick) if schedule.enabled else None
    return None if scheduled_at is None else starts_at(schedule, scheduled_at)


def _start_of_newest(schedule: Schedule, last_tick: datetime, late_before: datetime) -> datetime:
    """Return a time after which there are at least as many late ticks as are told one by one; `last_tick` at least."""
    wanted = max(_MOST_TOLD, schedule.catch_up_limit)
    if sum(1 for _ in islice(ticks_between(schedule.trigger, last_tick, late_before), wanted + 1)) <= wanted:
        return last_tick
    window = timedelta(seconds=1)
    while (start := late_before - window) > last_tick:
        late = islice(_due(schedule, start, late_before), MOST_TICKS * 10)
        if sum(1 for _ in islice((tick for tick in late if not tick.skipped), wanted)) == wanted:
            return start
        window *= 2
    return last_tick


def _fold(schedule: Schedule, last_tick: datetime, until: datetime) -> list[Tick]:
    """Return the one tick that stands for those after `last_tick` until `until`; none if there are fewer than two."""
    ticks = ticks_between(schedule.trigger, last_tick, until)
    first = next(ticks, None)
    count = 1 + sum(1 for _ in islice(ticks, _MOST_COUNTED))
    if first is None or count == 1:
        return []
    number = f"more than {_MOST_COUNTED:,}" if count > _MOST_COUNTED else f"{count:,}"
    reason = f"{number} ticks until {until:%Y-%m-%d %H:%M:%S} UTC were missed, late beyond a grace of "
    return [Tick(first, Decision.MISSED, f"{reason}{schedule.misfire_grace_seconds:g} s", count)]


def _due(schedule: Schedule, last_tick: datetime, now: datetime) -> Iterator[_Due]:
    # A tick whose jitter is not over holds back later ticks: continuing from the last decided tick loses none.
    for scheduled_at in ticks_between(schedule.trigger, last_tick, now):
        start = starts_at(schedule, scheduled_at)
        if start > now:
            return
        yield _Due(scheduled_at, start, schedule.closed_at(scheduled_at) or schedule.closed_at(start) or "")


def _caught_up(
    schedule: Schedule, batch: list[_Due], rest: Iterator[_Due], late_before: datetime, now: datetime
) -> set[datetime]:
    """Return the late ticks of the batch that run, reading no more of `rest` than is needed."""
    if schedule.catch_up is CatchUp.SKIP or schedule.blackout_at(now) is not None:
        return set()
    late = [tick for tick in batch if tick.starts_at < late_before and not tick.skipped]
    if schedule.catch_up is CatchUp.ONE:
        on_time = any(tick.starts_at >= late_before and not tick.skipped for tick in batch)
        wanted = 0 if on_time or any(not tick.skipped for tick in rest) else 1
    else:
        newer = (tick for tick in rest if tick.starts_at < late_before and not tick.skipped)
        wanted = schedule.catch_up_limit - sum(1 for _ in islice(newer, schedule.catch_up_limit))
    return {tick.scheduled_at for tick in late[max(0, len(late) - wanted) :]}


def _why_not_caught_up(schedule: Schedule, now: datetime) -> str:
    """Return why late ticks that are not chosen do not run."""
    rule = f"catch_up = {schedule.catch_up.value}"
    if schedule.catch_up is CatchUp.SKIP:
        return rule
    if (blackout := schedule.blackout_at(now)) is not None:
        return f"nothing is caught up in the blackout {blackout.text}"
    if schedule.catch_up is CatchUp.ALL:
        return f"{rule}, the newest {schedule.catch_up_limit}"
    return f"{rule}, the newest unless one is on time"


def _decide(schedule: Schedule, tick: _Due, late_before: datetime, now: datetime, why_not: str | None) -> Tick:
    if tick.skipped:
        return Tick(tick.scheduled_at, Decision.SKIPPED, tick.skipped)
    if tick.starts_at >= late_before:
        return Tick(tick.scheduled_at, Decision.RUN)
    seconds = (now - tick.starts_at).total_seconds()
    reason = f"late by {seconds:.0f} s, beyond a grace of {schedule.misfire_grace_seconds:g} s"
    if why_not is None:
        return Tick(tick.scheduled_at, Decision.RUN, f"{reason}: caught up (catch_up = {schedule.catch_up.value})")
    return Tick(tick.scheduled_at, Decision.MISSED, f"{reason}: not caught up ({why_not})")
