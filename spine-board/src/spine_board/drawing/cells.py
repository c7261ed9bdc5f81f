"""Cells: the last runs of a workflow in a strip, partitions in a grid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from spine_board.drawing.svg import drawing, element, label, linked, state_class, text, width_of

Row = Mapping[str, Any]
Link = Callable[[Row], str | None]

_GLYPHS = {  # for those who do not see the colors
    "completed": "✓",
    "partial": "~",
    "unchanged": "=",
    "failed": "✕",
    "crashed": "✕",
    "cancelled": "/",
    "stale": "!",
    "running": "▸",
    "waiting": "…",
    "pending": "…",
}
_EMPTY = {"state": "none", "label": "no run"}
_GAP = 3
_MOST_CELLS = 5_000
_MOST_WIDE = 36  # columns; of more, such as the weeks of a year, each is narrower


def draw_strip(cells: Sequence[Row], *, title: str, link: Link = lambda row: None, places: int = 30) -> Markup:
    """Draw cells side by side, the last one rightmost; each has a `state` and a `label` for its tooltip.

    Of more than `places`, the last ones are drawn; of fewer, the places on the left are empty.
    """
    shown = list(cells)[-places:]
    size, empty = 15, places - len(shown)
    parts = [_cell(_EMPTY, place, 0, size, None) for place in range(empty)]
    parts += [_cell(cell, empty + place, 0, size, link(cell)) for place, cell in enumerate(shown)]
    return drawing(places * (size + _GAP), size + 2, "strip", title, _summary(shown), *parts)


def draw_grid(
    cells: Iterable[Row],
    *,
    title: str,
    link: Link = lambda row: None,
    columns: int | None = None,
    order: Sequence[str] = (),
) -> Markup:
    """Draw cells in rows: each has a `row`, a `column`, a `state`, and a `label` for its tooltip.

    Rows and columns are in the order in which they are first named, columns that `order` names before the others. With
    `columns`, the cells are set one after the other, so many to a row, and the first cell of a row names it. At most
    the last 5,000 cells are drawn.
    """
    shown = list(cells)[-_MOST_CELLS:]
    if columns is not None:
        places = [(place // columns, place % columns) for place in range(len(shown))]
        rows, heads = [str(cell["label"]) for cell in shown[::columns]], []
    else:
        rows = list(dict.fromkeys(str(cell["row"]) for cell in shown))
        heads = list(dict.fromkeys([*order, *(str(cell["column"]) for cell in shown)]))
        down, across = ({name: place for place, name in enumerate(names)} for names in (rows, heads))
        places = [(down[str(cell["row"])], across[str(cell["column"])]) for cell in shown]
    size = 20 if (columns or len(heads)) <= _MOST_WIDE else 15
    left = min(220.0, max((width_of(text(name)) for name in rows), default=0.0)) + 12
    top = 12 + min(120.0, max((width_of(text(name)) for name in heads), default=0.0))
    parts = [
        label(0, top + (size + _GAP) * place + size / 2 + 4, name, "lane-name", room=left - 12)
        for place, name in enumerate(rows)
    ]
    parts += [_head(name, left + (size + _GAP) * place + size / 2 + 4, top - 6) for place, name in enumerate(heads)]
    for cell, (row, column) in zip(shown, places, strict=True):
        parts.append(_cell(cell, column, row, size, link(cell), left, top))
    width = left + (size + _GAP) * (columns or max(1, len(heads)))
    return drawing(width, top + (size + _GAP) * len(rows) + 2, "grid", title, _summary(shown), *parts)


def _head(name: str, x: float, y: float) -> Markup:
    shown = label(0, 0, name, "axis", room=116)
    return element("g", shown, transform=f"translate({x:.0f} {y:.0f}) rotate(-90)")


def _cell(cell: Row, column: int, row: int, size: int, address: str | None, left: float = 0, top: float = 1) -> Markup:
    x, y = left + column * (size + _GAP), top + row * (size + _GAP)
    told = element("title", str(cell["label"]) if cell is _EMPTY else f"{cell['label']}: {cell['state']}")
    box = element("rect", told, x=x, y=y, width=size, height=size, rx=3, class_=f"box {state_class(cell['state'])}")
    glyph = _GLYPHS.get(str(cell["state"]).lower())
    if glyph is None:
        return linked(address, box)
    mark = label(x + size / 2, y + size / 2 + 4, glyph, f"glyph {state_class(cell['state'])}", anchor="middle")
    return linked(address, box, mark)


def _summary(cells: Iterable[Row]) -> str:
    counts = Counter(str(cell["state"]).lower() for cell in cells)
    return ", ".join(f"{count:,} {state}" for state, count in sorted(counts.items())) or "nothing"
