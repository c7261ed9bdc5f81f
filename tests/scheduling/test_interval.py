"""Intervals are counted from their anchor, alike on every scheduler."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import ScheduleError
from spine.scheduling.interval import EPOCH, IntervalTrigger, parse_every

MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
LENGTHS = st.timedeltas(timedelta(milliseconds=1), timedelta(days=400))


@given(LENGTHS, MOMENTS, MOMENTS)
def test_the_next_tick_is_the_only_one_within_an_interval(every: timedelta, anchor: datetime, moment: datetime) -> None:
    tick = IntervalTrigger(every, anchor).next_after(moment)
    assert tick is not None
    assert moment < tick <= moment + every
    assert (tick - anchor) % every == timedelta()


def test_ticks_do_not_depend_on_when_one_begins_to_look() -> None:
    trigger = IntervalTrigger(timedelta(minutes=7))
    at = trigger.next_after(datetime(2026, 1, 1, 0, 3, 11, tzinfo=UTC))
    assert at == datetime(2026, 1, 1, 0, 7, tzinfo=UTC)
    assert (at - EPOCH) % timedelta(minutes=7) == timedelta()


def test_clocks_that_are_changed_do_not_matter_to_an_interval() -> None:
    before = datetime(2026, 3, 8, 1, 30, tzinfo=ZoneInfo("America/New_York"))
    assert IntervalTrigger(timedelta(hours=1)).next_after(before) == datetime(2026, 3, 8, 7, tzinfo=UTC)


@pytest.mark.parametrize("every", [timedelta(), timedelta(seconds=-1)])
def test_an_interval_is_more_than_zero(every: timedelta) -> None:
    with pytest.raises(ScheduleError, match="an interval is more than zero"):
        IntervalTrigger(every)


def test_an_anchor_has_a_timezone() -> None:
    with pytest.raises(ScheduleError, match="anchor 2026-01-01T00:00:00 has no timezone"):
        IntervalTrigger(timedelta(hours=1), datetime(2026, 1, 1))


def test_there_is_no_tick_after_the_end_of_the_calendar() -> None:
    assert IntervalTrigger(timedelta(days=9)).next_after(datetime.max.replace(tzinfo=UTC)) is None


@pytest.mark.parametrize(
    "text",
    ["", "5", "m", "-5m", "5m1h", "1.5h", "5 m", "5min", "\u0665m", "0s", "0d0h", "9" * 15 + "w", "9" * 400 + "s"],
)
def test_what_is_no_duration_is_refused_with_one_sentence(text: str) -> None:
    with pytest.raises(ScheduleError, match=r"^every .*(duration).*") as caught:
        parse_every(text)
    assert len(str(caught.value)) < 200
