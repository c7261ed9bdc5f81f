"""IANA zones by name, and moments as naive UTC, for arithmetic across offsets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

from spine.core.errors import ScheduleError
from spine.core.suggest import did_you_mean


def load_zone(name: str) -> ZoneInfo:
    """Return the zone called `name`; a ScheduleError names the closest one."""
    try:
        if name in _packaged() or name in _names():
            return ZoneInfo(name)
    except (ValueError, OSError) as error:  # a zone file of the system may be broken
        raise ScheduleError(f"timezone {name!r} cannot be read: {error}", cause=error) from error
    hint = did_you_mean(name, _names()) if len(name) < 60 else ""
    if not hint.startswith("; did"):
        hint = '; use an IANA name such as "UTC" or "America/New_York"'
    raise ScheduleError(f"timezone {name[:60]!r} is not known{hint}")


def naive_utc(moment: datetime) -> datetime:
    """Return `moment` in UTC without its zone; a naive moment is a ValueError."""
    if moment.utcoffset() is None:
        raise ValueError(f"a moment needs a timezone, and {moment.isoformat()} has none")
    return moment.astimezone(UTC).replace(tzinfo=None)


def offset_at(zone: ZoneInfo, moment: datetime) -> timedelta:
    """Return the offset from UTC that holds in `zone` at `moment`, naive UTC."""
    offset = moment.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    assert offset is not None  # ZoneInfo always returns one
    return offset


@cache
def _packaged() -> frozenset[str]:
    # a list of names; scanning the system's zone files takes a tenth of a second
    return frozenset((files("tzdata") / "zones").read_text(encoding="ascii").split())


@cache
def _names() -> frozenset[str]:
    # posixrules and localtime are files of the system, not zones
    return frozenset(available_timezones() - {"posixrules", "localtime"})
