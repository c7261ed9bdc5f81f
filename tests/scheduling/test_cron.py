"""Cron expressions fire when cron would, in any zone, and hostile ones are refused."""

from __future__ import annotations

import contextlib
import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spine.core.errors import ScheduleError
from spine.scheduling.cron import MACROS, CronTrigger, normal_cron
from spine.scheduling.transition import Transition, transitions
from spine.scheduling.trigger import ticks_between
from tests.scheduling.cron_oracle import expected

EXPRESSIONS = (
    "*/7 * * * *",
    "15,45 0-3 * * *",
    "30 2 * * *",
    "0 0 * * *",
    "10 1,2,23 13 * FRI",
    "0 */2 */2 * MON-FRI",
    "59 23 L * 7L,MON#1",
)
MODES = [("skip", "first"), ("skip", "both"), ("shift", "first"), ("shift", "both")]
START, END = datetime(2020, 1, 1), datetime(2038, 1, 1)
ODD_ZONES = (
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Havana",
    "America/Santiago",
    "Asia/Beirut",
    "Africa/Casablanca",
    "America/Nuuk",
    "Antarctica/Troll",
    "Europe/Lisbon",
    "Asia/Gaza",
    "UTC",
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fires(trigger: CronTrigger, start: datetime, end: datetime) -> list[datetime]:
    return list(ticks_between(trigger, start - timedelta(seconds=1), end - timedelta(seconds=1)))


def check_around(zone: ZoneInfo, at: datetime, expression: str, mode: tuple[str, str], hours: int = 27) -> None:
    gap, repeat = mode
    start = at.replace(tzinfo=UTC) - timedelta(hours=hours)
    end = start + timedelta(hours=2 * hours)
    trigger = CronTrigger(expression, zone.key, gap, repeat)
    wanted = expected(expression, zone, start, end, shift=gap == "shift", both=repeat == "both")
    assert fires(trigger, start, end) == wanted, (zone.key, at, expression, mode)


def changes(name: str) -> list[Transition]:
    return list(transitions(ZoneInfo(name), START, END))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ODD_ZONES)
def test_each_minute_around_a_change_of_clocks_is_as_brute_force_says(name: str, mode: tuple[str, str]) -> None:
    chosen = random.Random(name).sample(changes(name), 1) if changes(name) else [Transition(START, *[timedelta()] * 2)]
    for change in chosen:
        for expression in EXPRESSIONS:
            check_around(ZoneInfo(name), change.at, expression, mode)


def test_a_sample_of_every_zone_with_changes_is_as_brute_force_says() -> None:
    dice = random.Random(20)
    for name in dice.sample(sorted(available_timezones()), 30):
        for change in dice.sample(changes(name), min(1, len(changes(name)))):
            check_around(ZoneInfo(name), change.at, dice.choice(EXPRESSIONS[:4]), dice.choice(MODES), 5)


@pytest.mark.parametrize("mode", MODES)
def test_the_day_that_samoa_left_out_is_skipped_or_moved(mode: tuple[str, str]) -> None:
    for expression in ("0 12 30 12 *", "0 12 * * *", "0 0 * * *", "*/30 6 * * FRI"):
        check_around(ZoneInfo("Pacific/Apia"), datetime(2011, 12, 30, 10), expression, mode, 60)


@pytest.mark.soak
@pytest.mark.parametrize("name", sorted(available_timezones() - {"localtime", "posixrules"}))
def test_every_change_of_every_zone_from_2020_to_2037_is_as_brute_force_says(name: str) -> None:
    dice = random.Random(name)
    for change in changes(name):
        for mode in MODES:
            check_around(ZoneInfo(name), change.at, dice.choice(EXPRESSIONS[:4]), mode, 5)


@pytest.mark.parametrize("expression", EXPRESSIONS[2:])
def test_months_without_changes_are_as_brute_force_says(expression: str) -> None:
    check_around(ZoneInfo("Asia/Kathmandu"), datetime(2027, 2, 14), expression, ("shift", "first"), 24 * 35)


def test_a_missing_time_is_left_out_or_moved_by_the_gap() -> None:
    start, end = utc("2026-03-08"), utc("2026-03-09T05:00")
    skip = CronTrigger("30 2 * * *", "America/New_York", "skip")
    shift = CronTrigger("30 2 * * *", "America/New_York", "shift")
    assert fires(skip, start, end) == []
    assert fires(shift, start, end) == [utc("2026-03-08T07:30")]


def test_a_moved_time_that_meets_another_one_fires_once() -> None:
    trigger = CronTrigger("30 2,3 * * *", "America/New_York", "shift")
    assert fires(trigger, utc("2026-03-08"), utc("2026-03-09")) == [utc("2026-03-08T07:30")]


def test_a_time_that_comes_twice_fires_once_or_twice() -> None:
    start, end = utc("2026-11-01"), utc("2026-11-02")
    first = CronTrigger("30 1 * * *", "America/New_York", repeat="first")
    both = CronTrigger("30 1 * * *", "America/New_York", repeat="both")
    assert fires(first, start, end) == [utc("2026-11-01T05:30")]
    assert fires(both, start, end) == [utc("2026-11-01T05:30"), utc("2026-11-01T06:30")]


@pytest.mark.parametrize("sunday", ["0", "7", "SUN", "sun"])
def test_sunday_is_0_and_7_and_sun(sunday: str) -> None:
    assert CronTrigger(f"0 0 * * {sunday}").next_after(utc("2026-11-23")) == utc("2026-11-29")


def test_monday_is_1_as_cron_counts() -> None:
    assert CronTrigger("0 0 * * 1").next_after(utc("2026-11-24")) == utc("2026-11-30")


@pytest.mark.parametrize(("macro", "meaning"), MACROS.items())
def test_a_macro_means_its_five_fields(macro: str, meaning: str) -> None:
    assert normal_cron(macro.upper()) == meaning


def test_a_leap_day_is_waited_for() -> None:
    assert CronTrigger("0 0 29 2 *").next_after(utc("2096-03-01")) == utc("2104-02-29")


def test_nothing_fires_after_the_end_of_the_calendar() -> None:
    assert CronTrigger("0 0 * * *", "Asia/Tokyo").next_after(utc("9999-12-31T12:00")) is None
    assert CronTrigger("0 0 * * *", "America/New_York").next_after(utc("9999-12-31T12:00")) is None


@pytest.mark.parametrize("expression", ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 */31 * MON#5", "0 0 31 2 */2"])
def test_an_expression_that_never_fires_is_refused(expression: str) -> None:
    with pytest.raises(ScheduleError, match="never fires: day of month"):
        CronTrigger(expression)


def test_a_day_that_no_month_has_does_no_harm_beside_a_weekday() -> None:
    assert CronTrigger("0 0 31 2 MON").next_after(utc("2026-02-03")) == utc("2026-02-09")


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("", "has 0 fields: write five"),
        ("* * * *", "has 4 fields"),
        ("0 0 0 1 1 *", "has 6 fields"),
        ("@reboot", "is not known"),
        ("@dayly", "did you mean '@daily'"),
        ("60 * * * *", "cron minute '60' is not valid: use 0-59"),
        ("0 0 * * FUN", "cron day of week 'FUN' is not valid: use 0-7 or SUN-SAT"),
    ],
)
def test_a_wrong_expression_is_refused_with_field_and_allowed_values(expression: str, words: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        CronTrigger(expression)
    assert words in str(caught.value)


_TOKEN = st.text("0123456789*/,-#LW?@MONSUJA \t\n٣\0", max_size=12)


@given(st.one_of(st.text(max_size=80), st.lists(_TOKEN, min_size=5, max_size=5).map(" ".join)))
@example("*/" * 5000 + " * * * *")
@example("9" * 10_000 + " * * * *")
@example(",".join(["1-59/2"] * 1000) + " * * * *")
@example("0 0 1-31 * 1#5,2#5,3#5")
@example("0 0 * 2 MON#5")
def test_hostile_text_gives_a_typed_error_or_a_trigger_that_fires(expression: str) -> None:
    with contextlib.suppress(ScheduleError):
        assert CronTrigger(expression).next_after(utc("2026-01-01")) is not None


def _field(least: int, greatest: int) -> st.SearchStrategy[str]:
    number = st.integers(least, greatest)
    span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    step = st.tuples(st.just("*") | span, st.integers(1, greatest)).map(lambda pair: f"{pair[0]}/{pair[1]}")
    term = st.just("*") | number.map(str) | span | step
    return st.lists(term, min_size=1, max_size=3).map(",".join)


_CRONS = st.tuples(_field(0, 59), _field(0, 23), _field(1, 28), st.just("*"), _field(0, 7)).map(" ".join)
_MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2037, 12, 1), timezones=st.just(UTC))


@given(_CRONS, _MOMENTS, st.sampled_from(ODD_ZONES), st.sampled_from(MODES))
def test_ticks_come_in_order_and_none_is_lost_in_between(
    expression: str, moment: datetime, name: str, mode: tuple[str, str]
) -> None:
    trigger = CronTrigger(expression, name, *mode)
    ticks, here = [moment], moment
    for _ in range(6):
        here = trigger.next_after(here) or here
        ticks.append(here)
    for before, after in pairwise(ticks):
        assert before < after
        assert trigger.next_after(before + (after - before) / 2) == after
        assert trigger.next_after(after - timedelta(microseconds=1)) == after


@settings(max_examples=40)
@given(_CRONS, _MOMENTS, st.sampled_from(["skip", "shift"]), st.sampled_from(["first", "both"]))
def test_any_expression_is_as_brute_force_says(expression: str, moment: datetime, gap: str, repeat: str) -> None:
    at = moment.replace(second=0, microsecond=0, tzinfo=None)
    check_around(ZoneInfo("Australia/Lord_Howe"), at, expression, (gap, repeat), 6)


@pytest.mark.parametrize("expression", ["0 6 * * fr\u0131", "0 6 * * \u017fun"])
def test_letters_that_only_look_like_those_of_a_weekday_are_refused(expression: str) -> None:
    with pytest.raises(ScheduleError, match="day of week"):
        normal_cron(expression)


@pytest.mark.parametrize(("macro", "same"), [("@midnight", "@daily"), ("@annually", "@yearly")])
def test_cron_has_two_words_for_some_times(macro: str, same: str) -> None:
    assert normal_cron(macro) == normal_cron(same)
