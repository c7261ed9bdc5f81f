"""Sources of a project: their declarations and fetches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from spine.core.names import plain
from spine.framework.sources import source_registry
from spine.project.page import Row, Rows
from spine.storage.runs import queries
from spine.storage.sources.queries import last_fetches, reject_reasons, rejects_of

if TYPE_CHECKING:
    from spine.app import Application


@frozen
class Sources:
    """Queries over sources. A source is given by its name."""

    _application: Application

    def list(self) -> Rows:
        """Return every source with its type, its domain and its place of declaration."""
        return [self.describe(name) for name in source_registry.list_sources()]

    def describe(self, name: str) -> Row:
        """Return the type, the domain and the place of declaration of a source, or raise UnknownSourceError."""
        declared = self._application.settings.sources.get(name)
        return {
            "name": name,
            "source_type": declared.type if declared else plain(source_registry.get(name).source_type),
            "domain": declared.options.get("domain") if declared else None,
            "declared_in": "spine.toml" if declared else "a module",
        }

    def options(self, name: str) -> dict[str, Any]:
        """Return the options of a source of `spine.toml`, with secrets masked; none for one of a module."""
        return self._application.source_options(name)

    def freshness(self) -> Rows:
        """Return the rows of `list`, each with its newest fetch as `last_fetch`, None for a source without one.

        `good_at` is the time of the newest fetch that was good, None if there is none.
        """
        fetches = last_fetches(self._application.history)
        return [
            {**row, "last_fetch": last, "good_at": last and last["good_at"]}
            for row, last in ((row, fetches.get(row["name"])) for row in self.list())
        ]

    def rejects(self, name: str, *, limit: int = 20) -> Rows:
        """Return the newest rows that were rejected of a source first."""
        return rejects_of(self._application.history, name, limit=limit)

    def reject_reasons(self, name: str, *, among: int = 10_000) -> Rows:
        """Return the reasons of the newest `among` rejected rows, each with the number of `rows` and its `last_at`."""
        return reject_reasons(self._application.history, name, among=among)

    def fetches(self, name: str, *, limit: int = 20) -> Rows:
        """Return the newest fetches of a source first."""
        return queries.source_fetches_of(self._application.history, name, limit=limit)
