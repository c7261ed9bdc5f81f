"""Parts of long lists, with links to the part before and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from spine_board.asked import Asked


@frozen
class Part:
    """The rows from `start` on, of `total`; `previous` and `next` are the starts of the parts beside it."""

    rows: Sequence[Any]
    start: int
    total: int
    previous: int | None
    next: int | None


def part_of(rows: Sequence[Any], asked: Asked, size: int) -> Part:
    """Return the part of a list that `?after=NUMBER` asks for."""
    start = asked.number("after", 0)
    end = start + size
    previous = max(0, start - size) if start else None
    return Part(rows[start:end], start, len(rows), previous, end if end < len(rows) else None)
