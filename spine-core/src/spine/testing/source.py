"""A source with data set by a test."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from spine.framework.sources import BaseSource, SourceResult, SourceType
from spine.framework.sources.fetches import recorded


class FakeSource(BaseSource):
    """Fetches and streams `rows`, which a test may replace between fetches; with `error` set, fails with it."""

    supports_streaming = True

    def __init__(
        self,
        name: str,
        rows: Sequence[dict[str, Any]] = (),
        *,
        error: Exception | None = None,
        domain: str | None = None,
    ) -> None:
        super().__init__(name, SourceType.CUSTOM, domain=domain)
        self.rows = list(rows)
        self.error = error
        self.fetched_with: list[dict[str, Any]] = []

    @recorded
    def fetch(self, params: dict[str, Any] | None = None) -> SourceResult:
        rows = self._take(params)
        # of their repr, because rows may hold values that JSON cannot, such as dates
        content_hash = hashlib.sha256(repr(rows).encode(errors="surrogatepass")).hexdigest()
        return SourceResult.ok(rows, self._create_metadata(params, content_hash=content_hash))

    def stream(self, params: dict[str, Any] | None = None, batch_size: int = 1000) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows in lists of `batch_size`, the last one shorter."""
        rows = self._take(params)
        for start in range(0, len(rows), batch_size):
            yield rows[start : start + batch_size]

    def locator(self, params: dict[str, Any] | None = None) -> str | None:
        return f"fake:{self.name}"

    def _take(self, params: dict[str, Any] | None) -> list[dict[str, Any]]:
        self.fetched_with.append(dict(params or {}))
        if self.error is not None:
            raise self.error
        return [dict(row) for row in self.rows]
