"""The capture that data is checked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from attrs import frozen

from spine.framework.captures.revision import Capture

if TYPE_CHECKING:
    import pyarrow as pa


@frozen
class Subject:
    """The capture that the data is for.

    `read` returns columns of another capture, or of this one; `last` is its current revision, or that of the newest
    partition if this one has none. With `is_append`, the rows of the current revision stay beside the data.
    """

    name: str
    partition: Mapping[str, str]
    business_date: date | None
    read: Callable[[str, Sequence[str]], pa.Table]
    last: Callable[[], Capture | None]
    is_append: bool = False

    @property
    def place(self) -> str:
        """Name and partition: `prices day=2026-01-05`."""
        return " ".join([self.name, *(f"{key}={value}" for key, value in self.partition.items())])

    @property
    def base(self) -> Capture | None:
        """The revision whose rows stay beside the data, None if there is none."""
        found = self.last() if self.is_append else None
        return found if found is not None and found.partition == self.partition else None

    def base_columns(self, names: Sequence[str]) -> pa.Table | None:
        """Return columns of the rows that stay, None if there are no such rows or columns."""
        base = self.base
        if base is None or not set(names) <= {name for name, _kind in base.schema}:
            return None
        return self.read(self.name, names)
