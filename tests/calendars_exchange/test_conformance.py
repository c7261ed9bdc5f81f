"""ExchangeCalendar passes the conformance suite for calendars."""

from __future__ import annotations

from datetime import date

from spine.testing.conformance.calendar import CalendarConformance
from spine_calendars_exchange.calendar import ExchangeCalendar


class TestExchange(CalendarConformance):
    def make_calendar(self) -> ExchangeCalendar:
        return ExchangeCalendar("new-york", "XNYS")

    def known_days(self) -> dict[date, bool]:
        return {date(2026, 11, 25): True, date(2026, 11, 26): False, date(2026, 11, 27): True}
