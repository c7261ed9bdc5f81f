"""Sources of data: protocols, results, registry, and the history of fetches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spine.core.lazy import lazy_names
from spine.plugins.lazy import lazy_exports

if TYPE_CHECKING:
    from spine.formats.fileformat import Compression as Compression
    from spine.formats.fileformat import FileFormat as FileFormat
    from spine.framework.sources.cache import CachedResponse, MemorySourceCache, SourceCache
    from spine.framework.sources.database import DatabaseSource as DatabaseSource
    from spine.framework.sources.fetches import FetchRecord, FetchStatus, FetchStore, MemoryFetchStore, recorded
    from spine.framework.sources.registry import SourceRegistry, UnknownSourceError, register_source, source_registry
    from spine.framework.sources.result import SourceMetadata, SourceResult, SourceType
    from spine.framework.sources.source import BaseSource, CachingSource, Source, StreamingSource
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

if not TYPE_CHECKING:  # type checkers know the names above; a command without sources imports none of them
    __getattr__ = lazy_names(
        __name__,
        {
            "spine.formats.fileformat": ["Compression", "FileFormat"],  # API.md promises both names here
            "spine.framework.sources.cache": ["CachedResponse", "MemorySourceCache", "SourceCache"],
            "spine.framework.sources.fetches": [
                "FetchRecord",
                "FetchStatus",
                "FetchStore",
                "MemoryFetchStore",
                "recorded",
            ],
            "spine.framework.sources.registry": [
                "SourceRegistry",
                "UnknownSourceError",
                "register_source",
                "source_registry",
            ],
            "spine.framework.sources.result": ["SourceMetadata", "SourceResult", "SourceType"],
            "spine.framework.sources.source": ["BaseSource", "CachingSource", "Source", "StreamingSource"],
        },
        otherwise=lazy_exports(
            __name__,
            {
                "DatabaseSource": ("source", "database"),
                "FileSource": ("source", "file"),
                "HttpSource": ("source", "http"),
            },
        ),
    )
