"""Scope of one reading of metrics: the connection, the time, and the names that labels may have."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from attrs import define, field
from sqlalchemy import CTE, Column, ColumnElement, Connection, func, select

from spine.orchestration.status import WorkflowStatus
from spine.storage.history import History
from spine.storage.metrics.family import OTHERS
from spine.storage.tables.runs import runs

OPEN = [status.name for status in WorkflowStatus if status.is_open]
MOST_NAMES = 500
"""Values of a label; the counts of further names are summed as OTHERS, and their gauges left out."""


@define
class Scope:
    """Reading of the metrics of a history at `now`; counters count what happened since `since`, midnight in UTC."""

    history: History
    connection: Connection
    now: datetime
    since: datetime = field(init=False)
    cut: set[str] = field(factory=set)

    def __attrs_post_init__(self) -> None:
        self.since = self.now.replace(hour=0, minute=0, second=0, microsecond=0)

    def names(self, label: str, *columns: Column[str]) -> list[str]:
        """Return the names in columns that are the second ones of indexes that begin with the project.

        Each name is one look into the index, so the cost does not grow with the rows.
        """
        return self.kept(label, {name for column in columns for name in self._distinct(column)})

    def kept(self, label: str, names: Iterable[str]) -> list[str]:
        """Return the first names of a label, and note if there are more."""
        found = sorted(names)
        if len(found) > MOST_NAMES:
            self.cut.add(label)
        return found[:MOST_NAMES]

    def _distinct(self, column: Column[str]) -> list[str]:
        own = self.history.own(column.table)
        found = select(func.min(column).label("name")).where(own).cte("found", recursive=True)
        following = select(func.min(column)).where(own, column > found.c.name).scalar_subquery()
        found = found.union_all(select(following).select_from(found).where(found.c.name.is_not(None)))
        query = select(found.c.name).where(found.c.name.is_not(None)).limit(MOST_NAMES + 1)
        return list(self.connection.execute(query).scalars())

    def runs(self, *conditions: ColumnElement[bool]) -> CTE:
        """Return the runs of the project for which the conditions hold, found before they are grouped.

        SQLite would otherwise read all runs in the order of the index by workflow, to save the sorting.
        """
        found = select(runs.c.run_id, runs.c.workflow_name, runs.c.status, runs.c.duration_ms).where(
            self.history.own(runs), *conditions
        )
        return found.cte("selected").prefix_with("MATERIALIZED")

    def touched_today(self, *conditions: ColumnElement[bool]) -> tuple[CTE, CTE]:
        """Return the runs that ended since midnight, and those that are open: what happened today happened to them."""
        is_open = (runs.c.status.in_(OPEN), runs.c.completed_at.is_(None))
        return self.runs(runs.c.completed_at >= self.since, *conditions), self.runs(*is_open, *conditions)

    def rows(self, query: Any) -> Any:
        """Return the rows of a query."""
        return self.connection.execute(query).all()


def within(name: str, names: Iterable[str]) -> str:
    """Return a name, or OTHERS for one beyond the limit."""
    return name if name in names else OTHERS
