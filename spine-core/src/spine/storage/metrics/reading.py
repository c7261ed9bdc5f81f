"""One reading of metrics: the connection, the time, and the names that labels may have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from attrs import define, field, frozen
from sqlalchemy import CTE, Column, ColumnElement, Connection, func, select

from spine.orchestration.status import WorkflowStatus
from spine.storage.history import History
from spine.storage.metrics.family import OTHERS
from spine.storage.tables.runs import runs

OPEN = [status.name for status in WorkflowStatus if status.is_open]
GOOD = [status.name for status in WorkflowStatus if status.is_good]
NEWEST = 100
"""Runs of a workflow, or fetches of a source, among which the last success is looked for."""
_NEWEST_RUNS = 5  # of a workflow, whose steps have series from the first second of a day
MOST_NAMES = 500
"""Values of a label; the counts of further names are summed as OTHERS, and their gauges left out."""


@frozen
class Workflow:
    """Workflow with the time of its last success and the ids of its newest runs."""

    name: str
    last_success: datetime | None
    run_ids: Sequence[str]


@define
class Reading:
    """Reading of the metrics of a history at `now`; counters count what happened since `since`, midnight in UTC."""

    history: History
    connection: Connection
    now: datetime
    since: datetime = field(init=False)
    cut: set[str] = field(factory=set)
    workflows: list[Workflow] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.since = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        self.workflows = self._read_workflows()

    def _read_workflows(self) -> list[Workflow]:
        def newest(found: CTE, *columns: Column[Any]) -> Any:
            mine = (self.history.own(runs), runs.c.workflow_name == found.c.name, runs.c.started_at <= self.now)
            return select(*columns).where(*mine).order_by(runs.c.started_at.desc()).correlate(found)

        def last_success(found: CTE) -> Any:
            these = newest(found, runs.c.status, runs.c.completed_at).limit(NEWEST).subquery().c
            return select(func.max(these.completed_at)).where(these.status.in_(GOOD)).scalar_subquery()

        def nth_run(number: int) -> Callable[[CTE], Any]:
            return lambda found: newest(found, runs.c.run_id).limit(1).offset(number).scalar_subquery()

        facts = (last_success, *map(nth_run, range(_NEWEST_RUNS)))
        rows = self.each("workflow", runs.c.workflow_name, *facts)
        return [Workflow(name, at, [run_id for run_id in ids if run_id is not None]) for name, at, *ids in rows]

    def names(self, label: str, *columns: Column[str]) -> list[str]:
        """Return the names in columns; see `each`."""
        return self.kept(label, {row[0] for column in columns for row in self._of_each(column)})

    def each(self, label: str, column: Column[str], *facts: Callable[[CTE], Any]) -> list[Any]:
        """Return a row for each name in a column, the second one of an index that begins with the project.

        Further columns are scalar queries for facts about the `name` of the CTE that each is given. A name is one look
        into the index, so the cost does not grow with the rows.
        """
        rows = {row.name: row for row in self._of_each(column, *facts)}
        return [rows[name] for name in self.kept(label, rows)]

    def kept(self, label: str, names: Iterable[str]) -> list[str]:
        """Return the first names of a label, and note if there are more."""
        found = sorted(names)
        if len(found) > MOST_NAMES:
            self.cut.add(label)
        return found[:MOST_NAMES]

    def _of_each(self, column: Column[str], *facts: Callable[[CTE], Any]) -> Any:
        own = self.history.own(column.table)
        found = select(func.min(column).label("name")).where(own).cte("found", recursive=True)
        following = select(func.min(column)).where(own, column > found.c.name).scalar_subquery()
        found = found.union_all(select(following).select_from(found).where(found.c.name.is_not(None)))
        query = select(found.c.name, *(fact(found) for fact in facts)).where(found.c.name.is_not(None))
        return self.rows(query.limit(MOST_NAMES + 1))

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
