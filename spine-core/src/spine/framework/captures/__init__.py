"""Captures: named outputs in immutable revisions, with content hash and lineage."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from spine.framework.captures.revision import Capture, CaptureNotFoundError
from spine.framework.captures.store import CaptureStore, MemoryCaptureStore

if TYPE_CHECKING:
    from spine.framework.captures.api import CaptureData, capture, list_captures, read_capture
    from spine.framework.captures.damage import DamagedCaptureError
    from spine.framework.captures.digest import content_hash
    from spine.framework.captures.payloads import PayloadStore

__all__ = [
    "Capture",
    "CaptureData",
    "CaptureNotFoundError",
    "CaptureStore",
    "DamagedCaptureError",
    "MemoryCaptureStore",
    "PayloadStore",
    "capture",
    "content_hash",
    "list_captures",
    "read_capture",
]


def __getattr__(name: str) -> Any:  # code that reads and writes data is imported on use
    module = {"content_hash": "digest", "DamagedCaptureError": "damage", "PayloadStore": "payloads"}.get(name, "api")
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    return getattr(import_module(f"{__name__}.{module}"), name)
