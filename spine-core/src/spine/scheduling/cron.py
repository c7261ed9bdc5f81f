"""Cron expressions: cronsim computes the wall times, Spine converts them to UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from attrs import field, frozen
from cronsim import CronSim, CronSimError

from spine.core.errors import ScheduleError
from spine.core.suggest import did_you_mean
from spine.scheduling.cron_field import FIELDS
from spine.scheduling.wall_clock import Gap, Repeat, next_moment
from spine.scheduling.zone import load_zone, naive_utc

MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_ORDER = ", ".join(part.name for part in FIELDS)
_ANY_DAY = datetime(2000, 1, 1)


@lru_cache(maxsize=4096)
def normal_cron(expression: str) -> str:
    """Return `expression` as five fields in numbers.

    Raises ScheduleError, which names the invalid field and its allowed values, or says that the expression never fires.
    """
    words = expression.split()
    if len(words) == 1 and words[0].startswith("@"):
        return MACROS[_macro(words[0])]
    if len(words) != len(FIELDS):
        raise ScheduleError(
            f"cron {expression[:60]!r} has {len(words)} fields: write five ({_ORDER}) or one of {', '.join(MACROS)}"
        )
    normal = " ".join(part.normal(word) for part, word in zip(FIELDS, words, strict=True))
    if _next_wall(normal, _ANY_DAY) is None:
        raise ScheduleError(
            f"cron {expression[:60]!r} never fires: day of month {words[2]!r} does not occur in month {words[3]!r}"
            + ("" if words[4] == "*" else f" on day of week {words[4]!r}")
        )
    return normal


@frozen
class CronTrigger:
    """A cron expression in a zone; `gap` and `repeat` are the rules for changes of the clock.

    As in Vixie cron, a day counts if day of month or day of week match, unless one of the two starts with `*`: then
    both must.
    """

    expression: str
    timezone: str = "UTC"
    gap: Gap = field(default=Gap.SHIFT, converter=Gap)
    repeat: Repeat = field(default=Repeat.FIRST, converter=Repeat)
    zone: ZoneInfo = field(init=False, repr=False, eq=False)
    _normal: str = field(init=False, repr=False, eq=False)

    @zone.default
    def _load_zone(self) -> ZoneInfo:
        return load_zone(self.timezone)

    @_normal.default
    def _check(self) -> str:
        return normal_cron(self.expression)

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first moment later than `moment` at which the expression fires, in UTC."""
        after = naive_utc(moment)
        try:
            found = next_moment(self.next_wall, self.zone, self.gap, self.repeat, after)
        except OverflowError:  # the calendar of datetime ends with the year 9999
            return None
        return None if found is None else found.replace(tzinfo=UTC)

    def next_wall(self, wall: datetime) -> datetime | None:
        """Return the first wall time later than `wall`, whether or not it exists in the zone."""
        return _next_wall(self._normal, wall)


def _next_wall(normal: str, wall: datetime) -> datetime | None:
    try:
        return next(CronSim(normal, wall))
    except (StopIteration, CronSimError):  # none within fifty years, as for February 30
        return None


def _macro(word: str) -> str:
    name = word.lower()
    if name not in MACROS:
        raise ScheduleError(f"cron {word[:40]!r} is not known{did_you_mean(name[:40], MACROS)}")
    return name
