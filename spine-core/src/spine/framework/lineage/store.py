"""Store of the edges of lineage."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from threading import Lock
from typing import Protocol

from spine.core.scope import current_scope
from spine.framework.lineage.edge import Direction, Edge


class LineageStore(Protocol):
    """Store of edges."""

    def commit(self, edges: Sequence[Edge]) -> None:
        """Keep `edges`; one that is there already is not kept twice."""
        ...

    def edges_at(self, references: Collection[str], direction: Direction) -> list[Edge]:
        """Return the edges with these references and this direction, oldest first."""
        ...

    def edges_of(self, steps: Collection[tuple[str, str | None]]) -> list[Edge]:
        """Return the edges of these steps, given as run and name, oldest first."""
        ...

    def edges_of_run(self, run_id: str) -> list[Edge]:
        """Return the edges of all steps of a run, oldest first."""
        ...


class MemoryLineageStore:
    """Store of edges in memory."""

    def __init__(self) -> None:
        self._edges: dict[str, Edge] = {}
        self._lock = Lock()

    def commit(self, edges: Sequence[Edge]) -> None:
        with self._lock:
            for edge in edges:
                self._edges.setdefault(edge.id, edge)

    def edges_at(self, references: Collection[str], direction: Direction) -> list[Edge]:
        return [edge for edge in self._all() if edge.reference in references and edge.direction is direction]

    def edges_of(self, steps: Collection[tuple[str, str | None]]) -> list[Edge]:
        return [edge for edge in self._all() if (edge.run_id, edge.step) in steps]

    def edges_of_run(self, run_id: str) -> list[Edge]:
        return [edge for edge in self._all() if edge.run_id == run_id]

    def _all(self) -> list[Edge]:
        with self._lock:
            return list(self._edges.values())


def lineage_store() -> LineageStore:
    """Return the store of the current project."""
    return current_scope().get(LineageStore, MemoryLineageStore)  # type: ignore[type-abstract]  # a protocol is the key
