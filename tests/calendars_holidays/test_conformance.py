"""HolidayCalendar passes the conformance suite for calendars."""

from __future__ import annotations

from datetime import date

from spine.testing.conformance.calendar import CalendarConformance
from spine_calendars_holidays.calendar import HolidayCalendar


class TestCountry(CalendarConformance):
    def make_calendar(self) -> HolidayCalendar:
        return HolidayCalendar("munich", country="DE", subdivision="BY")

    def known_days(self) -> dict[date, bool]:
        return {date(2026, 6, 3): True, date(2026, 6, 4): False, date(2026, 6, 6): False}


class TestMarket(CalendarConformance):
    def make_calendar(self) -> HolidayCalendar:
        return HolidayCalendar("euro-payments", market="ECB")

    def known_days(self) -> dict[date, bool]:
        return {date(2026, 4, 2): True, date(2026, 4, 3): False, date(2026, 4, 7): True}


class TestOwnWeekend(CalendarConformance):
    def make_calendar(self) -> HolidayCalendar:
        return HolidayCalendar("shop", country="DE", weekend=["sun"])

    def known_days(self) -> dict[date, bool]:
        return {date(2026, 12, 19): True, date(2026, 12, 20): False, date(2026, 12, 26): False}
