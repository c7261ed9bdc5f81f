"""Partitions: days, weeks, months and listed values, against an arithmetic of their own."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import islice, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import BadParamsError
from spine.framework.params import ParamDef
from spine.orchestration import Daily, Monthly, Partitions, Static, Step, Weekly, Workflow
from spine.orchestration.partitions import partitions_of

DATES = st.dates(date(1, 1, 8), date(9999, 12, 31))
FORMATS = ["%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%Y/%j", "%G-W%V-%u", "day %d of %m in %Y: 100%%", "%m%Y%d%m"]


def workflow(partitions: Partitions | None = None, **options: Any) -> Workflow:
    return Workflow("w", [Step.lambda_("a", lambda context, config: None)], partitions=partitions, **options)


@given(DATES, st.sampled_from(FORMATS))
def test_a_day_is_printed_and_read_back_in_each_format(day: date, pattern: str) -> None:
    partitions = Daily("day", format=pattern)
    text = partitions.containing(day)["day"]
    assert partitions.read({"day": text}) == {"day": text}
    assert partitions.read({"day": day.isoformat()}) == {"day": text}
    assert partitions.bound(text) == day


@given(DATES)
def test_a_day_is_printed_as_iso_8601_does(day: date) -> None:
    assert Daily("day").containing(day) == {"day": day.isoformat()}


@given(DATES, st.integers(0, 6))
def test_a_week_begins_on_the_last_such_weekday(day: date, weekday: int) -> None:
    first = day
    while first.weekday() != weekday:
        first -= timedelta(days=1)
    assert Weekly("week", weekday).containing(day) == {"week": first.isoformat()}


@given(DATES)
def test_a_month_contains_its_days(day: date) -> None:
    assert Monthly("month").containing(day) == {"month": f"{day.year:04d}-{day.month:02d}"}


@given(DATES, st.integers(0, 100), st.sampled_from([Daily("p"), *(Weekly("p", day) for day in range(7)), Monthly("p")]))
def test_the_partitions_of_a_range_are_those_that_contain_its_days(
    since: date, length: int, partitions: Daily | Weekly | Monthly
) -> None:
    last = date.fromordinal(min(since.toordinal() + length, date.max.toordinal()))
    days = (date.fromordinal(number) for number in range(since.toordinal(), last.toordinal() + 1))
    expected = list(dict.fromkeys(partitions.containing(day)["p"] for day in days))
    assert [key["p"] for key in partitions.keys(since, last)] == expected


@given(DATES, st.integers(0, 6))
def test_a_day_that_begins_no_week_is_refused_with_the_one_that_does(day: date, weekday: int) -> None:
    partitions = Weekly("week", weekday)
    [first] = partitions.containing(day).values()
    if first == day.isoformat():
        assert partitions.read({"week": first}) == {"week": first}
    else:
        with pytest.raises(ValueError, match=f"is not the first day of a week: give {first} for the week"):
            partitions.read({"week": day.isoformat()})


@given(DATES, st.sampled_from([Daily("p"), Weekly("p", 2), Monthly("p")]))
def test_the_newest_complete_partition_ended_before_today(today: date, partitions: Daily | Weekly | Monthly) -> None:
    newest = partitions.newest_complete(today)
    if newest is None:
        assert today.year == 1
        return
    following = partitions.after(newest)
    assert following is not None
    assert following <= today
    assert partitions.first_of(today) == following


@given(st.text(max_size=12))
def test_any_text_names_a_day_or_is_refused_with_the_form(text: str) -> None:
    partitions = Daily("day")
    try:
        found = partitions.read({"day": text})
    except ValueError as error:
        assert "2026-01-31" in str(error)  # noqa: PT017 - most texts
    else:
        assert found == {"day": text}


@given(st.text("%YmdjGVuyH -", max_size=10))
def test_each_format_reads_back_what_it_prints_or_is_refused(pattern: str) -> None:
    try:
        partitions = Daily("day", format=pattern)
    except ValueError:
        return
    for day in (date(1, 1, 7), date(2024, 2, 29), date(2026, 12, 31), date(9999, 12, 31)):
        assert partitions.parse(partitions.print(day)) == day


def test_keys_are_made_as_they_are_asked_for() -> None:
    everything = Daily("day").keys("0001-01-01", "9999-12-31")
    assert [key["day"] for key in islice(everything, 2)] == ["0001-01-01", "0001-01-02"]


def test_the_first_partition_is_at_the_start() -> None:
    partitions = Monthly("month", start="2026-03")
    assert partitions.start == date(2026, 3, 1)
    assert [key["month"] for key in partitions.keys("2025-11", "2026-04")] == ["2026-03", "2026-04"]
    assert [key["month"] for key in partitions.keys(until="2026-04-30")] == ["2026-03", "2026-04"]
    with pytest.raises(ValueError, match="is '2026-02', which is before the first month, 2026-03"):
        partitions.read({"month": "2026-02"})


def test_a_range_has_two_bounds() -> None:
    with pytest.raises(ValueError, match="the days of 'day' have no bound"):
        Daily("day").keys(until="2026-01-05")
    with pytest.raises(ValueError, match="'soon' is no date: give it as 2026-01-31"):
        Daily("day").keys("2026-01-01", "soon")


def test_values_may_be_numbers_and_dates() -> None:
    assert Daily("day", format="%Y%m%d").read({"day": 20260105}) == {"day": "20260105"}
    assert Daily("day").read({"day": date(2026, 1, 5)}) == {"day": "2026-01-05"}
    assert Static("shard", ["1", "2"]).read({"shard": 2}) == {"shard": "2"}


@pytest.mark.parametrize("value", [True, 1.5, ["2026-01-05"], "", "2026-1-5", "2026-02-30", "\uff12026-01-05"])
def test_what_is_no_day_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=re.escape(f"parameter 'day' is {value!r}, which is no day")):
        Daily("day").read({"day": value})


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Daily("day", format="%Y-%m"), "does not tell its days apart: 2023-12-25 is '2023-12'"),
        (lambda: Daily("day", format="%d%m"), "from which the date cannot be read back"),
        (lambda: Weekly("week", format="%Y-%m"), "does not tell its weeks apart"),
        (lambda: Daily("day", format="%d %b %Y"), "has %b: use only %Y, %m, %d, %j, %G, %V, %u and %%"),
        (lambda: Daily("day", format=""), "must be a text such as '%Y-%m-%d'"),
        (lambda: Daily(""), "must be the name of a parameter"),
        (lambda: Weekly("week", 7), "weekday is 7: it is a number from 0, Monday, to 6, Sunday"),
        (lambda: Weekly("week", start="2026-01-06"), "the start of 'week' is not valid: .* give 2026-01-05"),
        (lambda: Static("market", []), "the values of 'market' are empty"),
        (lambda: Static("market", "NYSE"), "give a list of texts"),
        (lambda: Static("market", ["a", "b", "a"]), "have 'a' twice"),
        (lambda: Static("market", ["a", 7]), "a value of 'market' is 7: it must be a text"),  # type: ignore[list-item]
        (lambda: Daily("day") * Monthly("month"), "are both times: cross a time with a Static"),
        (lambda: Static("a", ["x"]) * Static("a", ["y"]), "use two parameters"),
        (lambda: Daily("day") * Static("a", ["x"]) * Static("b", ["y"]), "only two can be crossed"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(make: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()


@pytest.mark.parametrize("order", ["time first", "time last"])
def test_crossed_partitions_go_by_time_first(order: str) -> None:
    day, market = Daily("day"), Static("market", ["NYSE", "AMEX"])
    partitions = day * market if order == "time first" else market * day
    found = list(partitions.keys("2026-01-05", "2026-01-06"))
    expected = product(["2026-01-05", "2026-01-06"], ["NYSE", "AMEX"])
    assert [(key["day"], key["market"]) for key in found] == list(expected)
    assert {tuple(key) for key in found} == {partitions.params}
    assert partitions.containing(date(2026, 1, 5)) == {"day": "2026-01-05"}
    assert partitions.read({"day": "2026-01-05", "market": "AMEX", "more": 1}).keys() == {"day", "market"}


def test_two_lists_are_crossed() -> None:
    partitions = Static("a", ["x", "y"]) * Static("b", ["1"])
    assert list(partitions.keys()) == [{"a": "x", "b": "1"}, {"a": "y", "b": "1"}]
    assert partitions.containing(date(2026, 1, 5)) == {}


@pytest.mark.parametrize(
    "partitions",
    [
        Daily("day", format="%Y%m%d", start="2026-01-05"),
        Weekly("week", 6),
        Monthly("month", start=date(2026, 1, 1)),
        Weekly("week", format="%G-W%V") * Static("market", ["NYSE"]),
    ],
)
def test_a_declaration_is_kept_with_the_definition(partitions: Partitions) -> None:
    assert partitions_of(partitions.to_dict()) == partitions


def test_a_week_may_be_named_by_its_iso_number() -> None:
    partitions = Weekly("week", format="%G-W%V")
    assert partitions.containing(date(2027, 1, 1)) == {"week": "2026-W53"}
    assert partitions.bound("2026-W53") == date(2026, 12, 28)


def test_partitions_imply_partition_by() -> None:
    made = workflow(Daily("day") * Static("market", ["NYSE"]))
    assert list(made.partition_by) == ["day", "market"]
    assert list(workflow(Daily("day"), partition_by=["day"]).partition_by) == ["day"]
    with pytest.raises(ValueError, match="has partitions by day, and partition_by week: leave partition_by out"):
        workflow(Daily("day"), partition_by=["week"])
    with pytest.raises(TypeError, match="partitions of workflow 'w' are a str: give Daily, Weekly, Monthly or Static"):
        workflow("day")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="has partitions by 'day': declare it in params, too"):
        workflow(Daily("day"), params=[ParamDef("week", str, "The week.")])


def test_a_workflow_without_partitions_has_the_hash_that_it_had() -> None:
    assert "partitions" not in workflow().to_dict()
    assert workflow(Daily("day")).definition_hash() != workflow(partition_by=["day"]).definition_hash()


def test_a_run_has_a_valid_partition_in_its_own_form() -> None:
    made = workflow(Daily("day", format="%Y%m%d"), resolve_params=lambda params: {"day": "2026-01-05", **params})
    assert made.params_of({}) == {"day": "20260105"}
    assert made.params_of({"day": "2026-01-06"}) == {"day": "20260106"}
    with pytest.raises(BadParamsError, match=r"^workflow 'w': parameter 'day' is 'x', which is no day: give it as 20"):
        made.params_of({"day": "x"})


def test_a_run_without_a_partition_is_refused() -> None:
    with pytest.raises(
        BadParamsError, match=r"^workflow 'w': parameter 'week' is missing, it names the week: "
    ) as found:
        workflow(Weekly("week")).params_of({})
    assert found.value.missing_params == ["week"]


def test_a_schedule_may_leave_the_partition_to_its_ticks() -> None:
    made = workflow(Daily("day") * Static("market", ["NYSE"]))
    made.check_given({"market": "NYSE"})
    with pytest.raises(BadParamsError, match="parameter 'market' is missing: give one of NYSE"):
        made.check_given({})
    workflow(Monthly("month", start="2027-01")).check_given({})
    with pytest.raises(BadParamsError, match="'AMEX', which is none of its values: give one of NYSE"):
        made.check_given({"day": "2026-01-05", "market": "AMEX"})
