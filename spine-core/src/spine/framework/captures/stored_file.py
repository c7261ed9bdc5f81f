"""Files in a store of payloads."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from attrs import frozen

from spine.core.errors import StorageError

_PAYLOAD = re.compile(r"[^/]+/[0-9a-f]{64}\.parquet")
_DRAFT = re.compile(r"[^/]+/\.[0-9A-Za-z-]+\.tmp")


@frozen
class StoredFile:
    """File of a store; `kind` is `payload` or `draft`, the file of a payload that was not completed."""

    location: str
    kind: str
    byte_count: int
    modified_at: datetime

    def to_dict(self) -> dict[str, Any]:
        """Return the file as JSON values."""
        return {
            "location": self.location,
            "kind": self.kind,
            "byte_count": self.byte_count,
            "modified_at": self.modified_at.isoformat(),
        }


def stored_file(location: str, byte_count: int, modified_at: datetime) -> StoredFile | None:
    """Return the file at `location`; None for one that no store of payloads wrote."""
    kind = "payload" if _PAYLOAD.fullmatch(location) else "draft" if _DRAFT.fullmatch(location) else None
    return None if kind is None else StoredFile(location, kind, byte_count, modified_at)


def checked_location(location: str, root: Path | str) -> str:
    """Return `location`; StorageError if it would not be below `root`."""
    parts = PurePosixPath(location)
    if parts.is_absolute() or ".." in parts.parts:
        raise StorageError(f"capture payload {location!r} is not a place below {root}")
    return location
