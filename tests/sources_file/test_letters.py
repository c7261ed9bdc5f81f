"""Round trips: text that the csv module writes is read unchanged, for every delimiter and encoding."""

from __future__ import annotations

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spine_sources_file.source import FileSource

CELLS = st.text(
    st.one_of(
        st.sampled_from([*"\r\n\"',;|\t #\\-7é", "\x0b", "\x1c", "\x85", "\xa0"]),
        st.characters(max_codepoint=255, exclude_characters="\0"),
    ),
    max_size=6,
)
GRIDS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8)
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("delimiter", [",", "|", "\t", ";"])
@settings(max_examples=25, deadline=None)
@given(grid=GRIDS)
def test_whatever_the_csv_module_writes_comes_back(delimiter, encoding, grid):
    names = [f"c{number}" for number in range(len(grid[0]))]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        with path.open("w", newline="", encoding=encoding) as file:
            csv.writer(file, delimiter=delimiter).writerows([names, *grid])
        source = FileSource("s", path, delimiter=delimiter, encoding=encoding)
        result = source.fetch().to_result().unwrap()
        assert [list(row.values()) for row in result] == grid
        assert [row for batch in source.stream() for row in batch] == result


@pytest.mark.parametrize(
    "cells", [["007", "12345678901234567890", "NA", "null", "TRUE", "1e5", "2025-12-15", "", " x ", "0.10"]]
)
def test_text_that_resembles_another_type_stays_text(data, cells):
    names = [f"c{number}" for number in range(len(cells))]
    (data / "x.csv").write_text("\n".join([",".join(names), ",".join(cells)]))
    assert list(FileSource("s", "x.csv").fetch().data[0].values()) == cells
