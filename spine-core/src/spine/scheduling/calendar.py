"""Business calendars: the business days."""

from __future__ import annotations

from datetime import date
from typing import Protocol, runtime_checkable

from attrs import frozen


@runtime_checkable
class Calendar(Protocol):
    """Calendar of business days, made with `name` and its options.

    `is_business_day` is called often, from several threads, and must return the same answer for the same day: load data
    in the constructor. `covers_until`, an optional attribute, is the last day of these data: `spine doctor` warns
    before it is reached.
    """

    @property
    def name(self) -> str: ...

    def is_business_day(self, day: date) -> bool:
        """Return True if `day` is a business day."""
        ...


@frozen
class WeekdayCalendar:
    """Monday to Friday, without holidays."""

    name: str

    def is_business_day(self, day: date) -> bool:
        return day.weekday() < 5


@frozen
class BrokenCalendar:
    """Placeholder for a calendar that could not be made; `is_business_day` raises the error."""

    name: str
    error: Exception

    def is_business_day(self, day: date) -> bool:
        raise self.error
