"""Tests of the time line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from spine_board.drawing import draw_timeline

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def tick(hours: float, state: str, lane: str = "weekly") -> dict[str, Any]:
    return {"lane": lane, "at": NOW + timedelta(hours=hours), "state": state}


def drawn_of(parse: Callable[[str], Any], *ticks: dict[str, Any]) -> Any:
    return parse(draw_timeline(ticks, now=NOW, start=NOW - DAY, end=NOW + DAY))


def test_past_ticks_are_left_of_now_and_coming_ones_right(parse: Callable[[str], Any]) -> None:
    drawn = drawn_of(parse, tick(-6, "COMPLETED"), tick(6, "COMING"))
    now = float(drawn.find("line", "now-line")[0].get("x1"))
    (past,), (coming,) = drawn.find("circle", "state-completed"), drawn.find("circle", "state-coming")
    assert float(past.get("cx")) < now < float(coming.get("cx"))


def test_a_missed_tick_has_another_shape(parse: Callable[[str], Any]) -> None:
    drawn = drawn_of(parse, tick(-3, "MISSED"))
    assert drawn.find("rect", "tick state-missed")
    assert drawn.tips() == ["weekly, 2026-01-05 09:00:00 UTC: MISSED"]


def test_each_schedule_has_a_lane(parse: Callable[[str], Any]) -> None:
    drawn = drawn_of(parse, tick(-3, "FAILED", "a"), tick(3, "COMING", "b"), tick(4, "COMING", "a"))
    assert drawn.texts("lane-name") == ["a", "b"]


def test_ticks_outside_of_the_time_are_left_out(parse: Callable[[str], Any]) -> None:
    assert not drawn_of(parse, tick(-30, "COMPLETED"), tick(30, "COMING")).find("circle")


def test_of_many_ticks_those_nearest_to_now_are_drawn(parse: Callable[[str], Any]) -> None:
    drawn = drawn_of(parse, *(tick(place / 60 - 23, "COMPLETED") for place in range(46 * 60)))
    found = [float(circle.get("cx")) for circle in drawn.find("circle")]
    assert len(found) == 300
    assert max(found) - min(found) < 120


@given(
    st.lists(st.tuples(st.floats(-40, 40), st.text(), st.text())),
    st.text(),
)
def test_any_ticks_are_drawn_as_xml(parse: Callable[[str], Any], given_ticks: list[Any], title: str) -> None:
    ticks = [tick(*of) for of in given_ticks]
    parse(draw_timeline(ticks, now=NOW, start=NOW - DAY, end=NOW + DAY, title=title, link=lambda row: row["state"]))
