"""Pages of rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import frozen

Row = dict[str, Any]
Rows = list[Row]  # an alias, for classes that have a method of the name `list`


@frozen
class Page:
    """Rows, and in `next` the `before` of the next page; None if this is the last one."""

    rows: list[Row]
    next: str | None = None

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def page_of(found: list[Row], limit: int, key: str) -> Page:
    """Return a page of at most `limit` rows; `found` has one more if there is another page."""
    rows = found[:limit]
    return Page(rows, str(rows[-1][key]) if len(found) > limit else None)
