"""One-shot triggers: they fire once, at a stated moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from attrs import frozen

from spine.core.errors import ScheduleError
from spine.scheduling.wall_clock import Gap
from spine.scheduling.zone import load_zone, naive_utc


@frozen
class DateTrigger:
    """One moment."""

    at: datetime

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the moment in UTC if it is later than `moment`, otherwise None."""
        at, after = naive_utc(self.at), naive_utc(moment)
        return at.replace(tzinfo=UTC) if at > after else None


def parse_moment(text: str, timezone: str = "UTC", gap: Gap = Gap.SHIFT, field: str = "at") -> datetime:
    """Return the moment that an ISO date and time names, in UTC; without an offset it is wall time in `timezone`.

    A wall time that is missing is shifted with Gap.SHIFT and refused with Gap.SKIP; of one that occurs twice the first
    counts. Raises ScheduleError, which calls the text `field`.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        moment = None
    if moment is None or len(text.strip()) <= len("2026-12-01"):
        raise ScheduleError(
            f'{field} {text[:40]!r} is not a date and time: write it as in "2026-12-01T06:00" '
            'or "2026-12-01T06:00+01:00"'
        )
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=load_zone(timezone), fold=0)
    try:
        exact = moment.astimezone(UTC)
        exists = exact.astimezone(moment.tzinfo).replace(tzinfo=None) == moment.replace(tzinfo=None)
    except OverflowError as error:
        raise ScheduleError(f"{field} {text[:40]!r} is out of range: years go from 1 to 9999", cause=error) from error
    if gap is Gap.SKIP and not exists:
        raise ScheduleError(
            f"{field} {text[:40]!r} does not exist in {timezone}, where clocks go forward: "
            'choose another time or gap = "shift"'
        )
    if not datetime.min + timedelta(days=2) < exact.replace(tzinfo=None) < datetime.max - timedelta(days=2):
        raise ScheduleError(f"{field} {text[:40]!r} is out of range: years go from 1 to 9999")
    return exact
