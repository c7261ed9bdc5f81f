"""Layout of a table on a terminal: columns beside one another, or a row below the other where they have no room."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from spine.cli.cells import longest_word, pad, plain, width, wrap
from spine.cli.moments import Length
from spine.cli.screen import Screen

Cell = Callable[[Any, Screen, Length], str]

_GAP = 2
_LAST = 24  # columns that a text needs to be read in several lines
_LAST_BESIDE_LONG_TIMES = 40
_LONGEST_WORD = 40
_MOST_LINES = 4  # of a row whose cells are wrapped
_NUMBER = r"[-+]?[\d,]*\.?\d+(?:e[-+]\d+)?(?: s| min \d+ s| ms)?"
_STATES = frozenset(
    ("status", "state", "outcome", "severity", "delivery", "action", "last", "last_run_status", "transitions")
)
_COLORS = {
    "green": ("completed", "ok", "delivered", "succeeded", "on", "working", "resolved", "passed"),
    "red": ("failed", "crashed", "fail", "error", "critical", "missing", "hung"),
    "yellow": (
        "partial",
        "waiting",
        "pending",
        "warn",
        "warning",
        "stale",
        "overdue",
        "paused",
        "retrying",
        "stopping",
    ),
    "cyan": ("running", "sending"),
    "bright_black": ("cancelled", "skipped", "unchanged", "off", "gone", "silenced", "info"),
}
_COLOR_OF = {word: color for color, words in _COLORS.items() for word in words}


def style_of(state: str) -> dict[str, Any]:
    """Return the colour of a state such as `FAILED`."""
    word = re.split(r"[^a-z]", state.strip().lower(), maxsplit=1)[0]
    return {"fg": _COLOR_OF[word]} if word in _COLOR_OF else {}


def table_lines(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str], screen: Screen, cell: Cell, *, is_data: bool = False
) -> Iterator[str]:
    """Yield the lines of a table with the columns `names`; `cell` makes the text of a value.

    Columns without values are left out. Where the columns have no room, the last one is wrapped, times get shorter, the
    other columns are wrapped between words, and at last each value gets a line of its own. Data are shown as they are,
    in any width.
    """
    texts = _texts(rows, names, screen, cell, Length.FULL)
    shown = [name for name in names if is_data or any(line[name] for line in texts)]
    long = _Grid(shown, texts, screen)
    if is_data or screen.columns is None or long.fits():
        yield from long.lines(long.natural)
        return
    absolute, distance = (
        _Grid(shown, _texts(rows, names, screen, cell, length), screen) for length in (Length.ABSOLUTE, Length.DISTANCE)
    )
    tried: list[tuple[_Grid, list[int] | None]] = [
        (long, long.with_last_wrapped(_LAST_BESIDE_LONG_TIMES)),
        (absolute, absolute.natural if absolute.fits() else absolute.with_last_wrapped(_LAST)),
        (distance, distance.natural if distance.fits() else distance.with_last_wrapped(_LAST)),
        (distance, distance.narrowed()),
    ]
    yield from next((grid.lines(widths) for grid, widths in tried if widths is not None), long.blocks())


def _texts(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str], screen: Screen, cell: Cell, length: Length
) -> list[dict[str, str]]:
    return [{name: cell(row.get(name), screen, length) for name in names} for row in rows]


class _Grid:
    """Texts of a table with the widths of its columns."""

    def __init__(self, names: list[str], texts: list[dict[str, str]], screen: Screen) -> None:
        self.names = names
        self.heads = [plain(name) for name in names]
        self.rows = [[line[name] for name in names] for line in texts]
        self.screen = screen
        columns = list(zip(*self.rows, strict=True))
        self.natural = [max(map(width, (head, *column))) for head, column in zip(self.heads, columns, strict=True)]
        self.numeric = [_is_numeric(column) for column in columns]

    @property
    def room(self) -> int:
        return (self.screen.columns or 0) - _GAP * (len(self.names) - 1)

    def fits(self) -> bool:
        return sum(self.natural) <= self.room

    def with_last_wrapped(self, least: int) -> list[int] | None:
        """Return the widths with the last column in what the others leave, None if that is less than `least`."""
        room = self.room - sum(self.natural[:-1])
        return [*self.natural[:-1], room] if room >= least and not self.numeric[-1] else None

    def narrowed(self) -> list[int] | None:
        """Return widths that fit, with the widest columns wrapped between words; None if rows would get high."""
        least = [
            max(width(head), *(min(longest_word(row[index]), _LONGEST_WORD) for row in self.rows))
            for index, head in enumerate(self.heads)
        ]
        widths = list(self.natural)
        while sum(widths) > self.room:
            spare, index = max((size - least[index], index) for index, size in enumerate(widths))
            if spare <= 0:
                return None
            widths[index] -= 1
        high = max(len(wrap(text, size)) for row in self.rows for text, size in zip(row, widths, strict=True))
        return widths if high <= _MOST_LINES else None

    def lines(self, widths: Sequence[int]) -> Iterator[str]:
        """Yield the heads and the rows in columns of these widths."""
        yield self._joined(self.heads, widths)
        for row in self.rows:
            wrapped = [_lines(text, size) for text, size in zip(row, widths, strict=True)]
            for parts in zip_longest(*wrapped, fillvalue=""):
                yield self._joined(parts, widths, row)

    def blocks(self) -> Iterator[str]:
        """Yield each value on lines of its own, beside its name; an empty line is between two rows."""
        for number, row in enumerate(self.rows):
            if number:
                yield ""
            found = [(name, text) for name, text in zip(self.names, row, strict=True) if text]
            yield from field_lines(found, self.screen, self._style)

    def _joined(self, texts: Sequence[str], widths: Sequence[int], row: Sequence[str] | None = None) -> str:
        parts = []
        for index, (text, size) in enumerate(zip(texts, widths, strict=True)):
            padded = pad(text, size, right=self.numeric[index])
            style = self._style(self.names[index], row[index]) if row is not None else {}
            parts.append(self.screen.styled(padded, **style) if text and style else padded)
        line = (" " * _GAP).join(parts).rstrip()
        return self.screen.styled(line, bold=True) if row is None else line

    def _style(self, name: str, text: str) -> dict[str, Any]:
        return style_of(text) if self.screen.has_color and name in _STATES else {}


def field_lines(
    fields: Sequence[tuple[str, str]],
    screen: Screen,
    style: Callable[[str, str], dict[str, Any]] = lambda name, text: style_of(text) if name in _STATES else {},
) -> Iterator[str]:
    """Yield `name  value` lines; a value that has no room is wrapped beside its name."""
    head = max((width(plain(name)) for name, _ in fields), default=0)
    for name, text in fields:
        room = None if screen.columns is None else max(screen.columns - head - _GAP, _LAST)
        for number, part in enumerate(_whole_lines(plain(text), room)):
            label = pad(plain(name) if not number else "", head)
            yield f"{label}{' ' * _GAP}{screen.styled(part, **style(name, text))}".rstrip()


def _lines(text: str, columns: int) -> list[str]:
    return [text] if width(text) <= columns else wrap(text, columns)


def _whole_lines(text: str, columns: int | None) -> list[str]:
    """Return lines in which no word is cut: an address or an id is to be copied."""
    if columns is None or width(text) <= columns:
        return [text]
    return wrap(text, max(columns, longest_word(text)))


def _is_numeric(column: Sequence[str]) -> bool:
    filled = [text for text in column if text]
    return bool(filled) and all(
        (text[-1].isdigit() or text[-1] == "s") and re.fullmatch(_NUMBER, text) for text in filled
    )
