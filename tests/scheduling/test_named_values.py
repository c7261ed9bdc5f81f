"""Named values in the parameters of a schedule."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import ScheduleError
from spine.scheduling.logical_time import params_at, tick_time
from spine.scheduling.named_values import check_named, filled
from spine.scheduling.schedule import Schedule

MONDAY = datetime(2026, 11, 30, 5, tzinfo=UTC)  # 06:00 in Berlin


def params_of(given: dict[str, Any], **options: Any) -> dict[str, object]:
    fields = {"cron": "0 6 * * MON", "timezone": "Europe/Berlin", **options}
    schedule = Schedule(name="s", workflow="w", params=given, **fields)
    return params_at(schedule, tick_time(schedule, MONDAY))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{scheduled_at}", "2026-11-30T06:00:00+01:00"),
        ("{scheduled_at:%Y-%m-%d}", "2026-11-30"),
        ("in/{interval_start:%Y%m%d}-{interval_end:%Y%m%d}.csv", "in/20261123-20261130.csv"),
        ("{previous_business_day:%Y%m%d}", "20261127"),
        ("{previous_business_day}", "2026-11-27"),
        ("{{scheduled_at}}", "{scheduled_at}"),
        ('{"a": {"b": 1}}', '{"a": {"b": 1}}'),
        ("{} {0} %Y {", "{} {0} %Y {"),
    ],
)
def test_a_named_value_is_that_of_the_tick_in_the_zone_of_the_schedule(text: str, value: str) -> None:
    assert params_of({"day": text}) == {"day": value}


def test_named_values_stand_anywhere_in_the_parameters_and_other_values_stay() -> None:
    given = {"days": ["{scheduled_at:%d}", 1], "nested": {"day": "{scheduled_at:%m}"}, "flag": True, "none": None}
    assert params_of(given) == {"days": ["30", 1], "nested": {"day": "11"}, "flag": True, "none": None}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{schedule_at:%Y}", "params.day: there is no value '{schedule_at:%Y}'; did you mean 'scheduled_at'?"),
        ("{week}", "for the text as it is write {{week}}"),
        ("{scheduled_at:%Q}", "params.day: %Q in '{scheduled_at:%Q}' is no format of a date"),
        ("{scheduled_at:%}", "is no format of a date"),
    ],
)
def test_a_named_value_that_cannot_be_is_refused_when_the_schedule_is_declared(text: str, sentence: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        params_of({"day": text})
    assert sentence in str(caught.value)


def test_the_previous_business_day_is_that_of_the_calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = Schedule(name="s", workflow="w", cron="@daily")
    monkeypatch.setattr(Schedule, "is_business_day", lambda _self, day: day != date(2026, 11, 27) and day.weekday() < 5)
    assert schedule.previous_business_day(date(2026, 11, 30)) == date(2026, 11, 26)


@given(st.text(alphabet="{}:%sY scheduled_at", max_size=40))
def test_any_text_is_refused_by_a_sentence_or_filled(text: str) -> None:
    try:
        check_named(text)
    except ScheduleError:
        return
    assert isinstance(filled(text, dict.fromkeys(("scheduled_at",), lambda: MONDAY)), str)
