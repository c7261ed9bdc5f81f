"""Times in the one form of all commands."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from spine.cli.moments import Length, exact, relative, span

NOW = datetime(2026, 1, 5, 10, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("passed", "shown"),
    [
        (timedelta(minutes=3, seconds=20), "today 05:06 EST, 3 min ago"),
        (timedelta(seconds=40), "today 05:08 EST, 40 s ago"),
        (timedelta(seconds=1), "today 05:09 EST, now"),
        (timedelta(hours=5), "today 00:09 EST, 5 h ago"),
        (timedelta(hours=6), "yesterday 23:09 EST, 6 h ago"),
        (timedelta(days=60), "2025-11-06 05:09 EST, 60 d ago"),
        (timedelta(days=200), "2025-06-19 06:09 EDT, 200 d ago"),
        (-timedelta(hours=1), "today 06:09 EST, in 1 h"),
        (-timedelta(hours=20), "tomorrow 01:09 EST, in 20 h"),
    ],
)
def test_a_time_is_local_with_its_zone_and_its_distance(passed: timedelta, shown: str) -> None:
    assert relative(NOW - passed, NOW) == shown
    assert relative(NOW - passed, NOW, length=Length.ABSOLUTE) == shown.partition(", ")[0]
    assert relative(NOW - passed, NOW, length=Length.DISTANCE) == shown.partition(", ")[2]


def test_a_time_with_a_zone_of_its_own_keeps_it_unless_utc_is_asked_for() -> None:
    berlin = NOW.astimezone(ZoneInfo("Europe/Berlin"))
    assert relative(berlin, NOW) == "today 11:09 CET, now"
    assert relative(berlin, NOW, utc=True) == "today 10:09 UTC, now"
    assert exact(berlin) == "2026-01-05 11:09:30 CET"


def test_what_is_read_later_has_the_exact_time() -> None:
    assert exact(NOW) == "2026-01-05 05:09:30 EST"
    assert exact(NOW, utc=True) == "2026-01-05 10:09:30 UTC"


def test_a_duration_is_in_its_largest_unit() -> None:
    durations = [timedelta(seconds=0), timedelta(seconds=59), timedelta(minutes=61), timedelta(days=1000)]
    assert [span(duration) for duration in durations] == ["0 s", "59 s", "1 h", "1,000 d"]
