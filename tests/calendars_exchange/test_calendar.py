"""Sessions as exchanges publish them, and the ends of the library's data."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from spine.core.errors import ConfigError
from spine_calendars_exchange.calendar import ExchangeCalendar

PUBLISHED = {
    # nyse.com, "Holidays & Trading Hours"
    ("XNYS", 2026): ["01-01", "01-19", "02-16", "04-03", "05-25", "06-19", "07-03", "09-07", "11-26", "12-25"],
    ("NYSE", 2027): ["01-01", "01-18", "02-15", "03-26", "05-31", "06-18", "07-05", "09-06", "11-25", "12-24"],
    # londonstockexchange.com, "Business days"
    ("XLON", 2026): ["01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"],
    # xetra.com, "Trading calendar": 24 and 31 December are closed, too
    ("XETR", 2026): ["01-01", "04-03", "04-06", "05-01", "12-24", "12-25", "12-31"],
}


@pytest.mark.parametrize(("exchange", "year"), PUBLISHED)
def test_closed_weekdays_are_those_that_were_published(exchange: str, year: int) -> None:
    calendar = ExchangeCalendar("c", exchange)
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(365)]
    closed = [f"{day:%m-%d}" for day in days if day.weekday() < 5 and not calendar.is_business_day(day)]
    assert closed == PUBLISHED[exchange, year]
    assert not any(calendar.is_business_day(day) for day in days if day.weekday() > 4)


def test_a_session_that_ends_early_is_a_business_day() -> None:
    """New York closes at 13:00 on the day after Thanksgiving and on 24 December."""
    calendar = ExchangeCalendar("c", "XNYS")
    assert calendar.is_business_day(date(2026, 11, 27))
    assert calendar.is_business_day(date(2026, 12, 24))


def test_the_weekend_is_that_of_the_exchange() -> None:
    """Riyadh trades from Sunday to Thursday."""
    calendar = ExchangeCalendar("riyadh", "XSAU")
    week = [date(2026, 11, 22) + timedelta(days=number) for number in range(7)]
    assert [calendar.is_business_day(day) for day in week] == [True] * 5 + [False] * 2


@pytest.mark.parametrize("day", [date(1999, 12, 31), date(2060, 1, 1), date(9999, 12, 31), date(1, 1, 1)])
def test_a_day_outside_of_the_known_sessions_is_an_error(day: date) -> None:
    with pytest.raises(ConfigError) as raised:
        ExchangeCalendar("c", "XNYS").is_business_day(day)
    assert str(raised.value) == (
        f"whether XNYS has a session on {day} is not known, only from 2000-01-01 to 2059-12-31: "
        "pip install --upgrade exchange-calendars"
    )


def test_the_data_of_some_exchanges_end_earlier_and_begin_later() -> None:
    """Riyadh's sessions are known from 2021 on, those of Hong Kong until the lunar calendar of the library ends."""
    riyadh, hong_kong = ExchangeCalendar("c", "XSAU"), ExchangeCalendar("c", "XHKG")
    with pytest.raises(ConfigError, match="only from 2021-01-01"):
        riyadh.is_business_day(date(2020, 12, 31))
    assert hong_kong.covers_until == date(2049, 12, 31)
    assert isinstance(hong_kong.is_business_day(hong_kong.covers_until), bool)
    with pytest.raises(ConfigError, match="to 2049-12-31: pip"):
        hong_kong.is_business_day(hong_kong.covers_until + timedelta(days=1))


def test_schedules_share_the_sessions_of_an_exchange() -> None:
    assert ExchangeCalendar("a", "XNYS")._sessions is ExchangeCalendar("b", "NYSE")._sessions
