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
