"""Tests of the Gantt chart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine_board.drawing import draw_gantt

START = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def attempt(
    name: str, start: float | None, end: float | None, status: str = "COMPLETED", **more: Any
) -> dict[str, Any]:
    return {
        "step_name": name,
        "attempt": more.pop("attempt", 1),
        "status": status,
        "started_at": None if start is None else at(start),
        "completed_at": None if end is None else at(end),
        **more,
    }


def run(name: str, start: float, end: float | None, status: str = "COMPLETED", **more: Any) -> dict[str, Any]:
    return {**attempt("", start, end, status), "workflow_name": name, "attempt": None, "step_name": None, **more}


def test_a_lane_for_each_step_has_a_bar_for_each_attempt(parse: Callable[[str], Any]) -> None:
    rows = [
        attempt("fetch", 0, 10, "FAILED"),
        attempt("fetch", 20, 30, attempt=2),
        attempt("count", 30, 60),
    ]
    drawn = parse(draw_gantt(rows, now=at(60)))
    assert drawn.texts("lane-name") == ["fetch", "count"]
    assert drawn.texts("figure") == ["20 s in 2", "30 s"]
    assert len(drawn.find("rect", "bar state-completed")) == 2
    (failed,) = drawn.find("rect", "bar state-failed")
    assert failed[0].text == "fetch, attempt 1: FAILED, 10 s, from 2026-01-05 06:00:00 UTC"
    assert drawn.find("desc")[0].text == "2 steps in 1 min"


def test_bars_lie_where_their_times_are(parse: Callable[[str], Any]) -> None:
    drawn = parse(draw_gantt([attempt("a", 0, 50), attempt("b", 50, 100)], now=at(100)))
    first, second = drawn.find("rect")
    assert float(first.get("x")) + float(first.get("width")) == pytest.approx(float(second.get("x")), abs=0.2)
    assert float(first.get("width")) == pytest.approx(float(second.get("width")), abs=0.2)


def test_a_running_step_lasts_until_now(parse: Callable[[str], Any]) -> None:
    drawn = parse(draw_gantt([attempt("load", 0, None, "RUNNING")], now=at(42)))
    assert drawn.texts("figure") == ["42 s"]


def test_a_skipped_step_has_no_bar_and_says_so(parse: Callable[[str], Any]) -> None:
    drawn = parse(draw_gantt([attempt("a", 0, 1), attempt("b", None, None, "SKIPPED", attempt=0)], now=at(1)))
    assert len(drawn.find("rect")) == 1
    assert drawn.texts("figure") == ["1 s", "skipped"]


def test_a_hundred_thousand_items_are_two_shapes(parse: Callable[[str], Any]) -> None:
    items = [
        {"step_name": "each", "status": "FAILED" if place == 7 else "COMPLETED", "completed_at": at(place / 1000)}
        for place in range(100_000)
    ]
    written = draw_gantt([attempt("each", 0, 100)], items=items, now=at(100))
    drawn = parse(written)
    assert len(written) < 30_000
    assert drawn.texts("lane-name") == ["each", "100,000 items"]
    assert drawn.texts("figure")[1] == "1 failed"
    assert len(drawn.find("path")) == 2
    assert {"1 item FAILED", "99,999 items COMPLETED"} <= set(drawn.tips())


def test_a_row_may_stand_for_several_items(parse: Callable[[str], Any]) -> None:
    items = [{"step_name": "each", "status": "COMPLETED", "completed_at": at(1), "items": 5_000}]
    assert parse(draw_gantt([attempt("each", 0, 2)], items=items, now=at(2))).texts("lane-name")[1] == "5,000 items"


def test_branches_are_below_their_step(parse: Callable[[str], Any]) -> None:
    steps = [attempt("both", 0, 9), attempt("after", 9, 10)]
    branches = [run("w.both.left", 0, 5, step_name="both"), run("w.both.right", 0, 9, "FAILED", step_name="both")]
    drawn = parse(draw_gantt(steps, branches=branches, now=at(10)))
    assert drawn.texts("lane-name") == ["both", "w.both.left", "w.both.right", "after"]


def test_many_branches_are_summed(parse: Callable[[str], Any]) -> None:
    branches = [run("child", place, place + 1, "FAILED" if place == 3 else "COMPLETED") for place in range(500)]
    drawn = parse(draw_gantt([attempt("each", 0, 500)], branches=branches, now=at(500)))
    assert drawn.texts("lane-name") == ["each", "500 runs"]
    assert drawn.texts("figure")[1] == "1 failed"


def test_many_attempts_of_a_loop_are_summed(parse: Callable[[str], Any]) -> None:
    rows = [attempt("poll", place, place + 0.5, attempt=place + 1) for place in range(1000)]
    drawn = parse(draw_gantt(rows, now=at(1000)))
    assert not drawn.find("rect")
    assert "1,000 attempts COMPLETED" in drawn.tips()


def test_many_steps_end_with_how_many_there_are_more(parse: Callable[[str], Any]) -> None:
    drawn = parse(draw_gantt([attempt(f"s{place}", place, place + 1) for place in range(250)], now=at(250)))
    assert drawn.texts("note") == ["and 50 more lanes"]


def test_links_lead_from_the_name_and_the_bar(parse: Callable[[str], Any]) -> None:
    drawn = parse(draw_gantt([attempt("a", 0, 1)], now=at(1), link=lambda row: f"#step-{row['step_name']}"))
    assert drawn.links == ["#step-a", "#step-a"]


def test_a_run_without_steps_is_an_empty_chart(parse: Callable[[str], Any]) -> None:
    assert parse(draw_gantt([], now=START)).find("desc")[0].text.startswith("0 steps")


TIMES = st.none() | st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
ROWS = st.fixed_dictionaries(
    {
        "step_name": st.text(),
        "workflow_name": st.text(),
        "attempt": st.integers(0, 3),
        "status": st.text() | st.sampled_from(["COMPLETED", "FAILED", "RUNNING"]),
        "started_at": TIMES,
        "completed_at": TIMES,
    }
)


@pytest.mark.slow
@given(st.lists(ROWS, max_size=5), st.lists(ROWS, max_size=5), st.lists(ROWS, max_size=5), st.text())
def test_any_rows_are_drawn_as_xml_the_same_each_time(
    parse: Callable[[str], Any], steps: list[Any], items: list[Any], branches: list[Any], title: str
) -> None:
    written = draw_gantt(steps, items=items, branches=branches, now=START, title=title, link=lambda row: row["status"])
    parse(written)
    assert written == draw_gantt(
        steps, items=items, branches=branches, now=START, title=title, link=lambda row: row["status"]
    )
