"""Rules for every business calendar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

from spine.core.names import validate_name
from spine.scheduling.calendar import Calendar

_YEARS = 3
_LONGEST_CLOSURE = 31
_THREADS = 4


class CalendarConformance:
    """Subclass it as `Test...`, and define `make_calendar` and `known_days`."""

    def make_calendar(self) -> Any:
        """Return a new calendar, made with the same options each time."""
        raise NotImplementedError("define make_calendar(self)")

    def known_days(self) -> Mapping[date, bool]:
        """Return some days, True for business days: at least one True and one False."""
        raise NotImplementedError("define known_days(self)")

    def test_it_is_a_calendar(self) -> None:
        """It has a name that follows the rule for names, and `is_business_day`."""
        calendar = self.make_calendar()
        assert isinstance(calendar, Calendar), "give the class a name and is_business_day(day)"
        validate_name(calendar.name, "the calendar's name")

    def test_its_end_is_a_day(self) -> None:
        """`covers_until`, if it has one, is a date, or None for data without an end."""
        end = getattr(self.make_calendar(), "covers_until", None)
        assert end is None or type(end) is date, f"covers_until is {end!r}: give the last day of its data, as a date"

    def test_known_days_are_right(self) -> None:
        """The answers for `known_days` are correct, and include both True and False."""
        known = self.known_days()
        assert set(known.values()) == {True, False}, "known_days() must have a business day, and a day that is not one"
        calendar = self.make_calendar()
        wrong = [str(day) for day, expected in known.items() if bool(calendar.is_business_day(day)) is not expected]
        assert not wrong, f"the answer is wrong for {', '.join(wrong)}"

    def test_the_answer_is_true_or_false(self) -> None:
        """The answer is a bool, not a number, a text or None, which would count as True or False unnoticed."""
        answers = {type(self.make_calendar().is_business_day(day)).__name__ for day in self.known_days()}
        assert answers == {"bool"}, f"is_business_day() returned {answers}: return bool(...)"

    def test_every_day_has_an_answer(self) -> None:
        """From the year before the known days to the second year after them, no day raises an error."""
        calendar = self.make_calendar()
        for day in self.days():
            try:
                calendar.is_business_day(day)
            except Exception as error:
                message = f"is_business_day({day}) raised {error!r}: schedules look two years ahead"
                raise AssertionError(message) from error

    def test_a_business_day_comes_again(self) -> None:
        """At most 31 days in a row are off: otherwise a schedule would silently start nothing."""
        calendar, closed = self.make_calendar(), 0
        for day in self.days():
            closed = 0 if calendar.is_business_day(day) else closed + 1
            assert closed <= _LONGEST_CLOSURE, f"{closed} days in a row are off until {day}: is a year missing?"

    def test_the_answer_stays_the_same(self) -> None:
        """A second call, and another calendar with the same options, return the same answer for a day."""
        days = list(self.days())
        first, second = self.make_calendar(), self.make_calendar()
        expected = [first.is_business_day(day) for day in days]
        assert [first.is_business_day(day) for day in days] == expected, "the answer for a day must not change"
        backwards = [second.is_business_day(day) for day in reversed(days)]
        assert backwards[::-1] == expected, "the answer must depend only on the day and the options"

    def test_threads_may_share_it(self) -> None:
        """Several threads at once get the same answers as one."""
        calendar, days = self.make_calendar(), list(self.days())
        expected = [calendar.is_business_day(day) for day in days]

        def ask(_: int) -> list[bool]:
            return [calendar.is_business_day(day) for day in days]

        with ThreadPoolExecutor(_THREADS) as pool:
            answers = list(pool.map(ask, range(_THREADS)))
        assert answers == [expected] * _THREADS, "keep temporary values in local variables, not on the calendar"

    def days(self) -> Iterator[date]:
        """Yield each day of the years around the known ones."""
        first = date(min(self.known_days()).year - 1, 1, 1)
        last = date(max(self.known_days()).year + _YEARS, 1, 1)
        yield from (first + timedelta(days=number) for number in range((last - first).days))
