"""Business calendar of a country, a part of it, or a financial market."""

from __future__ import annotations

from datetime import date

import holidays

from spine.core.configured import configured_by
from spine.core.weekend import weekday_numbers
from spine_calendars_holidays.config import HolidayCalendarConfig


class HolidayCalendar:
    """All days but the weekend and the holidays, as the library `holidays` knows them; working weekends are open.

    `covers_until` is the end of the last year that the library knows.
    """

    @configured_by(HolidayCalendarConfig)
    def __init__(self, options: HolidayCalendarConfig) -> None:
        self.name = options.name
        self._place = (options.country, options.subdivision, options.market)
        self._weekend = None if options.weekend is None else weekday_numbers(options.weekend)
        self._years: dict[int, holidays.HolidayBase] = {}
        self.covers_until = date(self._make(None).end_year, 12, 31)

    def is_business_day(self, day: date) -> bool:
        """Return True for a day on which people of the country work, or on which the market is open."""
        known = self._of(day.year)
        if self._weekend is None:
            return known.is_working_day(day)
        if day.weekday() in self._weekend:
            return day in known.weekend_workdays
        return day not in known

    def _of(self, year: int) -> holidays.HolidayBase:
        """Return the holidays of a year, complete before another thread sees them."""
        found = self._years.get(year)
        if found is None:
            found = self._years[year] = self._make(year)
        return found

    def _make(self, year: int | None) -> holidays.HolidayBase:
        country, subdivision, market = self._place
        if market is not None:
            return holidays.financial_holidays(market, years=year, expand=False)
        assert country is not None  # checked by the config class
        return holidays.country_holidays(country, subdiv=subdivision, years=year, expand=False)
