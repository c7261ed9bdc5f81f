"""The option weekend of calendars: its days by name."""

from __future__ import annotations

from datetime import date

import pytest

from spine.core.errors import InvalidConfigError
from spine.core.weekend import SATURDAY_AND_SUNDAY, weekday_numbers, weekend_days


def test_days_are_numbered_as_dates_number_them() -> None:
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    for day, number in zip(days, range(23, 30), strict=True):
        assert weekday_numbers([day]) == {date(2026, 11, number).weekday()}
    assert weekday_numbers(SATURDAY_AND_SUNDAY) == {5, 6}


def test_days_may_be_written_as_blackouts_write_them() -> None:
    assert weekend_days(["Fri", "SAT"]) == ("fri", "sat")
    assert weekend_days("sun") == ("sun",)
    assert weekend_days([]) == ()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["saturday"], "weekend 'saturday' is not valid: use mon, tue, wed, thu, fri, sat, sun"),
        (["sta"], "weekend 'sta' is not valid: use mon, tue, wed, thu, fri, sat, sun; did you mean 'sat'?"),
        ([5], "weekend '5' is not valid: use mon, tue, wed, thu, fri, sat, sun"),
        (
            ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
            "weekend has all seven days: leave out those on which you work",
        ),
    ],
)
def test_what_is_no_weekend_is_refused(given: list[str], sentence: str) -> None:
    with pytest.raises(InvalidConfigError) as raised:
        weekend_days(given)
    assert str(raised.value) == sentence
