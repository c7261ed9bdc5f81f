"""Bad rows, as readers report them."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen


@frozen
class BadRow:
    """One row that cannot be read: the file, the line it starts on, its text and the reason."""

    label: str
    line_number: int
    raw: str
    reason: str

    def __str__(self) -> str:
        return f"{self.label}, line {self.line_number}: {self.reason}"


OnBadRow = Callable[[BadRow], None]
