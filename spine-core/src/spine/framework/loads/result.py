"""Result of a load."""

from __future__ import annotations

from typing import Any

from attrs import asdict, frozen


@frozen
class LoadResult:
    """Numbers of rows that a load inserted, updated, deleted, and found unchanged.

    For scd2, updated rows are those that have a new version, and deleted ones those that have none any more.
    `repeated` is True if an earlier attempt of the step has loaded them, and this call wrote nothing.
    """

    database: str
    table: str
    mode: str
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    repeated: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return asdict(self)
