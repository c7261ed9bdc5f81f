"""Every change of clocks is found, to the second."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from spine.scheduling.transition import transitions, transitions_on


def _found(name: str, start: str, end: str) -> list[str]:
    zone = ZoneInfo(name)
    moments = datetime.fromisoformat(start), datetime.fromisoformat(end)
    return [f"{change.at:%Y-%m-%dT%H:%M} {change}" for change in transitions(zone, *moments)]


def test_gaps_and_repeats_of_a_year_are_listed_in_order() -> None:
    assert _found("America/New_York", "2026-01-01", "2026-12-31") == [
        "2026-03-08T07:00 gap 02:00-03:00",
        "2026-11-01T06:00 repeat 01:00-02:00",
    ]


def test_half_an_hour_of_lord_howe_is_found() -> None:
    assert _found("Australia/Lord_Howe", "2026-01-01", "2026-12-31") == [
        "2026-04-04T15:00 repeat 01:30-02:00",
        "2026-10-03T15:30 gap 02:00-02:30",
    ]


def test_the_day_that_samoa_left_out_is_found() -> None:
    assert _found("Pacific/Apia", "2011-12-01", "2011-12-31") == [
        "2011-12-30T10:00 gap 2011-12-30 00:00-2011-12-31 00:00"
    ]


@pytest.mark.parametrize(
    "name", ["America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Africa/Cairo", "UTC"]
)
def test_the_changes_are_those_that_a_look_every_six_hours_finds(name: str) -> None:
    zone, step = ZoneInfo(name), timedelta(hours=6)
    moment, seen = datetime(2020, 1, 1, tzinfo=UTC), []
    while moment.year < 2038:
        if moment.astimezone(zone).utcoffset() != (moment + step).astimezone(zone).utcoffset():
            seen.append(moment.replace(tzinfo=None))
        moment += step
    found = [change.at for change in transitions(zone, datetime(2020, 1, 1), datetime(2038, 1, 1))]
    assert len(found) == len(seen)
    assert all(before < at <= before + step for before, at in zip(seen, found, strict=True))


@pytest.mark.parametrize(
    ("name", "day", "marks"),
    [
        ("America/New_York", date(2026, 3, 8), ["gap 02:00-03:00"]),
        ("America/New_York", date(2026, 3, 9), []),
        ("America/New_York", date(2026, 11, 1), ["repeat 01:00-02:00"]),
        ("Africa/Cairo", date(2026, 4, 24), ["gap 00:00-01:00"]),
        ("Africa/Cairo", date(2026, 4, 23), []),
        ("Africa/Cairo", date(2026, 10, 29), ["repeat 2026-10-29 23:00-2026-10-30 00:00"]),
        ("Africa/Cairo", date(2026, 10, 30), []),
        ("Pacific/Apia", date(2011, 12, 31), ["gap 2011-12-30 00:00-2011-12-31 00:00"]),
        ("Pacific/Apia", date(2011, 12, 29), []),
    ],
)
def test_a_day_is_marked_with_what_happens_to_its_clock(name: str, day: date, marks: list[str]) -> None:
    assert [str(change) for change in transitions_on(ZoneInfo(name), day)] == marks


def test_years_at_the_ends_of_the_calendar_have_no_changes() -> None:
    assert list(transitions(ZoneInfo("America/New_York"), datetime(9999, 1, 1), datetime.max)) == []
