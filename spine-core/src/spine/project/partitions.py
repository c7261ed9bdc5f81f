"""Partitions of a project's workflows, and backfills of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from spine.core.clock import current_clock
from spine.core.errors import BadParamsError, WorkflowError
from spine.core.suggest import did_you_mean
from spine.orchestration.lease import LeaseError
from spine.orchestration.partition_states import LastRun, PartitionState, state_of
from spine.orchestration.partitions import Key, Partitions, TimePartitions
from spine.orchestration.registry import workflow_registry
from spine.plugins.declared import declarations
from spine.project.page import Row, Rows
from spine.storage.runs.queries import last_runs

if TYPE_CHECKING:
    from spine.app import Application
    from spine.app.backfill import BackfillOutcome
    from spine.orchestration import Workflow
    from spine.scheduling.backfill import Backfill, BackfillOptions, BackfillRun
    from spine.scheduling.backfiller import BackfillProgress
    from spine.scheduling.calendar import Calendar
    from spine.storage.backfills import SqlBackfillStore

_CANCEL_POLL_SECONDS = 0.2
_MOST_PARTITIONS = 250_000  # of one range: each is a row in memory
_NOTICE_SECONDS = 5.0  # until the process of a backfill has noticed a request to cancel


@frozen
class WorkflowPartitions:
    """Queries over the partitions of the project's workflows."""

    _application: Application

    def list(self, workflow: str, since: str | None = None, until: str | None = None) -> Rows:
        """Return the partitions of a workflow in order, each with the state of its last run.

        They begin at `since`, the declared start, or the first that has a run; they end at `until`, or the newest that
        is complete by today in UTC, and later ones that have a run follow. Days that the calendar of the partitions
        closes are left out, unless they have a run that did not fail. A date is one in ISO 8601 or in the partition's
        own form. Raises BadParamsError for a workflow without partitions, for what is no date, for an end before the
        beginning, and for a range of more than 250,000.
        """
        declared, partitions = _declared(workflow)
        history = self._application.databases.readable()
        found = [] if history is None else last_runs(history, workflow)
        runs = {tuple(map(run.partition.get, partitions.params)): run for run in found}
        rows: list[dict[str, Any]] = []
        for key in self.keys(partitions, found, since, until):
            if len(rows) >= _MOST_PARTITIONS:
                raise BadParamsError(
                    f"the range has more than {_MOST_PARTITIONS:,} partitions of {workflow}: give a later "
                    "beginning, or an earlier end"
                )
            run = runs.get(tuple(key.values()))
            rows.append(_row(key, state_of(run, declared.version), run))
        return rows

    def workflows(self) -> Sequence[str]:
        """Return the names of the registered workflows that declare partitions."""
        names = workflow_registry.list_workflows()
        return [name for name in names if workflow_registry.get(name).partitions is not None]

    def declared(self, workflow: str) -> Partitions:
        """Return the partitions that a workflow declares, or raise BadParamsError."""
        return _declared(workflow)[1]

    def keys(
        self, partitions: Partitions, found: Sequence[LastRun], since: str | None, until: str | None
    ) -> Iterator[Key]:
        """Yield the partitions of a range, by default as `list` does."""
        time = partitions.time
        if time is None:
            if since is not None or until is not None:
                raise BadParamsError(f"partitions by {', '.join(partitions.params)} have no dates: leave the range out")
            yield from partitions.keys()
            return
        try:
            yield from _open(self._between(partitions, time, found, since, until), time, found)
        except ValueError as error:
            raise BadParamsError(str(error)) from None

    def _between(
        self,
        partitions: Partitions,
        time: TimePartitions,
        found: Sequence[LastRun],
        since: str | None,
        until: str | None,
    ) -> Iterator[Key]:
        days = _days_of(time, found)
        if since is not None and until is not None and time.bound(until) < time.bound(since):
            raise BadParamsError(f"the range ends on {until}, before it begins on {since}: exchange the two")
        first = time.bound(since) if since is not None else time.start or min(days, default=None)
        newest = time.newest_complete(self.now().date())
        last = until if until is not None else newest
        if first is not None and last is not None:
            yield from partitions.keys(first, last)
        if until is None:
            bounds = [bound for bound in (first, newest and newest + timedelta(days=1)) if bound is not None]
            for day in sorted(day for day in days if all(day >= bound for bound in bounds)):
                yield from partitions.keys(day, day)

    def now(self) -> datetime:
        """Return the time of the project's database; a database that does not exist yet is not created."""
        return self._application.databases.now()


@frozen
class Backfills:
    """Backfills: planned, executed, resumed and cancelled. One is given by its id, a unique prefix, or `latest`."""

    _application: Application

    def options(
        self, choices: Sequence[str] = ("missing",), *, max_parallel: int = 1, order: str = "oldest"
    ) -> BackfillOptions:
        """Return options for `plan`: the states of the partitions, or `all`, and which of them begin.

        Raises BadParamsError for another name.
        """
        from spine.scheduling.backfill import BackfillOptions, Choice, Order

        try:
            return BackfillOptions(tuple(map(Choice, choices)), max_parallel, Order(order))
        except ValueError as error:
            names = ", ".join([*(choice.value for choice in Choice), *(each.value for each in Order)])
            raise BadParamsError(f"{error}: a backfill takes {names}") from None

    def plan(
        self,
        workflow: str,
        options: BackfillOptions,
        since: str | None = None,
        until: str | None = None,
        *,
        only: Mapping[str, Sequence[str]] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Backfill:
        """Return a backfill that is not stored: the partitions of a range, see WorkflowPartitions.list, that it takes.

        `only` limits parameters of `Static` to some of their values; `params` are those of every run. Raises
        BadParamsError for a range without a beginning, and for a parameter that is not possible.
        """
        from spine.scheduling.backfill import Backfill, Choice, Order

        now = self._partitions.now()  # what completes after this need not be run again
        declared, partitions = _declared(workflow)
        given, limits = dict(params or {}), _limits(partitions, only or {})
        if clash := next((name for name in partitions.params if name in given), None):
            way = "--from and --to" if partitions.values_of(clash) is None else f"--only {clash}=VALUE"
            raise BadParamsError(f"parameter {clash!r} is the partition's: limit the backfill by {way}")
        states = [name.value for name in options.choices]
        wanted = [row for row in self._partitions.list(workflow, since, until) if _is_within(row["partition"], limits)]
        if Choice.ALL not in options.choices:
            wanted = [row for row in wanted if row["state"].value in states]
        keys = [row["partition"] for row in wanted]
        if keys:
            declared.check_given({**given, **keys[0]})
        return Backfill(workflow, keys if options.order is Order.OLDEST else keys[::-1], given, options, now)

    def run(
        self,
        backfill: Backfill,
        stop: threading.Event,
        on_progress: Callable[[BackfillProgress], None] = lambda _progress: None,
        *,
        on_begin: Callable[[Backfill], None] = lambda _backfill: None,
        report_seconds: float = 2.0,
    ) -> BackfillOutcome:
        """Store a planned backfill and execute it until its end or `stop`; see `execute_backfill`."""
        from spine.app.backfill import backfill_runner, execute_backfill

        runner = backfill_runner(self._application)
        kept = self.store.add(backfill, runner.lease)
        on_begin(kept)
        return execute_backfill(self._application, kept, runner, stop, on_progress, report_seconds)

    def resume(
        self,
        reference: str,
        stop: threading.Event,
        on_progress: Callable[[BackfillProgress], None] = lambda _progress: None,
        *,
        on_begin: Callable[[Backfill], None] = lambda _backfill: None,
        report_seconds: float = 2.0,
    ) -> BackfillOutcome:
        """Execute the rest of a backfill, its runs that failed or were cancelled included.

        Raises UnknownBackfillError, LeaseError while another process executes it, WorkflowError if it is complete.
        """
        from spine.app.backfill import backfill_runner, execute_backfill
        from spine.scheduling.backfill import BackfillStatus

        found = self.store.get(reference)
        if found.status is BackfillStatus.COMPLETED:
            raise WorkflowError(f"backfill {found.id} is COMPLETED: there is nothing to resume")
        workflow_registry.get(found.workflow_name)
        runner = backfill_runner(self._application)
        held = self.store.acquire(found.id, runner.lease)
        on_begin(held)
        return execute_backfill(self._application, held, runner, stop, on_progress, report_seconds)

    def cancel(self, reference: str) -> Row:
        """End a backfill, whichever process executes it: its open runs are cancelled, no other begins.

        One that has FAILED is given up: it is CANCELLED, and no longer to be done. Returns it as `find` does, once it
        has ended, or when its process has not ended it in time.
        """
        from spine.scheduling.backfill import BackfillStatus

        found = self.store.get(reference)
        if found.status is BackfillStatus.FAILED:
            self._finish_cancelled(found)
            return self.find(found.id)
        if not self.store.request_cancel(found.id):
            raise WorkflowError(f"backfill {found.id} has ended {found.status.value}: there is nothing to cancel")
        grace = self._application.settings.runs.grace_seconds
        clock = current_clock()
        deadline = clock.monotonic() + 2 * grace + _NOTICE_SECONDS
        while not self._end_cancelled(found) and clock.monotonic() < deadline:
            clock.wait(_CANCEL_POLL_SECONDS)
        return self.find(found.id)

    def find(self, reference: str) -> Row:
        """Return one backfill with its counts, and the run of each partition that has one."""
        found = self.store.get(reference)
        made = self.store.runs(found)
        now, row, locks = self.store.now(), self._row(found, made), found.locks()
        runs = {run.lock: run for run in made}
        row["runs"] = [
            {
                "partition": locks[lock],
                "run_id": run.run_id,
                "status": run.status.name,
                "outcome": run.outcome,
                "error": run.error,
                "elsewhere": run.elsewhere,
                "is_abandoned": run.is_abandoned(now),
            }
            for lock, run in ((lock, runs[lock]) for lock in locks if lock in runs)
        ]
        return row

    def list(self, workflow: str | None = None, *, unfinished: bool = False, limit: int = 20) -> Rows:
        """Return the newest backfills first, with their counts; `unfinished`: those that go on, stopped or failed."""
        found = self.store.list_backfills(workflow, unfinished=unfinished, limit=limit)
        return [self._row(backfill) for backfill in found]

    @property
    def store(self) -> SqlBackfillStore:
        """The store of the project's backfills."""
        from spine.storage.backfills import SqlBackfillStore

        return SqlBackfillStore(self._application.history)

    @property
    def _partitions(self) -> WorkflowPartitions:
        return WorkflowPartitions(self._application)

    def _end_cancelled(self, backfill: Backfill) -> bool:
        """Return True if the backfill has ended; end it here if no process executes it."""
        now = self.store.get(backfill.id)
        if now.status.has_ended:
            return True
        try:
            self._finish_cancelled(backfill)
        except LeaseError:
            return False
        return True

    def _finish_cancelled(self, backfill: Backfill) -> None:
        from spine.scheduling.backfill import BackfillStatus, count

        runner = self._application.canceller()
        self.store.acquire(backfill.id, runner.lease)
        for run_id in self.store.look(backfill.id).open_runs:
            runner.cancel(run_id, grace_seconds=self._application.settings.runs.grace_seconds)
        counts = count(backfill, self.store.runs(backfill))
        self.store.finish(backfill, BackfillStatus.CANCELLED, counts, runner.lease)

    def _row(self, backfill: Backfill, made: Sequence[BackfillRun] | None = None) -> Row:
        from spine.scheduling.backfill import BackfillStatus, count

        is_abandoned = False
        waiting = interrupted = 0
        if not backfill.status.has_ended:
            found = self.store.runs(backfill) if made is None else made
            now, counts = self.store.now(), count(backfill, found)
            waiting = sum(run.waits for run in found)
            interrupted = sum(run.is_abandoned(now) for run in found)
            is_held = backfill.is_held(now)
            status = BackfillStatus.RUNNING if is_held else BackfillStatus.PENDING
            is_abandoned = not is_held and backfill.lease_owner is not None
            backfill = evolve(backfill, counts=counts, status=status)
        return {
            "id": backfill.id,
            "workflow_name": backfill.workflow_name,
            "status": backfill.status.value,
            "counts": backfill.counts.to_dict(),
            "waiting": waiting,
            "interrupted": interrupted,
            "params": dict(backfill.params),
            "options": backfill.options.to_dict(),
            "created_at": backfill.created_at,
            "completed_at": backfill.completed_at,
            "cancel_requested_at": backfill.cancel_requested_at,
            "lease_owner": backfill.lease_owner,
            "is_abandoned": is_abandoned,
            "partitions": [dict(key) for key in backfill.partitions],
        }


def _declared(name: str) -> tuple[Workflow, Partitions]:
    workflow = workflow_registry.get(name)
    if workflow.partitions is None:
        raise BadParamsError(
            f"workflow {name!r} declares no partitions: give it partitions=Daily(PARAMETER), Weekly, Monthly or Static"
        )
    return workflow, workflow.partitions


def _days_of(time: TimePartitions, found: Sequence[LastRun]) -> frozenset[date]:
    texts = {run.partition[time.param] for run in found if time.param in run.partition}
    return frozenset(day for day in map(time.parse, texts) if day is not None)


def _open(keys: Iterator[Key], time: TimePartitions, found: Sequence[LastRun]) -> Iterator[Key]:
    """Yield the keys without the days that the calendar of the partitions closes, but with those that are done."""
    if time.calendar is None:
        yield from keys
        return
    done = _days_of(time, [run for run in found if run.status.is_open or run.status.is_good])
    calendar: Calendar = declarations().make("calendar", time.calendar)
    for key in keys:
        day = time.parse(key[time.param])
        if day in done or (day is not None and calendar.is_business_day(day)):
            yield key


def _row(key: Key, state: PartitionState, run: LastRun | None) -> Row:
    return {
        "partition": key,
        "state": state,
        "run_id": None if run is None else run.run_id,
        "workflow_version": None if run is None else run.workflow_version,
        "started_at": None if run is None else run.started_at,
        "completed_at": None if run is None else run.completed_at,
    }


def _limits(partitions: Partitions, only: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    for name, values in only.items():
        known = partitions.values_of(name)
        if known is None:
            listed = [param for param in partitions.params if partitions.values_of(param) is not None]
            raise BadParamsError(
                f"{name!r} is no parameter with listed values: "
                + (f"limit one of {', '.join(listed)}" if listed else "limit the backfill by a range of dates")
            )
        if unknown := next((value for value in values if value not in known), None):
            raise BadParamsError(f"{unknown!r:.80} is no value of {name!r}{did_you_mean(unknown, known)}")
    return only


def _is_within(key: Key, limits: Mapping[str, Sequence[str]]) -> bool:
    return all(key[name] in values for name, values in limits.items())
