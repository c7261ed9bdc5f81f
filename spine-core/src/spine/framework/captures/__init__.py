"""What was produced and kept: named outputs in immutable revisions, with content hash and lineage."""

from __future__ import annotations

from spine.framework.captures.api import CaptureData, capture, list_captures, read_capture
from spine.framework.captures.capture import Capture, CaptureNotFoundError
from spine.framework.captures.content_hash import content_hash
from spine.framework.captures.payloads import PayloadStore
from spine.framework.captures.store import CaptureStore, MemoryCaptureStore

__all__ = [
    "Capture",
    "CaptureData",
    "CaptureNotFoundError",
    "CaptureStore",
    "MemoryCaptureStore",
    "PayloadStore",
    "capture",
    "content_hash",
    "list_captures",
    "read_capture",
]
