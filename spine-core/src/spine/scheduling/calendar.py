"""Business calendars: which days count as business days."""

from __future__ import annotations

from datetime import date
from typing import Protocol, runtime_checkable

from attrs import frozen


@runtime_checkable
class Calendar(Protocol):
    """Says which days are business days; made with `name` and its options.

    It is asked often, from several threads, and must answer alike for the same day: it reads what it needs when it is
    made.
    """

    @property
    def name(self) -> str: ...

    def is_business_day(self, day: date) -> bool:
        """Return whether `day` is a business day."""
        ...


@frozen
class WeekdayCalendar:
    """Monday to Friday, whatever the holidays."""

    name: str

    def is_business_day(self, day: date) -> bool:
        return day.weekday() < 5


@frozen
class BrokenCalendar:
    """Stands for a calendar that could not be made, and knows no day."""

    name: str
    error: Exception

    def is_business_day(self, day: date) -> bool:
        raise self.error
