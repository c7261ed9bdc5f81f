"""Each field accepts cron's values, and an error names them."""

from __future__ import annotations

import pytest

from spine.core.errors import ScheduleError
from spine.scheduling.cron_field import DAY_OF_MONTH, DAY_OF_WEEK, FIELDS, HOUR, MINUTE, MONTH, CronField


@pytest.mark.parametrize(
    ("field", "text", "normal"),
    [
        (MINUTE, "*/5", "*/5"),
        (MINUTE, "0,30-40/5", "0,30-40/5"),
        (MINUTE, "7-7/2", "7"),
        (MINUTE, "05", "5"),
        (DAY_OF_MONTH, "15,l", "15,L"),
        (MONTH, "jan-Mar,DEC", "1-3,12"),
        (DAY_OF_WEEK, "0", "0"),
        (DAY_OF_WEEK, "7", "7"),
        (DAY_OF_WEEK, "MON-FRI", "1-5"),
        (DAY_OF_WEEK, "FRI-SUN", "5-7"),
        (DAY_OF_WEEK, "friL,MON#2,0#1", "5L,1#2,0#1"),
    ],
)
def test_names_become_numbers(field: CronField, text: str, normal: str) -> None:
    assert field.normal(text) == normal


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (MINUTE, "60"),
        (MINUTE, "-1"),
        (MINUTE, ""),
        (MINUTE, "1,"),
        (MINUTE, "*/0"),
        (MINUTE, "*/60"),
        (MINUTE, "0/15"),
        (MINUTE, "9-3"),
        (MINUTE, "*/5/5"),
        (MINUTE, "**"),
        (MINUTE, "\u0661"),
        (MINUTE, "?"),
        (HOUR, "24"),
        (HOUR, "L"),
        (DAY_OF_MONTH, "0"),
        (DAY_OF_MONTH, "32"),
        (DAY_OF_MONTH, "LW"),
        (DAY_OF_MONTH, "MON"),
        (MONTH, "13"),
        (MONTH, "JAN#1"),
        (MONTH, "MON"),
        (DAY_OF_WEEK, "8"),
        (DAY_OF_WEEK, "MON#6"),
        (DAY_OF_WEEK, "MON#0"),
        (DAY_OF_WEEK, "L"),
        (DAY_OF_WEEK, "1-5L"),
        (DAY_OF_WEEK, "MONDAY"),
        (DAY_OF_WEEK, "FRI-MON"),
    ],
)
def test_a_wrong_field_is_named_with_what_it_may_hold(field: CronField, text: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        field.normal(text)
    assert str(caught.value) == f"cron {field.name} {text!r} is not valid: {field.allowed}"


def test_each_field_states_its_own_range() -> None:
    assert [field.allowed.split(",")[0] for field in FIELDS] == [
        "use 0-59",
        "use 0-23",
        "use 1-31",
        "use 1-12 or JAN-DEC",
        "use 0-7 or SUN-SAT",
    ]
