"""A schedule: its target, trigger and rules."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from attrs import NOTHING, Attribute, field, frozen

from spine.config.setting import setting
from spine.core.duration import Seconds
from spine.core.errors import ScheduleError
from spine.core.frozen import freeze
from spine.core.names import MAX_LENGTH, check_text, validate_name
from spine.plugins.declared import declarations
from spine.plugins.errors import PluginBrokenError
from spine.scheduling.blackout import Blackout, parse_blackout
from spine.scheduling.business_day import BusinessDayTrigger, MovedTrigger, OnHoliday, Period, open_days
from spine.scheduling.calendar import BrokenCalendar, Calendar, WeekdayCalendar
from spine.scheduling.cron import CronTrigger
from spine.scheduling.interval import EPOCH, IntervalTrigger, parse_every
from spine.scheduling.named_values import check_named
from spine.scheduling.occurrence import OccurrenceKind, OccurrenceTrigger, RunEnd
from spine.scheduling.one_shot import DateTrigger, parse_moment
from spine.scheduling.overlap import OverlapRule
from spine.scheduling.policy import CatchUp, Overlap, choose
from spine.scheduling.trigger import Trigger
from spine.scheduling.wall_clock import Gap, Repeat
from spine.scheduling.zone import load_zone

_WEEK = 7 * 86_400
_OCCURRENCES = {f"on_{kind.value}": kind for kind in OccurrenceKind}
_WEEKDAYS = WeekdayCalendar("weekdays")
MOST_BUSINESS_DAYS = {Period.WEEK: 5, Period.MONTH: 23}
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


def _on_holiday(value: OnHoliday | str) -> OnHoliday:
    return choose(OnHoliday, "on_holiday", value)


def _period(value: Period | str | None) -> Period | None:
    return None if value is None else choose(Period, "of", value)


def _ends(value: str | Iterable[str] | None) -> tuple[RunEnd, ...] | None:
    if value is None:
        return None
    return tuple(choose(RunEnd, "when", item) for item in ((value,) if isinstance(value, str) else value))


def _gap(value: Gap | str) -> Gap:
    return choose(Gap, "gap", value)


def _repeat(value: Repeat | str) -> Repeat:
    return choose(Repeat, "repeat", value)


@frozen(kw_only=True)
class Schedule:
    """One of `workflow` and `pipeline`, with `params`, at the moments of `cron`, `every`, `at` or `business_day`.

    With `on_capture`, `on_workflow`, `on_file` or `on_event` each occurrence is a tick, and no time is.
    With `calendar`, ticks on days that are no business days in its zone are skipped, or moved with `on_holiday`.
    Texts of `params` may have named values, such as `{scheduled_at:%Y-%m-%d}`; see `spine.scheduling.named_values`.
    An invalid value raises ScheduleError, which names the field and its allowed values.
    """

    name: str = field(validator=_name)
    workflow: str | None = setting("Workflow to run; this or pipeline.", None)
    pipeline: str | None = setting("Pipeline to run; this or workflow.", None)
    params: Mapping[str, Any] = setting("Parameters of each run; no secrets.", {}, converter=freeze)
    cron: str | None = setting('Times as five cron fields, or "@daily" and the like; one kind of time is needed.', None)
    every: str | None = setting('Interval, such as "5m" or "1h30m".', None)
    at: str | None = setting("One moment, as ISO 8601.", None)
    business_day: int | None = setting(
        "Number of a business day in each period of `of`, from its end if negative; it comes with time.", None
    )
    of: Period | None = setting("Period in which business_day counts.", None, converter=_period)
    time: str | None = setting('Wall time of business_day, such as "06:00".', None)
    on_capture: str | None = setting("Name of a capture: each new revision of it is a tick.", None)
    on_workflow: str | None = setting("Name of a workflow: each end of a run of it is a tick; see when.", None)
    when: tuple[RunEnd, ...] | None = setting(
        "Ends of runs of on_workflow that count: of completed (by default), unchanged, failed.",
        None,
        converter=_ends,
    )
    on_file: str | None = setting('Files of the project, such as "incoming/*.csv": each content is a tick.', None)
    on_event: str | None = setting("Name of an event of spine emit: each key is a tick.", None)
    anchor: str | None = setting("Moment from which every counts; 1970 by default.", None)
    timezone: str = setting("IANA name of the time zone of all its times and days.", "UTC")
    enabled: bool = setting("False: it never fires.", True)
    max_instances: int | None = setting("Limit of runs at one time; 1 unless overlap is allow.", None, validator=_count)
    misfire_grace_seconds: Seconds = setting(
        "How late a tick may be and still count as on time.", 60.0, validator=_seconds
    )
    catch_up: CatchUp = setting("Missed ticks that still run.", CatchUp.SKIP, converter=_catch_up)
    catch_up_limit: int = setting("Largest number of missed ticks that run, the newest.", 10, validator=_count)
    overlap: Overlap = setting(
        "Rule for a tick while an earlier run is active; skip by default, queue for catch_up = all and on_ keys.",
        NOTHING,
        converter=_overlap,
    )
    queue_limit: int | None = setting(
        "Largest number of ticks that wait; further ones are skipped, 100 by default.", None, validator=_count
    )
    jitter_seconds: Seconds = setting(
        "Longest delay of a start, the same for one tick on every machine.", 0.0, validator=_seconds
    )
    gap: Gap = setting("Rule for a local time that the clocks leave out.", Gap.SHIFT, converter=_gap)
    repeat: Repeat = setting("Rule for a local time that comes twice.", Repeat.FIRST, converter=_repeat)
    blackouts: tuple[str, ...] = setting(
        'Windows in which nothing starts, such as "22:00-02:00" or "Sat 22:00-Sun 06:00".', (), converter=_windows
    )
    calendar: str | None = setting("Calendar of the days on which ticks run, such as weekdays.", None)
    on_holiday: OnHoliday = setting(
        "Rule for a tick of cron on a day that the calendar closes: next and previous move it to a business day.",
        OnHoliday.SKIP,
        converter=_on_holiday,
    )
    zone: ZoneInfo = field(init=False, repr=False, eq=False)
    windows: tuple[Blackout, ...] = field(init=False, repr=False, eq=False)
    business_days: Calendar | None = field(init=False, repr=False, eq=False)
    trigger: Trigger = field(init=False, repr=False, eq=False)

    @overlap.default
    def _choose_overlap(self) -> Overlap:
        # with SKIP one late tick would run, and the others would be skipped because of it
        is_caused = any(getattr(self, key) is not None for key in _OCCURRENCES)
        return Overlap.QUEUE if self.catch_up is CatchUp.ALL or is_caused else Overlap.SKIP

    @zone.default
    def _load_zone(self) -> ZoneInfo:
        return load_zone(self.timezone)

    @windows.default
    def _parse_blackouts(self) -> tuple[Blackout, ...]:
        return tuple(parse_blackout(text) for text in self.blackouts)

    @trigger.default
    def _make_trigger(self) -> Trigger:
        _one_of("a target", workflow=self.workflow, pipeline=self.pipeline)
        number = None if self.business_day is None else str(self.business_day)
        times = {"cron": self.cron, "every": self.every, "at": self.at, "business_day": number}
        _one_of("a time", **times, **{key: getattr(self, key) for key in _OCCURRENCES})
        self._check_days()
        occurrence = self._occurrence()
        check_named(self.params, "params", () if occurrence is None else occurrence.kind.values)
        if occurrence is not None:
            return occurrence
        if self.anchor is not None and self.every is None:
            raise ScheduleError("anchor belongs to every: a schedule with cron or at has none")
        if self.cron is not None:
            if len(self.cron) > MAX_LENGTH:
                raise ScheduleError(f"cron has {len(self.cron)} characters, at most {MAX_LENGTH} are possible")
            cron = CronTrigger(self.cron, self.timezone, self.gap, self.repeat)
            if self.on_holiday is OnHoliday.SKIP:
                return cron
            return MovedTrigger(cron, self.on_holiday is OnHoliday.NEXT, self.is_business_day)
        if self.business_day is not None:
            assert self.of is not None  # checked
            at = _wall_time(self.time)
            return BusinessDayTrigger(
                self.business_day, self.of, at, self.is_business_day, self.zone, self.gap, self.repeat
            )
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
        return self.closed_day_of(moment)

    def closed_day_of(self, moment: datetime) -> str | None:
        """Return why the day of `moment` is closed: it is not a business day; otherwise None.

        Raises ScheduleError for a calendar that fails.
        """
        day = moment.astimezone(self.zone).date()
        if self.business_days is None or self.is_business_day(day):
            return None
        return f"{day} is no business day of calendar {self.calendar}"

    def is_business_day(self, day: date) -> bool:
        """Return True if `day` is a business day of its calendar, `weekdays` without one.

        Raises ScheduleError for a calendar that fails.
        """
        calendar = self.business_days or _WEEKDAYS
        try:
            return bool(calendar.is_business_day(day))
        except BaseException as error:  # a plugin's code may raise anything
            raise ScheduleError(
                f"calendar {self.calendar!r} failed for {day}: {type(error).__name__}: {error}",
                cause=error if isinstance(error, Exception) else None,
            ) from error

    def previous_business_day(self, day: date) -> date:
        """Return the last business day before `day`; raises ScheduleError if there is none within a year."""
        return next(open_days(day - timedelta(days=1), -1, self.is_business_day))

    def _occurrence(self) -> OccurrenceTrigger | None:
        if self.when is not None and self.on_workflow is None:
            raise ScheduleError("when belongs to on_workflow: a schedule with another time has none")
        for key, kind in _OCCURRENCES.items():
            name = getattr(self, key)
            if name is not None:
                validate_name(name, key) if kind is not OccurrenceKind.FILE else check_text(name, key)
                return OccurrenceTrigger(kind, name, self.when or (RunEnd.COMPLETED,))
        return None

    def _check_days(self) -> None:
        if self.on_holiday is not OnHoliday.SKIP and (self.cron is None or self.calendar is None):
            raise ScheduleError(
                f'on_holiday = "{self.on_holiday.value}" moves the ticks of a cron expression off the days that a '
                "calendar closes: write cron and calendar, or leave it out"
            )
        given = [key for key in ("of", "time") if getattr(self, key) is not None]
        if self.business_day is None:
            if given:
                raise ScheduleError(f"{given[0]} belongs to business_day: a schedule with cron, every or at has none")
            return
        most = MOST_BUSINESS_DAYS[self.of] if self.of else 0
        if not 1 <= abs(self.business_day) <= most or self.time is None:
            raise ScheduleError(
                f"business_day {self.business_day} needs its period and time: write 1 to 5, or -1 to -5, with "
                'of = "week", or up to 23 with of = "month", and a time such as "06:00"'
            )

    def check_future(self, now: datetime) -> None:
        """Raise a ScheduleError if the schedule never fires after `now`: a date in the past."""
        if self.trigger.next_after(now) is None and not isinstance(self.trigger, OccurrenceTrigger):
            raise ScheduleError(
                f"at {self.at!r} is in the past: it is {now.astimezone(self.zone):%Y-%m-%dT%H:%M:%S%z} now, "
                "use a later time"
            )


def _wall_time(text: str | None) -> time:
    try:
        found = time.fromisoformat(text or "")
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None:
        raise ScheduleError(f'time {text!r:.40} is no wall time: write it as in "06:00"')
    return found


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
