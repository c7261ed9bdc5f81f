"""Captures: named outputs in immutable revisions, with content hash and lineage."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

_MODULES = {
    "CaptureData": "reading",
    "CaptureDiff": "diff",
    "CaptureMode": "api",
    "DamagedCaptureError": "damage",
    "PayloadStore": "payloads",
    "capture": "api",
    "content_hash": "digest",
    "diff_captures": "diff",
    "lineage": "lineage_query",
    "list_captures": "api",
    "read_capture": "reading",
}


def __getattr__(name: str) -> Any:  # code that reads and writes data is imported on use
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
