"""The next moments of a schedule, for display: in local time and UTC, with days of clock changes marked."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from attrs import frozen

from spine.scheduling.business_day import BusinessDayTrigger, MovedTrigger
from spine.scheduling.schedule import Schedule
from spine.scheduling.transition import transitions_on
from spine.scheduling.trigger import ticks_between

_END = datetime.fromisoformat("9999-12-30T00:00:00+00:00")


@frozen
class Upcoming:
    """One moment: `utc`, `local` in the schedule's zone, and a mark such as `gap 02:00-03:00` for its day, or "".

    `moved` says from which closed day a tick was moved, and `blackout` why it does not run.
    """

    utc: datetime
    local: datetime
    mark: str
    blackout: str = ""
    moved: str = ""


def upcoming(schedule: Schedule, after: datetime, count: int, until: datetime = _END) -> list[Upcoming]:
    """Return the next `count` moments later than `after`, fewer if there are fewer until `until`."""
    found = []
    for moment in islice(ticks_between(schedule.trigger, after, until), count):
        local = moment.astimezone(schedule.zone)
        mark = ", ".join(str(change) for change in transitions_on(schedule.zone, local.date()))
        window = schedule.blackout_at(moment)
        closed = window.text if window is not None else schedule.closed_at(moment) or ""
        found.append(Upcoming(moment, local, mark, closed, _moved(schedule, local.replace(tzinfo=None))))
    return found


def _moved(schedule: Schedule, wall: datetime) -> str:
    trigger, days = schedule.trigger, []
    if isinstance(trigger, MovedTrigger):
        days = trigger.moved_from(wall)
    elif isinstance(trigger, BusinessDayTrigger) and (plain := trigger.planned_for(wall)) != wall.date():
        days = [plain]
    told = ", ".join(f"{day:%a %Y-%m-%d}" for day in days)
    return f"from {told}: calendar {schedule.calendar}" if told else ""
