"""The HTTP source, provided by `spine-sources-http`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spine.plugins.lazy import lazy_exports

if TYPE_CHECKING:
    from spine_sources_http.source import HttpSource as HttpSource

__all__: list[str] = []

__getattr__ = lazy_exports(__name__, {"HttpSource": ("source", "http")})
