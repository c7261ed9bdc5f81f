"""Text on a terminal: its width in columns, padding, wrapping, and control characters removed.

A character of Chinese, Japanese or Korean takes two columns, an accent that follows its letter none, and several
characters that are joined to one emoji two together.
"""

from __future__ import annotations

from collections.abc import Iterator

_JOINER = "\u200d"  # joins emoji; not printable, and harmless
_DOTS = "..."


def plain(text: str) -> str:
    """Return `text` on one line, without terminal control characters."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() or character == _JOINER else " " for character in text)


def width(text: str) -> int:
    """Return the number of columns that `text` takes."""
    if text.isascii():
        return len(text)
    from rich.cells import split_graphemes  # only where something else than ASCII is shown

    return split_graphemes(text)[1]


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """Return `text` filled with spaces to a number of columns, at its left if it is to stand `right`."""
    spaces = " " * max(columns - width(text), 0)
    return spaces + text if right else text + spaces


def cut(text: str, columns: int) -> str:
    """Return `text` in at most so many columns; dots stand for the middle of one that is longer."""
    if width(text) <= columns:
        return text
    if columns <= len(_DOTS):
        return _head(text, columns)
    end = (columns - len(_DOTS)) // 2
    return f"{_head(text, columns - len(_DOTS) - end)}{_DOTS}{_tail(text, end)}"


def cut_end(text: str, columns: int) -> str:
    """Return `text` in at most so many columns; dots stand for the end of one that is longer."""
    if width(text) <= columns:
        return text
    return _head(text, max(columns - len(_DOTS), 0)) + _DOTS[:columns]


def wrap(text: str, columns: int) -> list[str]:
    """Return `text` as lines of at most so many columns, broken between words; the middle of a longer word is cut."""
    if width(text) <= columns:
        return [text]
    lines, line = [], ""
    for word in _words(text, columns):
        if line and width(line) + 1 + width(word) > columns:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line] if line else lines


def longest_word(text: str) -> int:
    """Return the width of the longest word."""
    return max(map(width, text.split(" ")), default=0)


def _words(text: str, columns: int) -> Iterator[str]:
    """Yield the words; one of a language that has no spaces is broken into pieces."""
    for word in text.split():
        if word.isascii() or width(word) <= columns:
            yield cut(word, columns)
            continue
        from rich.cells import chop_cells

        yield from chop_cells(word, columns)


def _head(text: str, columns: int) -> str:
    if text.isascii():
        return text[:columns]
    from rich.cells import split_graphemes

    spans, total = split_graphemes(text)
    while total > columns:
        total -= spans.pop()[2]
    return text[: spans[-1][1]].rstrip() if spans else ""


def _tail(text: str, columns: int) -> str:
    if text.isascii():
        return text[len(text) - columns :]
    from rich.cells import split_graphemes

    spans, total = split_graphemes(text)
    while total > columns:
        (_start, _end, size), *spans = spans
        total -= size
    return text[spans[0][0] :] if spans else ""
