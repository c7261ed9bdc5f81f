"""Every tick gets a row, and the rows of a simulated year are exactly those of the policies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.scheduling.due import due, next_due, starts_at
from spine.scheduling.schedule import Schedule
from spine.scheduling.tick import Decision, Tick
from spine.scheduling.trigger import ticks_between
from tests.scheduling.schedules import schedule, utc

YEAR = utc("2026-01-01"), utc("2027-01-01")
HOUR = timedelta(hours=1)
# The scheduler looks every ten minutes, but is down from 1 to 3 March and for some hours of 5 May.
DOWN = [(utc("2026-03-01T00:05"), utc("2026-03-03T00:05")), (utc("2026-05-05T10:30"), utc("2026-05-05T14:00"))]
MISSED_HOURS = [utc("2026-03-01T01:00") + HOUR * n for n in range(48)] + [
    utc("2026-05-05T11:00") + HOUR * n for n in range(3)
]


def looks() -> Iterator[datetime]:
    now = YEAR[0]
    while now < YEAR[1]:
        now += timedelta(minutes=10)
        if not any(start < now < end for start, end in DOWN):
            yield now


def simulate(subject: Schedule) -> list[Tick]:
    """Run the year with a fixed clock, remembering the last tick as a scheduler's table does."""
    last, rows = YEAR[0], []
    wake = next_due(subject, last)
    for now in looks():
        if wake is None or wake > now:
            continue
        rows += due(subject, last, now)
        last = rows[-1].scheduled_at
        wake = next_due(subject, last)
    return rows


@cache
def year_of(*options: tuple[str, object]) -> list[Tick]:
    """Return the ticks of the year for options of the schedule; several tests ask for the same year."""
    return simulate(schedule(**dict(options)))


def of(rows: list[Tick], decision: Decision) -> list[datetime]:
    return [row.scheduled_at for row in rows if row.decision is decision]


BLACKED_OUT = (utc("2026-05-05T10:00"), utc("2026-05-05T14:30"))


def hours_of_the_year() -> list[datetime]:
    return [YEAR[0] + HOUR * n for n in range(1, 8761)]


def caught_up(rows: list[Tick]) -> list[datetime]:
    return [row.scheduled_at for row in rows if row.decision is Decision.RUN and "caught up" in row.reason]


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"catch_up": "one"}, {"catch_up": "all"}, {"jitter_seconds": 1500.0}])
def test_every_tick_of_a_year_gets_one_row_in_order(options: dict[str, str]) -> None:
    rows = year_of(*options.items())
    due_by_now = [hour for hour in hours_of_the_year() if hour <= rows[-1].scheduled_at]
    assert [row.scheduled_at for row in rows] == due_by_now
    assert len(due_by_now) >= 8759


def test_what_is_late_is_missed_where_nothing_is_caught_up() -> None:
    rows = year_of()
    # at 00:10 on 3 March the tick of 00:00 is late by ten minutes; at 14:00 on 5 May one is exactly on time
    assert of(rows, Decision.MISSED) == MISSED_HOURS
    assert of(rows, Decision.RUN) == [hour for hour in hours_of_the_year() if hour not in MISSED_HOURS]
    missed = next(row for row in rows if row.scheduled_at == utc("2026-03-03T00:00"))
    assert missed.reason == "late by 600 s, beyond a grace of 60 s: not caught up (catch_up = skip)"


@pytest.mark.slow
def test_a_missed_tick_says_why_it_is_not_caught_up() -> None:
    one, newest = year_of(("catch_up", "one")), year_of(("catch_up", "all"), ("catch_up_limit", 5))
    for rows, why in ((one, "one, the newest unless one is on time"), (newest, "all, the newest 5")):
        reasons = {row.reason.partition(": ")[2] for row in rows if row.decision is Decision.MISSED and row.count == 1}
        assert reasons == {f"not caught up (catch_up = {why})"}
    blacked_out = due(schedule(catch_up="all", blackouts=["13:00-16:00"]), *BLACKED_OUT)[0]
    assert blacked_out.reason.endswith("not caught up (nothing is caught up in the blackout 13:00-16:00)")


@pytest.mark.slow
def test_a_tick_within_its_grace_runs_late_and_is_not_missed() -> None:
    rows = year_of(("misfire_grace_seconds", 2 * 3600.0))
    assert of(rows, Decision.MISSED) == [hour for hour in MISSED_HOURS if hour < utc("2026-03-02T22:10")] + [
        utc("2026-05-05T11:00")
    ]


def test_one_late_tick_stands_for_all_and_none_does_where_one_is_on_time() -> None:
    rows = year_of(("catch_up", "one"))
    assert caught_up(rows) == [utc("2026-03-03T00:00")]
    assert of(rows, Decision.MISSED) == [hour for hour in MISSED_HOURS if hour != utc("2026-03-03T00:00")]


def test_all_late_ticks_run_up_to_the_limit_the_newest_first_chosen() -> None:
    rows = year_of(("catch_up", "all"), ("catch_up_limit", 5))
    assert caught_up(rows) == [utc("2026-03-02T20:00") + HOUR * n for n in range(5)] + MISSED_HOURS[48:]
    assert of(rows, Decision.MISSED) == MISSED_HOURS[:43]


@pytest.mark.slow
def test_ticks_in_a_blackout_are_skipped_by_the_wall_clock_of_the_zone() -> None:
    rows = simulate(
        schedule(timezone="America/New_York", blackouts=["Sat 22:00-Sun 06:00"], catch_up="all", catch_up_limit=1000)
    )
    skipped = of(rows, Decision.SKIPPED)
    assert all(
        (local.isoweekday() == 6 and local.hour >= 22) or (local.isoweekday() == 7 and local.hour < 6)
        for local in (moment.astimezone(schedule(timezone="America/New_York").zone) for moment in skipped)
    )
    # 52 nights of eight hours; that of 8 March has a missing hour, that of 1 November one twice, of which one counts
    assert len(skipped) == 52 * 8 - 1
    assert {row.reason for row in rows if row.decision is Decision.SKIPPED} == {"in the blackout Sat 22:00-Sun 06:00"}
    assert of(rows, Decision.MISSED) == []


def test_nothing_is_caught_up_in_a_blackout() -> None:
    subject = schedule(catch_up="all", blackouts=["13:00-16:00"])
    rows = due(subject, *BLACKED_OUT)
    assert [(row.scheduled_at.hour, row.decision.value) for row in rows] == [
        (11, "MISSED"),
        (12, "MISSED"),
        (13, "SKIPPED"),
        (14, "SKIPPED"),
    ]


def test_a_daily_schedule_fires_365_times_a_year_in_a_zone_with_changes() -> None:
    rows = simulate(schedule(cron="30 2 * * *", timezone="America/New_York", catch_up="all"))
    assert Counter(row.decision for row in rows) == {Decision.RUN: 365}
    skipping = simulate(schedule(cron="30 2 * * *", timezone="America/New_York", catch_up="all", gap="skip"))
    assert {row.scheduled_at for row in rows} - {row.scheduled_at for row in skipping} == {utc("2026-03-08T07:30")}


def test_jitter_delays_a_tick_and_never_starts_it_early() -> None:
    subject = schedule(jitter_seconds=600.0)
    scheduled_at = utc("2026-06-01T12:00")
    start = starts_at(subject, scheduled_at)
    last = scheduled_at - HOUR
    assert scheduled_at < start < scheduled_at + timedelta(minutes=10)
    assert next_due(subject, last) == start
    assert due(subject, last, start - timedelta(microseconds=1)) == []
    assert due(subject, last, start) == [Tick(scheduled_at, Decision.RUN)]
    assert due(subject, last, start + timedelta(seconds=60))[0].decision is Decision.RUN


def test_no_tick_is_lost_where_jitter_is_longer_than_the_interval() -> None:
    subject = schedule(every="1m", jitter_seconds=300.0, misfire_grace_seconds=600.0)
    last, now, rows = utc("2026-06-01"), utc("2026-06-01"), []
    while now < utc("2026-06-01T03:00"):
        now += timedelta(seconds=20)
        rows += due(subject, last, now)
        last = rows[-1].scheduled_at if rows else last
        assert all(row.decision is Decision.RUN for row in rows)
    assert [row.scheduled_at for row in rows] == [
        utc("2026-06-01") + timedelta(minutes=n + 1) for n in range(len(rows))
    ]
    assert len(rows) >= 174


def test_a_disabled_schedule_has_no_ticks() -> None:
    assert due(schedule(enabled=False), *YEAR) == []
    assert next_due(schedule(enabled=False), YEAR[0]) is None


def test_a_date_is_due_once() -> None:
    subject = schedule(at="2026-06-01T12:00")
    [tick] = simulate(subject)
    assert tick == Tick(utc("2026-06-01T12:00"), Decision.RUN)
    assert next_due(subject, tick.scheduled_at) is None


@given(
    st.sampled_from(["skip", "one", "all"]),
    st.integers(1, 8),
    st.integers(1, 60),
    st.integers(1, 7),
    st.sampled_from([[], ["00:10-00:30"], ["00:50-01:10"]]),
)
def test_a_backlog_in_batches_is_decided_as_in_one(
    catch_up: str, most: int, minutes: int, batch: int, blackouts: list[str]
) -> None:
    subject = schedule(
        every="1m", catch_up=catch_up, catch_up_limit=most, blackouts=blackouts, misfire_grace_seconds=150.0
    )
    start = utc("2026-06-01")
    now = start + timedelta(minutes=minutes)
    whole, parts, last = due(subject, start, now), [], start
    while some := due(subject, last, now, batch):
        parts += some
        last = some[-1].scheduled_at
    assert parts == whole
    assert [row.scheduled_at for row in whole] == list(ticks_between(subject.trigger, start, now))


def test_one_row_stands_for_the_older_ticks_of_a_long_gap() -> None:
    rows = due(schedule(every="1m", catch_up="all", catch_up_limit=3), utc("2026-01-01"), utc("2026-01-31T00:00:30"))
    first = rows[0]
    assert first.scheduled_at == utc("2026-01-01T00:01")
    assert first.count + len(rows[1:]) == 30 * 24 * 60
    assert first.reason.startswith(f"{first.count:,} ticks until 2026-01-30 ")
    assert first.reason.endswith(" UTC were missed, late beyond a grace of 60 s")
    assert 100 <= len(rows) <= 300
    assert [row.decision for row in rows[-4:]] == [Decision.RUN] * 4  # three caught up, one on time


def test_a_backlog_of_years_is_told_at_once() -> None:
    rows = due(schedule(every="100ms", catch_up="all", catch_up_limit=3), utc("2006-01-01"), utc("2026-01-01"))
    assert rows[0].reason.startswith("more than 100,000 ticks until 2025-12-31 ")
    assert len(rows) <= 1001


def test_jitter_that_is_longer_than_the_interval_makes_no_tick_late() -> None:
    schedule = Schedule(name="s", workflow="w", every="1m", jitter_seconds=3600, misfire_grace_seconds=1)
    start = datetime(2026, 3, 2, tzinfo=UTC)
    last, decisions = start, []
    for second in range(1200):
        for tick in due(schedule, last, start + timedelta(seconds=second)):
            last = tick.scheduled_at
            decisions.append(tick.decision)
    assert len(decisions) >= 18
    assert set(decisions) == {Decision.RUN}


def test_a_start_that_jitter_moves_into_a_blackout_is_skipped() -> None:
    windows = ("06:00-23:59",)
    schedule = Schedule(name="s", workflow="w", cron="59 5 * * *", jitter_seconds=86_000, blackouts=windows)
    start = datetime(2026, 3, 2, tzinfo=UTC)
    found = due(schedule, start, start + timedelta(days=2))
    assert found[0].decision is Decision.SKIPPED


@pytest.mark.parametrize("grace", [0.0, 0.001])
def test_a_tick_at_the_first_look_after_its_time_is_on_time_whatever_the_grace(grace: float) -> None:
    subject = schedule(every="10s", misfire_grace_seconds=grace)
    last, now = utc("2026-06-01"), utc("2026-06-01T00:00:10") + timedelta(seconds=0.4)
    [tick] = due(subject, last, now, looked_at=now - timedelta(seconds=1))
    assert tick.decision is Decision.RUN
    [seen] = due(subject, last, now, looked_at=now - timedelta(seconds=0.1))
    assert seen.decision is Decision.MISSED


def test_the_grace_counts_where_nobody_looked_for_long() -> None:
    subject = schedule(every="1h", misfire_grace_seconds=60.0)
    last, now = utc("2026-06-01"), utc("2026-06-01T01:30")
    [tick] = due(subject, last, now, looked_at=utc("2026-06-01T00:59"))
    assert tick.decision is Decision.MISSED
