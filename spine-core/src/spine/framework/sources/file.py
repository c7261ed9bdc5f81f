"""The file source, provided by `spine-sources-file`; FileFormat is re-exported from `spine.formats`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spine.formats.fileformat import FileFormat
from spine.plugins.lazy import lazy_exports

if TYPE_CHECKING:
    from spine_sources_file.source import FileSource as FileSource

__all__ = ["FileFormat"]

__getattr__ = lazy_exports(__name__, {"FileSource": ("source", "file")})
