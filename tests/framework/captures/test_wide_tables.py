"""Tables of many columns: their cost grows with the columns, not with their square, which took minutes."""

from __future__ import annotations

from pathlib import Path

import pytest

import spine
from spine.framework.sources import FileSource

COLUMNS = [f"c{number}" for number in range(20_000)]


@pytest.mark.slow
@pytest.mark.timeout(300)  # a quadratic step takes longer, also on a quick machine
def test_20_000_columns_are_converted_captured_appended_read_and_compared(tmp_path: Path) -> None:
    (tmp_path / "spine.toml").write_text('[spine]\nname = "wide"\n')
    file = tmp_path / "wide.csv"
    file.write_text("\n".join([",".join(COLUMNS), ",".join(["1"] * len(COLUMNS))]))
    with spine.open_project(tmp_path) as project:
        [row] = FileSource("wide", str(file), schema=dict.fromkeys(COLUMNS, "int64")).fetch().data
        for value in (1, 2):
            spine.capture("wide", [{**row, "c7": value}], mode="append")
        assert [each["c7"] for each in spine.read_capture("wide").data] == [1, 2]
        assert project.captures.diff("wide", 1, 2).added == 1
