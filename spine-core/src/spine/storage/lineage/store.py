"""Edges of lineage in SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, select

from spine.framework.lineage import Direction, Edge, EdgeKind
from spine.storage.history import History
from spine.storage.tables.lineage import lineage
from spine.storage.types import in_parts, of_row


class SqlLineageStore:
    """A LineageStore over `core_lineage`."""

    def __init__(self, history: History) -> None:
        self._history = history

    def commit(self, edges: Sequence[Edge]) -> None:
        with self._history.engine.begin() as connection:
            insert_edges(self._history, connection, edges)

    def edges_at(self, references: Collection[str], direction: Direction) -> list[Edge]:
        is_direction = lineage.c.direction == direction.name
        return self._edges(is_direction & lineage.c.reference.in_(part) for part in in_parts(references))

    def edges_of(self, steps: Collection[tuple[str, str | None]]) -> list[Edge]:
        found = self._edges(lineage.c.run_id.in_(part) for part in in_parts({run_id for run_id, _step in steps}))
        return [edge for edge in found if (edge.run_id, edge.step) in steps]

    def edges_of_run(self, run_id: str) -> list[Edge]:
        return self._edges(iter([lineage.c.run_id == run_id]))

    def _edges(self, conditions: Iterator[ColumnElement[bool]]) -> list[Edge]:
        def read(connection: Connection) -> list[Edge]:
            found = []
            for condition in conditions:
                query = select(lineage).where(self._history.own(lineage), condition)
                found += [_edge(row) for row in connection.execute(query).mappings()]
            return sorted(found, key=lambda edge: edge.at)

        return self._history.read(read)


def insert_edges(history: History, connection: Connection, edges: Sequence[Edge]) -> None:
    """Write edges inside the transaction of `connection`, those that are new."""
    if not edges:
        return
    statement: Any = history.adapter.conflict_insert(lineage)
    statement = statement.on_conflict_do_nothing(index_elements=["id"])
    connection.execute(statement, [_row(history, edge) for edge in edges])


def _row(history: History, edge: Edge) -> dict[str, Any]:
    return {
        "project": history.project,
        "id": edge.id,
        "run_id": edge.run_id,
        "step_name": edge.step,
        "attempt": edge.attempt,
        "direction": edge.direction.name,
        "kind": edge.kind.value,
        "reference": edge.reference,
        "content_hash": edge.content_hash,
        "at": edge.at,
    }


@of_row
def _edge(row: RowMapping) -> Edge:
    return Edge(
        row["run_id"],
        row["step_name"],
        row["attempt"],
        Direction[row["direction"]],
        EdgeKind(row["kind"]),
        row["reference"],
        row["content_hash"],
        row["at"],
    )
