"""A source whose data a test gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spine.core.hashing import hash_json
from spine.framework.sources import BaseSource, SourceResult, SourceType
from spine.framework.sources.fetches import recorded


class FakeSource(BaseSource):
    """Returns `rows`, which a test may replace between fetches; with `error` set, fails with it."""

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
        self.fetched_with.append(dict(params or {}))
        if self.error is not None:
            raise self.error
        rows = [dict(row) for row in self.rows]
        return SourceResult.ok(rows, self._create_metadata(params, content_hash=hash_json(rows)))

    def locator(self, params: dict[str, Any] | None = None) -> str | None:
        return f"fake:{self.name}"
