"""Schedules as rows for display."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from spine.cli.output import shown_time

if TYPE_CHECKING:
    from spine.scheduling.record import ScheduleRecord
    from spine.scheduling.upcoming import Upcoming
    from spine.storage.schedules.schedulers import Schedulers

MOMENT_COLUMNS = ["scheduled_at", "utc", "clocks", "moved", "blackout"]


def describe(record: ScheduleRecord, now: datetime) -> dict[str, Any]:
    """Return a schedule as one row; `next_run_at` is in its own zone, and has passed of one that `is_overdue`."""
    from zoneinfo import ZoneInfo

    upcoming = record.next_run_at if record.state == "on" else None
    return {
        "name": record.name,
        "target_type": record.target_type,
        "target_name": record.target_name,
        "when": record.when,
        "timezone": record.timezone,
        "state": record.state,
        "gone_at": record.gone_at,
        "next_run_at": upcoming.astimezone(ZoneInfo(record.timezone)).isoformat() if upcoming else None,
        "is_overdue": record.is_overdue(now),
        "last_run_at": record.last_run_at,
        "last_run_status": record.last_run_status,
    }


def no_scheduler(seen_at: datetime | None) -> str:
    """Return that no scheduler lives, and since when if that is known."""
    return "no scheduler alive" + ("" if seen_at is None else f" since {shown_time(seen_at)}")


def overdue_line(
    records: Iterable[ScheduleRecord], now: datetime, find_schedulers: Callable[[], Schedulers]
) -> str | None:
    """Return the line about schedules whose next tick has passed; None if there is none.

    Only then the schedulers are looked for, in the database.
    """
    late = sum(record.is_overdue(now) for record in records)
    if not late:
        return None
    schedulers = find_schedulers()
    if schedulers.living():
        return f"overdue: {late}, although a scheduler runs: spine scheduler run --status"
    return f"overdue: {late}, {no_scheduler(schedulers.last_seen())}: spine scheduler run"


def in_its_zone(row: Mapping[str, Any], record: ScheduleRecord) -> dict[str, Any]:
    """Return the row of a schedule for display: its next moment is a time in the schedule's zone."""
    from zoneinfo import ZoneInfo

    if row["is_overdue"]:
        row = {**row, "state": "overdue"}
    upcoming = row["next_run_at"] and record.next_run_at
    return without_marks({**row, "next_run_at": upcoming.astimezone(ZoneInfo(record.timezone)) if upcoming else None})


def without_marks(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of a schedule without `is_overdue`, which its state says."""
    return {name: value for name, value in row.items() if name != "is_overdue"}


def shown_moments(moments: Iterable[Upcoming]) -> list[dict[str, Any]]:
    """Return moments as rows for display."""
    found = list(moments)
    rows = zip(found, describe_moments(found), strict=True)
    return [{**row, "scheduled_at": item.local, "utc": f"{item.utc:%Y-%m-%d %H:%M:%S} UTC"} for item, row in rows]


def describe_moments(moments: Iterable[Upcoming]) -> list[dict[str, Any]]:
    """Return moments as rows, local and in UTC, with days of clock changes and blackouts marked."""
    return [
        {
            "scheduled_at": item.local.isoformat(),
            "utc": item.utc.isoformat(),
            "clocks": item.mark,
            "moved": item.moved,
            "blackout": item.blackout,
        }
        for item in moments
    ]
