"""Alias of `spine.orchestration.steptypes.map_items` for programs written before 0.1.0."""

from __future__ import annotations

from spine.orchestration.steptypes.map_items import CaptureItems as CaptureItems
