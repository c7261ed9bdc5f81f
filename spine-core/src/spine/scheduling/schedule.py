"""A schedule: its target, trigger and rules."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from attrs import Attribute, field, frozen

from spine.core.duration import Seconds
from spine.core.errors import ScheduleError
from spine.core.frozen import freeze
from spine.core.names import MAX_LENGTH, validate_name
from spine.plugins.declared import declarations
from spine.plugins.errors import PluginBrokenError
from spine.scheduling.blackout import Blackout, parse_blackout
from spine.scheduling.calendar import BrokenCalendar, Calendar
from spine.scheduling.cron import CronTrigger
from spine.scheduling.interval import EPOCH, IntervalTrigger, parse_every
from spine.scheduling.one_shot import DateTrigger, parse_moment
from spine.scheduling.overlap import OverlapRule
from spine.scheduling.policy import CatchUp, Overlap, choose
from spine.scheduling.trigger import Trigger
from spine.scheduling.wall_clock import Gap, Repeat
from spine.scheduling.zone import load_zone

_WEEK = 7 * 86_400
MOST_QUEUED = 100  # ticks of a schedule that wait for room, unless its queue_limit says otherwise


def _seconds(_: object, attribute: Attribute[Any], value: float) -> None:
    if not (math.isfinite(value) and 0 <= value <= _WEEK):
        raise ScheduleError(f"{attribute.name} {value!r} is not valid: use 0 to {_WEEK} seconds")


def _count(_: object, attribute: Attribute[Any], value: int | None) -> None:
    if value is not None and not 1 <= value <= 1000:
        raise ScheduleError(f"{attribute.name} {value!r} is not valid: use 1 to 1000")


def _name(_: object, __: Attribute[Any], value: str) -> None:
    validate_name(value, "schedule name")


def _windows(given: Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _catch_up(value: CatchUp | str) -> CatchUp:
    return choose(CatchUp, "catch_up", value)


def _overlap(value: Overlap | str) -> Overlap:
    return choose(Overlap, "overlap", value)


def _gap(value: Gap | str) -> Gap:
    return choose(Gap, "gap", value)


def _repeat(value: Repeat | str) -> Repeat:
    return choose(Repeat, "repeat", value)


@frozen(kw_only=True)
class Schedule:
    """One of `workflow` and `pipeline`, with `params`, at the moments of one of `cron`, `every` and `at`.

    With `calendar`, ticks on days that are no business days in its zone are skipped.
    An invalid value raises ScheduleError, which names the field and its allowed values.
    """

    name: str = field(validator=_name)
    workflow: str | None = None
    pipeline: str | None = None
    params: Mapping[str, Any] = field(factory=dict, converter=freeze)
    cron: str | None = None
    every: str | None = None
    at: str | None = None
    anchor: str | None = None
    timezone: str = "UTC"
    enabled: bool = True
    max_instances: int | None = field(default=None, validator=_count)
    misfire_grace_seconds: Seconds = field(default=60.0, validator=_seconds)
    catch_up: CatchUp = field(default=CatchUp.SKIP, converter=_catch_up)
    catch_up_limit: int = field(default=10, validator=_count)
    overlap: Overlap = field(converter=_overlap)
    queue_limit: int | None = field(default=None, validator=_count)
    jitter_seconds: Seconds = field(default=0.0, validator=_seconds)
    gap: Gap = field(default=Gap.SHIFT, converter=_gap)
    repeat: Repeat = field(default=Repeat.FIRST, converter=_repeat)
    blackouts: tuple[str, ...] = field(default=(), converter=_windows)
    calendar: str | None = None
    zone: ZoneInfo = field(init=False, repr=False, eq=False)
    windows: tuple[Blackout, ...] = field(init=False, repr=False, eq=False)
    trigger: Trigger = field(init=False, repr=False, eq=False)
    business_days: Calendar | None = field(init=False, repr=False, eq=False)

    @overlap.default
    def _choose_overlap(self) -> Overlap:
        # with SKIP one late tick would run, and the others would be skipped because of it
        return Overlap.QUEUE if self.catch_up is CatchUp.ALL else Overlap.SKIP

    @zone.default
    def _load_zone(self) -> ZoneInfo:
        return load_zone(self.timezone)

    @windows.default
    def _parse_blackouts(self) -> tuple[Blackout, ...]:
        return tuple(parse_blackout(text) for text in self.blackouts)

    @trigger.default
    def _make_trigger(self) -> Trigger:
        _one_of("a target", workflow=self.workflow, pipeline=self.pipeline)
        _one_of("a time", cron=self.cron, every=self.every, at=self.at)
        if self.anchor is not None and self.every is None:
            raise ScheduleError("anchor belongs to every: a schedule with cron or at has none")
        if self.cron is not None:
            if len(self.cron) > MAX_LENGTH:
                raise ScheduleError(f"cron has {len(self.cron)} characters, at most {MAX_LENGTH} are possible")
            return CronTrigger(self.cron, self.timezone, self.gap, self.repeat)
        if self.every is not None:
            anchor = EPOCH if self.anchor is None else parse_moment(self.anchor, self.timezone, field="anchor")
            return IntervalTrigger(parse_every(self.every), anchor)
        assert self.at is not None  # one of the three is set
        return DateTrigger(parse_moment(self.at, self.timezone, self.gap))

    @business_days.default
    def _load_calendar(self) -> Calendar | None:
        if self.calendar is None:
            return None
        try:
            found: Calendar = declarations().make("calendar", self.calendar)
        except PluginBrokenError as error:  # affects only the ticks of this schedule: the declaration is valid
            return BrokenCalendar(self.calendar, error)
        return found

    @property
    def target(self) -> str:
        """The name of the workflow or pipeline."""
        return self.workflow or self.pipeline or ""

    @property
    def instance_limit(self) -> int | None:
        """Limit of runs active at the same time; None for no limit."""
        return 1 if self.max_instances is None and self.overlap is not Overlap.ALLOW else self.max_instances

    @property
    def overlap_rule(self) -> OverlapRule:
        """The rule for ticks that are due while earlier runs are active; the default limit is one run."""
        most_queued = self.queue_limit or max(MOST_QUEUED, self.catch_up_limit)
        return OverlapRule(self.overlap, self.instance_limit, most_queued)

    def blackout_at(self, moment: datetime) -> Blackout | None:
        """Return the window that covers `moment`, or None."""
        wall = moment.astimezone(self.zone)
        return next((window for window in self.windows if window.covers(wall)), None)

    def closed_at(self, moment: datetime) -> str | None:
        """Return why no run may start at `moment`: a blackout, or a day that is not a business day; otherwise None.

        Raises ScheduleError for a calendar that fails.
        """
        window = self.blackout_at(moment)
        if window is not None:
            return f"in the blackout {window.text}"
        if self.business_days is None:
            return None
        day = moment.astimezone(self.zone).date()
        try:
            is_open = self.business_days.is_business_day(day)
        except BaseException as error:  # a plugin's code may raise anything
            raise ScheduleError(
                f"calendar {self.calendar!r} failed for {day}: {type(error).__name__}: {error}",
                cause=error if isinstance(error, Exception) else None,
            ) from error
        return None if is_open else f"{day} is no business day of calendar {self.calendar}"

    def check_future(self, now: datetime) -> None:
        """Raise a ScheduleError if the schedule never fires after `now`: a date in the past."""
        if self.trigger.next_after(now) is None:
            raise ScheduleError(
                f"at {self.at!r} is in the past: it is {now.astimezone(self.zone):%Y-%m-%dT%H:%M:%S%z} now, "
                "use a later time"
            )


def _one_of(what: str, **given: str | None) -> None:
    found = [key for key, value in given.items() if value is not None]
    if len(found) == 1 and given[found[0]]:
        return
    keys = list(given)
    allowed = f"write one of {', '.join(keys[:-1])} and {keys[-1]}"
    if not found:
        raise ScheduleError(f"{what} is missing: {allowed}")
    if len(found) == 1:
        raise ScheduleError(f"{found[0]} is empty: {allowed}")
    raise ScheduleError(f"{' and '.join(found)} cannot be given together: {allowed}")
