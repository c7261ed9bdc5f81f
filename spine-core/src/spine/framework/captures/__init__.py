"""Captures: named outputs in immutable revisions, with content hash and lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spine.core.lazy import lazy_names
from spine.framework.captures.revision import Capture, CaptureConflictError, CaptureNotFoundError
from spine.framework.captures.store import CaptureStore, MemoryCaptureStore

if TYPE_CHECKING:
    from spine.framework.captures.api import CaptureMode, capture, list_captures
    from spine.framework.captures.damage import DamagedCaptureError
    from spine.framework.captures.diff import CaptureDiff, diff_captures
    from spine.framework.captures.digest import content_hash
    from spine.framework.captures.lineage_query import lineage
    from spine.framework.captures.payloads import PayloadStore
    from spine.framework.captures.reading import CaptureData, read_capture

__all__ = [
    "Capture",
    "CaptureConflictError",
    "CaptureData",
    "CaptureDiff",
    "CaptureMode",
    "CaptureNotFoundError",
    "CaptureStore",
    "DamagedCaptureError",
    "MemoryCaptureStore",
    "PayloadStore",
    "capture",
    "content_hash",
    "diff_captures",
    "lineage",
    "list_captures",
    "read_capture",
]

if not TYPE_CHECKING:  # code that reads and writes data is imported on use
    __getattr__ = lazy_names(
        __name__,
        {
            "spine.framework.captures.api": ["CaptureMode", "capture", "list_captures"],
            "spine.framework.captures.damage": ["DamagedCaptureError"],
            "spine.framework.captures.diff": ["CaptureDiff", "diff_captures"],
            "spine.framework.captures.digest": ["content_hash"],
            "spine.framework.captures.lineage_query": ["lineage"],
            "spine.framework.captures.payloads": ["PayloadStore"],
            "spine.framework.captures.reading": ["CaptureData", "read_capture"],
        },
    )
