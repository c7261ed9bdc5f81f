"""Sources of data: protocols, results, registry, and the history of fetches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spine.framework.sources.cache import CachedResponse, MemorySourceCache, SourceCache
from spine.framework.sources.fetches import FetchRecord, FetchStatus, FetchStore, MemoryFetchStore, recorded
from spine.framework.sources.registry import SourceRegistry, UnknownSourceError, register_source, source_registry
from spine.framework.sources.result import SourceMetadata, SourceResult, SourceType
from spine.framework.sources.source import BaseSource, CachingSource, Source, StreamingSource
from spine.plugins.lazy import lazy_exports

if TYPE_CHECKING:
    from spine.formats.fileformat import Compression as Compression
    from spine.formats.fileformat import FileFormat as FileFormat
    from spine.framework.sources.database import DatabaseSource as DatabaseSource
    from spine_sources_file.source import FileSource as FileSource
    from spine_sources_http.source import HttpSource as HttpSource

__all__ = [
    "BaseSource",
    "CachedResponse",
    "CachingSource",
    "Compression",
    "FetchRecord",
    "FetchStatus",
    "FetchStore",
    "FileFormat",
    "MemoryFetchStore",
    "MemorySourceCache",
    "Source",
    "SourceCache",
    "SourceMetadata",
    "SourceRegistry",
    "SourceResult",
    "SourceType",
    "StreamingSource",
    "UnknownSourceError",
    "recorded",
    "register_source",
    "source_registry",
]

_of_plugins = lazy_exports(
    __name__,
    {"DatabaseSource": ("source", "database"), "FileSource": ("source", "file"), "HttpSource": ("source", "http")},
)


def __getattr__(name: str) -> Any:
    if name in ("Compression", "FileFormat"):
        from spine.formats import fileformat  # re-exported: API.md promises both names here

        return getattr(fileformat, name)
    return _of_plugins(name)
