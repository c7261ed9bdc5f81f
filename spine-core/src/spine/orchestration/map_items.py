"""Names of `spine.orchestration.steptypes.map_items`, under the path that programs written before 0.1.0 import."""

from __future__ import annotations

from spine.orchestration.steptypes.map_items import CaptureItems as CaptureItems
