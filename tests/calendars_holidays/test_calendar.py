"""Holidays as states and markets publish them, and weekends."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from spine_calendars_holidays.calendar import HolidayCalendar

# nyse.com, "Holidays & Trading Hours"
NYSE = {
    2026: ["01-01", "01-19", "02-16", "04-03", "05-25", "06-19", "07-03", "09-07", "11-26", "12-25"],
    2027: ["01-01", "01-18", "02-15", "03-26", "05-31", "06-18", "07-05", "09-06", "11-25", "12-24"],
}
# ecb.europa.eu, "T2 calendar"
T2 = {
    2026: ["01-01", "04-03", "04-06", "05-01", "12-25"],
    2027: ["01-01", "03-26", "03-29"],  # 1 May, 25 and 26 December are at weekends
}
# Bavarian "Feiertagsgesetz"; the Assumption is no holiday in all of Bavaria
BAVARIA = {2026: ["01-01", "01-06", "04-03", "04-06", "05-01", "05-14", "05-25", "06-04", "12-25"]}
# England's bank holidays: gov.uk
ENGLAND = {2026: ["01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"]}


@pytest.mark.parametrize(
    ("options", "published"),
    [
        ({"market": "NYSE"}, NYSE),
        ({"market": "XNYS"}, NYSE),
        ({"market": "ECB"}, T2),
        ({"country": "DE", "subdivision": "BY"}, BAVARIA),
        ({"country": "GB", "subdivision": "ENG"}, ENGLAND),
    ],
)
def test_closed_weekdays_are_those_that_were_published(
    options: dict[str, str], published: dict[int, list[str]]
) -> None:
    calendar = HolidayCalendar("c", **options)
    for year, days in published.items():
        assert closed_weekdays(calendar, year) == days


def closed_weekdays(calendar: HolidayCalendar, year: int) -> list[str]:
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(365)]
    return [f"{day:%m-%d}" for day in days if day.weekday() < 5 and not calendar.is_business_day(day)]


def test_a_holiday_may_be_kept_in_the_year_before() -> None:
    """New Year's Day of 2022 was a Saturday: on Friday federal offices were closed, the stock exchange was open."""
    assert not HolidayCalendar("federal", country="US").is_business_day(date(2021, 12, 31))
    assert HolidayCalendar("nyse", market="NYSE").is_business_day(date(2021, 12, 31))


@pytest.mark.parametrize(
    ("options", "weekend"),
    [
        ({"country": "DE"}, {"Sat", "Sun"}),
        ({"country": "IL"}, {"Fri", "Sat"}),
        ({"country": "DE", "weekend": ["Fri", "sat"]}, {"Fri", "Sat"}),
        ({"country": "DE", "weekend": []}, set()),
    ],
)
def test_the_weekend_is_that_of_the_country_or_of_the_option(options: dict[str, Any], weekend: set[str]) -> None:
    calendar = HolidayCalendar("c", **options)
    week = [date(2026, 11, 23) + timedelta(days=number) for number in range(7)]
    assert {f"{day:%a}" for day in week if not calendar.is_business_day(day)} == weekend


@pytest.mark.parametrize("options", [{}, {"weekend": ["sat", "sun"]}])
def test_a_working_day_that_was_moved_to_a_weekend_is_a_business_day(options: dict[str, Any]) -> None:
    """The State Council's notice on 2025: work on Sunday 26 January and Saturday 8 February for the Spring Festival."""
    calendar = HolidayCalendar("china", country="CN", **options)
    days = [date(2025, 1, 25), date(2025, 1, 26), date(2025, 2, 3), date(2025, 2, 4), date(2025, 2, 8)]
    assert [calendar.is_business_day(day) for day in days] == [False, True, False, False, True]


def test_the_weekend_may_have_changed() -> None:
    """In the United Arab Emirates it is Saturday and Sunday since 2022, before that it was Friday and Saturday."""
    calendar = HolidayCalendar("dubai", country="AE")
    days = [date(2021, 11, 26), date(2021, 11, 28), date(2026, 11, 27), date(2026, 11, 29)]
    assert [calendar.is_business_day(day) for day in days] == [False, True, True, False]


def test_it_says_where_the_data_of_the_library_end() -> None:
    assert HolidayCalendar("germany", country="DE").covers_until >= date(2099, 12, 31)
    assert HolidayCalendar("nyse", market="NYSE").covers_until >= date(2099, 12, 31)
