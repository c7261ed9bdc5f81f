"""Lint reports gaps, repeats and overlaps before they happen."""

from __future__ import annotations

import pytest

from spine.scheduling.lint import FindingKind, first_meeting, lint
from tests.scheduling.schedules import schedule, utc

START = utc("2026-01-01")


def test_gaps_and_repeats_of_two_years_are_listed_with_what_happens() -> None:
    daily = schedule(name="daily", cron="30 1,2 * * *", timezone="America/New_York")
    gap = "02:30 does not exist in America/New_York; moved on by 60 minutes (gap = shift)"
    repeat = "01:30 comes twice in America/New_York; only the first time counts (repeat = first)"
    assert [(finding.kind.value, finding.text) for finding in lint([daily], START)] == [
        ("gap", f"daily: 2026-03-08 {gap}"),
        ("repeat", f"daily: 2026-11-01 {repeat}"),
        ("gap", f"daily: 2027-03-14 {gap}"),
        ("repeat", f"daily: 2027-11-07 {repeat}"),
    ]


@pytest.mark.parametrize(("overlap", "fate"), [("skip", "skips"), ("cancel_old", "cancels")])
def test_a_catch_up_that_the_overlap_rule_undoes_is_listed(overlap: str, fate: str) -> None:
    [finding] = lint([schedule(catch_up="all", overlap=overlap)], START)
    assert (finding.kind, finding.text) == (
        FindingKind.CATCH_UP,
        f's: catch_up = "all" starts up to 10 late ticks at once, of which overlap = "{overlap}" {fate} all but 1: '
        'use overlap = "queue"',
    )


def test_a_catch_up_that_queues_or_has_room_is_not_listed() -> None:
    rooms = [schedule(catch_up="all"), schedule(catch_up="all", overlap="allow"), schedule(catch_up="one")]
    assert lint(rooms, START, years=0) == []


def test_several_ticks_in_one_change_make_one_finding() -> None:
    often = schedule(cron="*/10 * * * *", timezone="Australia/Lord_Howe", gap="skip", repeat="both")
    texts = [finding.text for finding in lint([often], START, years=1)]
    assert texts == [
        "s: 3 ticks from 2026-04-05 01:30 to 2026-04-05 01:50 come twice in Australia/Lord_Howe; "
        "both times count (repeat = both)",
        "s: 3 ticks from 2026-10-04 02:00 to 2026-10-04 02:20 do not exist in Australia/Lord_Howe; "
        "left out (gap = skip)",
    ]


@pytest.mark.parametrize("options", [{"every": "1h"}, {"cron": "0 6 * * MON"}, {"at": "2026-03-08T02:30"}])
def test_what_no_change_touches_is_not_listed(options: dict[str, str]) -> None:
    assert lint([schedule(timezone="America/New_York", **options)], START) == []


def test_two_schedules_of_one_target_that_meet_are_listed_once() -> None:
    weekly = schedule(name="weekly", cron="0 6 * * MON")
    daily = schedule(name="daily", cron="0 6 * * *")
    other = schedule(name="other", cron="0 6 * * *", workflow="v")
    paused = schedule(name="paused", cron="0 6 * * *", enabled=False)
    [finding] = lint([weekly, daily, other, paused], START)
    assert finding.kind is FindingKind.OVERLAP
    assert finding.text == "weekly and daily both start w at 2026-01-05 06:00:00 UTC"


def test_many_that_meet_at_once_make_one_finding() -> None:
    crowd = [schedule(name=f"s{number}", cron="0 6 * * *") for number in range(5)]
    weekly = schedule(name="weekly", cron="0 6,7 * * MON")
    at_seven = schedule(name="seven", cron="0 7 * * *")
    assert [finding.text for finding in lint([*crowd, weekly, at_seven], START)] == [
        "s0, s1, s2 and 2 more all start w at 2026-01-01 06:00:00 UTC",
        "s0, s1, s2 and 3 more all start w at 2026-01-05 06:00:00 UTC",
        "weekly and seven both start w at 2026-01-05 07:00:00 UTC",
    ]


@pytest.mark.parametrize("names", [("often", "late"), ("late", "often")])
def test_a_rare_tick_is_found_among_frequent_ones_however_late_it_comes(names: tuple[str, str]) -> None:
    both = {"often": schedule(name="often", cron="*/5 * * * *"), "late": schedule(name="late", at="2027-12-01T06:05")}
    [finding] = lint([both[name] for name in names], START)
    assert finding.text == f"{names[0]} and {names[1]} both start w at 2027-12-01 06:05:00 UTC"


def test_schedules_that_never_meet_are_found_apart_at_once() -> None:
    even, odd = schedule(cron="*/2 * * * *"), schedule(cron="1-59/2 * * * *")
    assert first_meeting(even.trigger, odd.trigger, START, utc("2028-01-01")) is None
    daily, seconds = schedule(cron="30 6 * * *"), schedule(every="1s")
    assert first_meeting(daily.trigger, seconds.trigger, START, utc("2028-01-01")) == utc("2026-01-01T06:30")
