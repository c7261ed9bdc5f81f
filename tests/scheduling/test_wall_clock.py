"""From wall times to moments, for any sequence of wall times and not only for cron's."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from spine.scheduling.transition import transitions
from spine.scheduling.wall_clock import Gap, Repeat, is_second, missing_walls, next_moment

LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # 4 October 2026, 02:00 becomes 02:30; 5 April, 02:00 becomes 01:30


def sequence(*walls: str):  # type: ignore[no-untyped-def]
    moments = [datetime.fromisoformat(wall) for wall in walls]
    return lambda wall: next((moment for moment in moments if moment > wall), None)


def moments(walls: tuple[str, ...], gap: str, repeat: str, after: str, count: int) -> list[str]:
    found, here = [], datetime.fromisoformat(after)
    for _ in range(count):
        here = next_moment(sequence(*walls), LORD_HOWE, Gap(gap), Repeat(repeat), here)
        if here is None:
            break
        found.append(f"{here:%H:%M}")
    return found


@pytest.mark.parametrize(("gap", "wanted"), [("skip", ["15:30", "15:40"]), ("shift", ["15:30", "15:40", "15:45"])])
def test_a_moved_time_takes_its_place_among_those_after_the_gap(gap: str, wanted: list[str]) -> None:
    walls = ("2026-10-04T02:15", "2026-10-04T02:30", "2026-10-04T02:40", "2026-10-05T02:40")
    assert moments(walls, gap, "first", "2026-10-03T15:00", len(wanted)) == wanted


@pytest.mark.parametrize(
    ("repeat", "wanted"),
    [("first", ["14:30", "14:45", "15:30"]), ("both", ["14:30", "14:45", "15:00", "15:15", "15:30"])],
)
def test_the_wall_times_of_a_repeat_come_around_in_order(repeat: str, wanted: list[str]) -> None:
    walls = ("2026-04-05T01:30", "2026-04-05T01:45", "2026-04-05T02:00")
    assert moments(walls, "skip", repeat, "2026-04-04T14:00", 9) == wanted


def test_the_second_of_two_equal_wall_times_is_known() -> None:
    assert not is_second(LORD_HOWE, datetime(2026, 4, 4, 14, 59))
    assert is_second(LORD_HOWE, datetime(2026, 4, 4, 15))
    assert not is_second(LORD_HOWE, datetime(2026, 4, 4, 15, 30))


def test_the_wall_times_that_a_gap_swallows_are_listed() -> None:
    [gap] = transitions(LORD_HOWE, datetime(2026, 10, 1), datetime(2026, 10, 31))
    walls = ("2026-10-04T01:59", "2026-10-04T02:00", "2026-10-04T02:29", "2026-10-04T02:30")
    assert missing_walls(sequence(*walls), gap) == [datetime(2026, 10, 4, 2), datetime(2026, 10, 4, 2, 29)]


def test_what_comes_after_the_last_wall_time_is_nothing() -> None:
    assert moments(("2026-10-04T02:40",), "shift", "both", "2026-10-05T00:00", 1) == []
    assert timedelta() < LORD_HOWE.utcoffset(datetime(2026, 10, 5))  # type: ignore[operator]
