"""The pictures of docs/terminal.md are those that `make pictures` draws, and name no other host."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DRAWN = re.findall(r'^    "(\w+)": ', (ROOT / ".ci" / "pictures.py").read_text(), re.MULTILINE)


def test_each_picture_is_drawn_and_on_the_page() -> None:
    kept = {path.stem.removeprefix("terminal-") for path in (ROOT / "docs" / "images").glob("terminal-*.svg")}
    shown = re.findall(r"images/terminal-(\w+)\.svg", (ROOT / "docs" / "terminal.md").read_text())
    assert sorted(shown) == sorted(kept) == sorted(DRAWN)
    assert len(shown) == 10


def test_no_picture_fetches_anything() -> None:
    for path in (ROOT / "docs" / "images").glob("terminal-*.svg"):
        links = set(re.findall(r"https?://[^\"'<)\s]+", path.read_text()))
        assert links <= {"http://www.w3.org/2000/svg", "https://www.textualize.io"}, path.name


def test_each_picture_of_the_board_is_drawn_and_on_a_page() -> None:
    drawn = re.findall(r'^    "(\w+)": "/', (ROOT / ".ci" / "board_pictures.py").read_text(), re.MULTILINE)
    kept = {path.stem.removeprefix("board-") for path in (ROOT / "docs" / "images").glob("board-*.png")}
    shown = re.findall(r"images/board-(\w+)\.png", (ROOT / "docs" / "board.md").read_text())
    assert sorted(shown) == sorted(kept) == sorted(drawn)
    assert len(shown) == 5
    assert "images/report.png" in (ROOT / "docs" / "how-to" / "reports.md").read_text()


def test_no_picture_is_large() -> None:
    sizes = {path.name: path.stat().st_size for path in (ROOT / "docs" / "images").glob("*.png")}
    assert {name: size for name, size in sizes.items() if size > 150_000} == {}
