"""Tests of strips and grids of cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine_board.drawing import draw_grid, draw_strip


def cell(label: str, state: str = "COMPLETED", **more: str) -> dict[str, Any]:
    return {"label": label, "state": state, **more}


def test_the_last_run_is_rightmost_and_places_without_runs_are_empty(parse: Callable[[str], Any]) -> None:
    drawn = parse(draw_strip([cell("r1"), cell("r2", "FAILED")], title="Runs"))
    boxes = drawn.find("rect")
    assert len(boxes) == 30
    assert boxes[-1].get("class") == "box state-failed"
    assert drawn.tips()[-2:] == ["r1: COMPLETED", "r2: FAILED"]
    assert set(drawn.tips()[:-2]) == {"no run"}


def test_a_strip_shows_the_last_thirty(parse: Callable[[str], Any]) -> None:
    drawn = parse(draw_strip([cell(f"r{place}") for place in range(100)], title="Runs"))
    assert drawn.tips()[0] == "r70: COMPLETED"
    assert drawn.find("desc")[0].text == "30 completed"


def test_a_state_is_told_by_a_sign_also(parse: Callable[[str], Any]) -> None:
    drawn = parse(draw_strip([cell("r1"), cell("r2", "FAILED")], title="Runs"))
    assert drawn.texts("glyph") == ["✓", "✕"]


def test_cells_link(parse: Callable[[str], Any]) -> None:
    drawn = parse(draw_strip([cell("r1")], title="Runs", link=lambda row: f"/runs/{row['label']}"))
    assert drawn.links == ["/runs/r1"]


def test_a_grid_has_a_row_and_a_column_for_each_key(parse: Callable[[str], Any]) -> None:
    cells = [cell("x", row=row, column=column) for row in ("eu", "us") for column in ("2026-01", "2026-02")]
    drawn = parse(draw_grid(cells, title="Partitions"))
    assert drawn.texts("lane-name") == ["eu", "us"]
    assert drawn.texts("axis") == ["2026-01", "2026-02"]
    assert len({(box.get("x"), box.get("y")) for box in drawn.find("rect")}) == 4


def test_a_grid_of_one_key_is_set_in_rows_named_by_their_first_cell(parse: Callable[[str], Any]) -> None:
    drawn = parse(draw_grid([cell(f"week {place}") for place in range(5)], title="Partitions", columns=2))
    assert drawn.texts("lane-name") == ["week 0", "week 2", "week 4"]
    assert len({box.get("x") for box in drawn.find("rect")}) == 2


def test_the_weeks_of_a_year_fit_into_a_page(parse: Callable[[str], Any]) -> None:
    cells = [cell("x", row="2026", column=f"{week:02}") for week in range(1, 54)]
    assert float(parse(draw_grid(cells, title="Partitions")).root.get("width")) < 1_020


CELLS = st.fixed_dictionaries({"label": st.text(), "state": st.text(), "row": st.text(), "column": st.text()})


@pytest.mark.slow
@given(st.lists(CELLS), st.text(), st.none() | st.integers(1, 9))
def test_any_cells_are_drawn_as_xml(
    parse: Callable[[str], Any], cells: list[Any], title: str, columns: int | None
) -> None:
    parse(draw_strip(cells, title=title, link=lambda row: row["label"]))
    drawn = parse(draw_grid(cells, title=title, link=lambda row: row["label"], columns=columns))
    assert len(drawn.find("rect")) == len(cells)
