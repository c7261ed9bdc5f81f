"""Every name of `spine.framework.sources` that core owns, under the path that older programs import it from."""

from __future__ import annotations

from spine.framework.sources import (
    BaseSource,
    CachingSource,
    Compression,
    FetchRecord,
    FetchStatus,
    FetchStore,
    FileFormat,
    MemoryFetchStore,
    Source,
    SourceMetadata,
    SourceRegistry,
    SourceResult,
    SourceType,
    StreamingSource,
    UnknownSourceError,
    recorded,
    register_source,
    source_registry,
)

__all__ = [
    "BaseSource",
    "CachingSource",
    "Compression",
    "FetchRecord",
    "FetchStatus",
    "FetchStore",
    "FileFormat",
    "MemoryFetchStore",
    "Source",
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
