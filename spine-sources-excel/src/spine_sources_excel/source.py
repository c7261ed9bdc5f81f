"""Source of workbooks: one sheet as rows."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from spine.core.configured import configured_by
from spine.core.errors import SourceError, SourceNotFoundError
from spine.core.hashing import hash_json
from spine.formats.limits import refuse_more
from spine.framework.sources.fetches import recorded
from spine.framework.sources.result import SourceResult, SourceType
from spine.framework.sources.source import BaseSource
from spine_sources_excel.config import ExcelSourceConfig
from spine_sources_excel.rows import rows_of
from spine_sources_excel.workbook import read_sheet


class ExcelSource(BaseSource):
    """Rows of one sheet of a workbook. The options are those of ExcelSourceConfig."""

    source_type = SourceType.FILE

    @configured_by(ExcelSourceConfig)
    def __init__(self, options: ExcelSourceConfig) -> None:
        self._options = options
        super().__init__(options.name, SourceType.FILE, domain=options.domain, config=options.to_dict())

    def locator(self, params: dict[str, Any] | None = None) -> str:
        """Return the path, with the sheet and the range that are read."""
        cells = f"!{self._options.range}" if self._options.range else ""
        return f"{self._options.path}#{self._options.sheet}{cells}"

    @recorded
    def fetch(self, params: dict[str, Any] | None = None) -> SourceResult:
        """Return the rows of the sheet; a failure is a failed result."""
        content = self._content()
        rows, renamed = rows_of(read_sheet(content, self._options.path, self._options), self._options)
        metadata = self.create_metadata(
            params,
            path=self._options.path,
            content_hash=hashlib.sha256(content).hexdigest(),
            bytes_fetched=len(content),
            last_modified=self._modified(),
            renamed_columns=renamed,
        )
        return SourceResult.ok(rows, metadata)

    def get_cache_key(self, params: dict[str, Any] | None = None) -> str:
        """Return a key that is the same for the same sheet and parameters."""
        given = {name: str(value) for name, value in (params or {}).items()}
        return f"{self.name}:{hash_json([self.locator(), given])}"

    def has_changed(
        self,
        params: dict[str, Any] | None = None,
        last_hash: str | None = None,
        last_etag: str | None = None,
        last_modified: str | None = None,
    ) -> bool:
        """Return whether the file differs from what the hints describe; the hash decides where one is given."""
        try:
            if last_hash is not None:
                return hashlib.sha256(self._content()).hexdigest() != last_hash
            return last_modified != self._modified()
        except (SourceError, OSError):
            return True

    def _modified(self) -> str:
        return datetime.fromtimestamp(Path(self._options.path).stat().st_mtime, UTC).isoformat()

    def _content(self) -> bytes:
        path = Path(self._options.path)
        try:
            refuse_more(str(path), path.stat().st_size, self._options.max_bytes)
            return path.read_bytes()
        except FileNotFoundError as error:
            raise SourceNotFoundError(f"{path} does not exist", cause=error) from error
        except OSError as error:
            raise SourceError(f"{path} cannot be read: {error.strerror or error}", cause=error) from error
