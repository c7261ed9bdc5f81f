"""Runs of a project: lists in pages, and the details of one run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import frozen

from spine.core.errors import ValidationError
from spine.core.suggest import did_you_mean
from spine.project.page import Page, Row, Rows, page_of
from spine.storage.clock import StoreClock
from spine.storage.runs import queries

_PAGE = 1_000

if TYPE_CHECKING:
    from spine.app import Application
    from spine.framework.lineage.graph import LineageGraph
    from spine.project.project import Project


@frozen
class Runs:
    """Queries over runs. A run is given by its id unless stated otherwise."""

    _project: Project

    @property
    def _application(self) -> Application:
        return self._project.application

    def list(
        self,
        *,
        workflow: str | None = None,
        status: str | Sequence[str] | None = None,
        before: str | None = None,
        since: datetime | None = None,
        schedule: str | None = None,
        partition: Mapping[str, Any] | None = None,
        by_duration: bool = False,
        limit: int = 20,
    ) -> Page:
        """Return the newest runs first; with `before`, those older than that run: the next page.

        `status` is a name such as `FAILED`, or several, `since` the earliest start, and `partition` some or all of its
        keys. With `by_duration` the longest runs come first. Raises UnknownRunError for `before`.
        """
        found = queries.list_runs(
            self._application.history,
            workflow=workflow,
            status=status,
            before=before,
            since=since,
            schedule=schedule,
            partition=partition,
            by_duration=by_duration,
            limit=limit + 1,
        )
        return page_of(found, limit, "run_id")

    def find(self, reference: str) -> Row:
        """Return the run with that id, or the one with that part of an id, or the newest for `latest`.

        Raises UnknownRunError if there is none, or several.
        """
        return queries.find_run(self._application.history, reference)

    def park(self, reference: str) -> str:
        """Ask the process of a run, on any machine, to leave it PENDING after its present step; return the run's id.

        Raises UnknownRunError, and WorkflowError for a run that no process executes.
        """
        from spine.core.errors import WorkflowError
        from spine.orchestration.run_queue import QUEUE_LEASE
        from spine.storage.runs.store import SqlRunStore

        runs, run_id = SqlRunStore(self._application.history), str(self.find(reference)["run_id"])
        run = runs.get_run(run_id)
        says = "gone" if run is None else "in the queue" if run.lease_owner == QUEUE_LEASE.owner else run.status.name
        if says != "RUNNING" or not runs.request_park(run_id):
            raise WorkflowError(f"run {run_id} is {says}: only a run that a process executes can be parked")
        return run_id

    def last_completed(self, workflow: str, partition: Mapping[str, Any]) -> Row | None:
        """Return the newest run of that workflow and partition that completed.

        A database that does not exist yet is not created.
        """
        history = self._application.databases.readable()
        return None if history is None else queries.last_completed(history, workflow, partition)

    def is_abandoned(self, run: Row) -> bool:
        """Return True for a run that is RUNNING although its process has ended."""
        return queries.is_abandoned(run, StoreClock(self._application.adapter).now)

    def waits_for(self, run: Row) -> str | None:
        """Return what an open run without a process waits for, such as a limit or a worker; None if it does not."""
        from spine.project.waiting import waits_for

        return waits_for(self._project, run)

    def steps(self, run_id: str) -> Rows:
        """Return the attempts of a run's steps in the order in which they started."""
        return queries.run_steps(self._application.history, run_id)

    def items(self, run_id: str) -> Rows:
        """Return the number of items by status, for each map step of a run."""
        return queries.run_items(self._application.history, run_id)

    def item_ends(self, run_id: str) -> Rows:
        """Return when the items of a run's map steps ended, as about a thousand rows a step whatever their number.

        Each row stands for `items` neighbours of one `step_name` and `status`; the last of them ended at
        `completed_at`.
        """
        return queries.item_ends(self._application.history, run_id, _PAGE)

    def graph(self, run_id: str) -> dict[str, Rows]:
        """Return the graph of the workflow as it was when the run was created: its steps, and the ways between them.

        `nodes` have the last attempt of each step, `edges` are `from` one step `to` another, some with a `label`.
        """
        from spine.project.run_graph import run_graph

        return run_graph(queries.run_definition(self._application.history, run_id), self.steps(run_id))

    def map_step(self, run_id: str, step: str | None = None) -> str:
        """Return the name of a map step of a run, or of the only one.

        Raises ValidationError if the run has none of that name, or without a name none or several.
        """
        known = queries.map_steps(self._application.history, run_id)
        if step is None and len(known) == 1:
            return next(iter(known))
        if step in known:
            return str(step)
        if not known:
            raise ValidationError(f"run {run_id} has reached no map step: see spine runs show {run_id}", field="step")
        if step is None:
            raise ValidationError(f"run {run_id} has several map steps: name one of {', '.join(known)}", field="step")
        raise ValidationError(f"run {run_id} has no map step {step!r}{did_you_mean(step, known)}", field="step")

    def list_items(self, run_id: str, step: str, *, failed: bool = False, after: int = -1, limit: int = 20) -> Page:
        """Return the items of a map step in order, those after the one with the index `after`.

        `next` is the `after` of the next page. With `failed`, only items that failed. Raises ValidationError as
        `map_step` does.
        """
        history = self._application.history
        first = queries.map_steps(history, run_id)[self.map_step(run_id, step)]
        found = queries.list_items(history, run_id, step, first, failed=failed, after=after, limit=limit + 1)
        return page_of(found, limit, "item_index")

    def item_pages(
        self, run_id: str, step: str, *, failed: bool = False, after: int = -1, limit: int | None = None
    ) -> Iterator[Page]:
        """Yield the items of a map step in pages of up to 1,000, at most `limit` items in all; see `list_items`."""
        while limit is None or limit > 0:
            size = _PAGE if limit is None else min(limit, _PAGE)
            page = self.list_items(run_id, step, failed=failed, after=after, limit=size)
            if page.rows:
                yield page
            if page.next is None:
                return
            after, limit = int(page.next), None if limit is None else limit - size

    def progress(self, run_id: str) -> Rows:
        """Return how far the map steps of a run are that run now, oldest first.

        `done` counts the items that ended, `failed` those of them that failed, `total` all, None if it is not known.
        `per_second` is the rate of this attempt, and `seconds_left` what is left at that rate; both may be None.
        """
        found = queries.running_maps(self._application.history, run_id)
        now = StoreClock(self._application.adapter).now() if found else None
        return [items_progress(row, now) for row in found if now is not None and "items" in row["metrics"]]

    def failed_items(self, run_id: str) -> Rows:
        """Return the first 20 items of a run's map steps that failed, with their place in the code."""
        return queries.run_failed_items(self._application.history, run_id)

    def children(self, run_id: str) -> Rows:
        """Return the runs that a run's steps started."""
        return queries.run_children(self._application.history, run_id)

    def descendants(self, run_id: str, *, limit: int | None = None) -> Rows:
        """Return the runs below a run, those that its steps started and those that theirs did, oldest first."""
        return queries.descendants(self._application.history, run_id, limit=limit)

    def count_descendants(self, run_id: str) -> int:
        """Count the runs below a run."""
        return queries.count_descendants(self._application.history, run_id)

    def was_resumed(self, run_id: str) -> bool:
        """Return True if a run was continued after its start: no process ran it for some of the time that it took."""
        return queries.was_resumed(self._application.history, run_id)

    def events(self, run_id: str, *, after: int = 0) -> Rows:
        """Return the events of a run, oldest first; with `after`, those after the event with that number."""
        return queries.run_events(self._application.history, run_id, after=after)

    def events_below(self, run_id: str, *, after: int = 0, limit: int = 1_000) -> Rows:
        """Return events of the runs below a run after the event with that number, oldest first.

        The runs of a workflow of which there are more than 20, as items of a map are, have none here.
        """
        return queries.events_below(self._application.history, run_id, after=after, limit=limit)

    def logs(self, run_id: str, *, step: str | None = None, after: int = 0, last: int | None = None) -> Rows:
        """Return the log lines of a run's steps, or of one of them, oldest first.

        With `after`, those after the line with that number, with `last` so many of the newest. Processes of one run
        commit their lines on their own: a line may appear after one with a higher number.
        """
        return queries.run_logs(self._application.history, run_id, step=step, after=after, last=last)

    def captures(self, run_id: str) -> Rows:
        """Return the captures that a run made."""
        return queries.run_captures(self._application.history, run_id)

    def fetches(self, run_id: str) -> Rows:
        """Return the fetches that a run made."""
        return queries.run_fetches(self._application.history, run_id)

    def rejects(self, run_id: str, *, limit: int | None = None) -> Rows:
        """Return the rows that a run rejected, the first ones first."""
        return queries.run_rejects(self._application.history, run_id, limit=limit)

    def quality(self, run_id: str) -> Rows:
        """Return the results of the checks of contracts in a run, oldest first."""
        return queries.run_quality(self._application.history, run_id)

    def count_warnings(self, run_id: str) -> int:
        """Count the checks of contracts that only warn, in a run and the runs that its steps started."""
        return queries.count_warnings(self._application.history, run_id)

    def count_rejects(self, run_id: str) -> int:
        """Count the rows that a run, and the runs that its steps started, rejected."""
        return queries.count_rejects(self._application.history, run_id)

    def report(self, reference: str, format: str = "html") -> bytes:  # noqa: A002 # as users call it
        """Return the report of a run as a file that opens by itself.

        The run is given as for `find`. `spine-board` provides the format `html`, a plugin any other. Raises
        UnknownRunError, and a PluginError for a format that is not installed, or whose plugin is broken.
        """
        from spine.plugins.catalog import current_catalog

        run_id = str(self.find(reference)["run_id"])
        written: bytes = current_catalog().make("report", format).render(self._project, run_id)
        return written

    def affected(self, run_id: str) -> LineageGraph:
        """Return what the captures of a run went into, whatever run made it."""
        from spine.framework.captures.store import capture_store
        from spine.framework.lineage import Direction, lineage_store
        from spine.framework.lineage.graph import lineage_of

        steps = lineage_store().edges_of_run(run_id)
        written = [edge.reference for edge in steps if edge.direction is Direction.WRITE]
        return lineage_of(capture_store().with_ids(list(dict.fromkeys(written))), is_up=False)


def items_progress(row: Mapping[str, Any], now: datetime) -> Row:
    """Return the progress of a map step that is running at `now`."""
    items = row["metrics"]["items"]
    done, total = items["done"], items["total"]
    elapsed = (now - row["started_at"]).total_seconds()
    rate = (done - items["earlier"]) / elapsed if elapsed > 0 else 0.0
    return {
        "step_name": row["step_name"],
        "done": done,
        "failed": items["failed"],
        "total": total,
        "per_second": round(rate, 2) if rate else None,
        "seconds_left": round((total - done) / rate, 1) if rate and total is not None else None,
    }
