"""Tests of the line of numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from spine_board.drawing import draw_line


def test_a_higher_number_is_higher(parse: Callable[[str], Any]) -> None:
    drawn = parse(draw_line([{"label": "1", "value": 10}, {"label": "2", "value": 80}], title="Rows"))
    low, high = drawn.find("circle")
    assert float(low.get("cy")) > float(high.get("cy"))
    assert float(low.get("cx")) < float(high.get("cx"))
    assert drawn.tips() == ["1: 10 rows", "2: 80 rows"]


def test_the_axis_begins_at_zero_and_has_round_numbers(parse: Callable[[str], Any]) -> None:
    drawn = parse(draw_line([{"label": "1", "value": 6_930}], title="Rows"))
    assert drawn.texts("axis")[:5] == ["0", "2,000", "4,000", "6,000", "8,000"]


def test_of_many_points_the_last_are_drawn(parse: Callable[[str], Any]) -> None:
    drawn = parse(draw_line([{"label": str(place), "value": place} for place in range(1_000)], title="Rows"))
    assert len(drawn.find("circle")) == 400
    assert drawn.tips()[-1] == "999: 999 rows"


@given(st.lists(st.tuples(st.text(), st.integers(0, 10**15))), st.text())
def test_any_points_are_drawn_as_xml(parse: Callable[[str], Any], given_points: list[Any], title: str) -> None:
    points = [{"label": label, "value": value} for label, value in given_points]
    written = draw_line(points, title=title, link=lambda row: row["label"])
    assert len(parse(written).find("circle")) == len(points)
