"""Queries over runs: rows as dicts, keyed by the tables' column names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, String, bindparam, func, literal, select, text

from spine.config.contracts import Severity
from spine.core.suggest import no_such
from spine.framework.captures.revision import normalize_partition
from spine.orchestration.lease import is_lease_held
from spine.orchestration.status import StepStatus, WorkflowStatus
from spine.storage.history import History
from spine.storage.id_parts import with_id
from spine.storage.tables.captures import captures
from spine.storage.tables.lineage import quality_results
from spine.storage.tables.runs import IS_OPEN, definitions, events, items, limits, logs, runs, steps
from spine.storage.tables.schedules import schedules
from spine.storage.tables.sources import rejects, source_fetches
from spine.storage.types import of_row

if TYPE_CHECKING:
    from spine.orchestration.partition_states import LastRun
    from spine.orchestration.records import UnknownRunError

LATEST = "latest"
_FEW = 20  # runs of one workflow below a run


def list_runs(
    history: History,
    *,
    workflow: str | None = None,
    status: str | Sequence[str] | None = None,
    before: str | None = None,
    since: datetime | None = None,
    schedule: str | None = None,
    partition: Mapping[str, Any] | None = None,
    by_duration: bool = False,
    only_top: bool = False,
    limit: int = 20,
) -> list[dict[str, Any]]:
    """Return the newest runs first, or the longest; with `before`, those older than that run: the page after it.

    With `only_top`, none that another run started.
    """
    newest = (runs.c.started_at.desc(), runs.c.run_id.desc())
    order = (runs.c.duration_ms.is_(None), runs.c.duration_ms.desc(), *newest) if by_duration else newest
    query = select(runs).where(history.own(runs)).order_by(*order).limit(limit)
    if before is not None:
        last = find_run(history, before)
        earlier, same = runs.c.started_at < last["started_at"], runs.c.started_at == last["started_at"]
        query = query.where(earlier | (same & (runs.c.run_id < last["run_id"])))
    if only_top:
        query = query.where(runs.c.parent_run_id.is_(None))
    if since is not None:
        query = query.where(runs.c.started_at >= since)
    if schedule is not None:
        named = select(schedules.c.id).where(history.own(schedules), schedules.c.name == schedule)
        query = query.where(runs.c.schedule_id.in_(named))
    for key, value in normalize_partition(partition).items():
        query = query.where(runs.c.partition_key.op("->>", return_type=String())(literal(key, String())) == value)
    if workflow is not None:
        query = query.where(runs.c.workflow_name == workflow)
    if status is None:
        return _so_far(history, _rows(history, query))
    # one status at a time, in the order of their index: SQLite would read all runs in order to find those of several
    statuses = [status] if isinstance(status, str) else status
    found = [row for name in statuses for row in _rows(history, query.where(runs.c.status == name))]
    return _so_far(history, sorted(found, key=_by_duration if by_duration else _by_start, reverse=True)[:limit])


def _so_far(history: History, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of runs, those of open ones with the numbers of their steps until now."""
    if not any(WorkflowStatus[run["status"]].is_open for run in found):
        return found
    from spine.storage.runs.steps_so_far import with_steps_so_far  # most lists have ended runs alone

    return with_steps_so_far(history, found)


def _by_start(run: Mapping[str, Any]) -> tuple[Any, ...]:
    return run["started_at"], run["run_id"]


def _by_duration(run: Mapping[str, Any]) -> tuple[Any, ...]:
    duration = run["duration_ms"]
    return duration is not None, duration or 0, *_by_start(run)


def newest_runs(history: History, workflows: Sequence[str], limit: int) -> dict[str, list[dict[str, Any]]]:
    """Return for each workflow its newest runs that no other run started, the newest first, without their data."""
    names = ("run_id", "status", "outcome", "started_at", "partition_key", "duration_ms", "error_step", "error")
    query = (
        select(*(runs.c[name] for name in names))
        .where(history.own(runs), runs.c.workflow_name == bindparam("workflow"), runs.c.parent_run_id.is_(None))
        .order_by(runs.c.started_at.desc(), runs.c.run_id.desc())
        .limit(limit)
    )
    with history.reader.connect() as connection:
        return {
            workflow: [
                dict(zip(names, row, strict=True)) for row in connection.execute(query, {"workflow": workflow}).all()
            ]
            for workflow in workflows
        }


def list_running(history: History) -> list[dict[str, Any]]:
    """Return the runs that are RUNNING, oldest first, each with the owner of its lease and the end of that."""
    names = (
        "run_id",
        "workflow_name",
        "status",
        "started_at",
        "parent_run_id",
        "backfill_id",
        "lease_owner",
        "lease_expires_at",
    )
    columns = [runs.c[name] for name in names]
    query = select(*columns).where(history.own(runs), runs.c.status == WorkflowStatus.RUNNING.name)
    return _rows(history, query.order_by(runs.c.started_at, runs.c.run_id))


def count_open(history: History) -> int:
    """Count the open runs that no other run started."""
    mine = (history.own(runs), text(IS_OPEN), runs.c.parent_run_id.is_(None))
    return _count(history, select(func.count()).select_from(runs).where(*mine))


def is_abandoned(run: Mapping[str, Any], now: Callable[[], datetime]) -> bool:
    """Return True for a run that is RUNNING although no living process holds its lease.

    `now` asks the clock of the store, only for a run that is RUNNING.
    """
    if run["status"] != WorkflowStatus.RUNNING.name:
        return False
    return not is_lease_held(run["lease_owner"], run["lease_expires_at"], now())


def find_run(history: History, reference: str) -> dict[str, Any]:
    """Return the run with that id, or a part of it; for `latest` the newest that no run started."""
    query = select(runs).where(history.own(runs)).order_by(runs.c.started_at.desc(), runs.c.run_id.desc())
    if reference == LATEST:
        found = _rows(history, query.where(runs.c.parent_run_id.is_(None)).limit(1))
    else:
        found = list(with_id(lambda is_it: _rows(history, query.where(is_it).limit(2)), runs.c.run_id, reference))
    if len(found) != 1:
        raise _unknown(reference, found)
    return _so_far(history, found)[0]


def _unknown(reference: str, found: Sequence[object]) -> UnknownRunError:
    from spine.orchestration.records import UnknownRunError  # with all that a run executes with

    if found:
        return UnknownRunError(f"several runs have {reference!r} in their id: give more of it")
    if reference == LATEST:
        return UnknownRunError("there are no runs yet: start one with spine run WORKFLOW")
    return UnknownRunError(no_such("run", reference))


def last_completed(history: History, workflow: str, partition: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the newest run of that workflow and partition that completed."""
    key = normalize_partition(partition)
    same = (history.own(runs), runs.c.workflow_name == workflow, runs.c.partition_key == key)
    query = select(runs).where(*same, runs.c.status == "COMPLETED").order_by(runs.c.completed_at.desc()).limit(1)
    found = _rows(history, query)
    return found[0] if found else None


def last_runs(history: History, workflow: str) -> list[LastRun]:
    """Return the last run of each partition of a workflow."""
    from spine.orchestration.partition_states import LastRun  # few workflows declare partitions

    @of_row
    def last_run_of(row: Any) -> LastRun:
        key, run_id, status, *others = row
        return LastRun(key, run_id, WorkflowStatus[status], *others)

    newest = (runs.c.started_at.desc(), runs.c.run_id.desc())
    rank = func.row_number().over(partition_by=runs.c.partition_key, order_by=newest).label("rank")
    names = ("partition_key", "run_id", "status", "outcome", "workflow_version", "started_at", "completed_at")
    of_workflow = (history.own(runs), runs.c.workflow_name == workflow)
    ranked = select(*(runs.c[name] for name in names), rank).where(*of_workflow).subquery()
    query = select(*(ranked.c[name] for name in names)).where(ranked.c.rank == 1)
    with history.reader.connect() as connection:
        return [last_run_of(row) for row in connection.execute(query)]


def run_steps(history: History, run_id: str) -> list[dict[str, Any]]:
    """Return the attempts of a run's steps in the order in which they started."""
    return _rows(
        history,
        select(steps)
        .where(steps.c.run_id == run_id)
        .order_by(steps.c.attempt == 0, steps.c.sequence, steps.c.step_order),
    )


def run_events(history: History, run_id: str, *, after: int = 0) -> list[dict[str, Any]]:
    """Return the events of a run, oldest first; with `after`, only those after the event of that number."""
    query = select(events).where(events.c.run_id == run_id, events.c.id > after)
    return _rows(history, query.order_by(events.c.id))


def was_resumed(history: History, run_id: str) -> bool:
    """Return True if a run was continued after its start: no process ran it for some of the time that it took."""
    from spine.orchestration.events import RunResumed  # lists of runs need none of the events

    mine = (events.c.run_id == run_id, events.c.event_type == RunResumed.event_type)
    return _count(history, select(func.count()).select_from(events).where(*mine)) > 0


def events_below(history: History, run_id: str, *, after: int, limit: int) -> list[dict[str, Any]]:
    """Return events of the runs below a run, oldest first, after the one with that number.

    Those of a workflow with more than 20 runs, which are the items of a map, are left out.
    """
    below = select(runs.c.run_id, runs.c.workflow_name).where(runs.c.run_id.in_(_family(run_id)))
    found = below.where(runs.c.run_id != run_id).subquery()
    few = select(found.c.workflow_name).group_by(found.c.workflow_name).having(func.count() <= _FEW)
    told = select(found.c.run_id).where(found.c.workflow_name.in_(few))
    query = select(events).where(events.c.run_id.in_(told), events.c.id > after)
    return _rows(history, query.order_by(events.c.id).limit(limit))


def events_since(history: History, after: int, limit: int) -> list[dict[str, Any]]:
    """Return the events of the project's runs after the one with that number, oldest first."""
    query = select(events).join(runs, runs.c.run_id == events.c.run_id).where(history.own(runs), events.c.id > after)
    return _rows(history, query.order_by(events.c.id).limit(limit))


def newest_event(history: History) -> int:
    """Return the number of the newest event of any project, 0 if there is none."""
    with history.reader.connect() as connection:
        return int(connection.execute(select(func.max(events.c.id))).scalar_one() or 0)


def run_logs(
    history: History, run_id: str, *, step: str | None = None, after: int = 0, last: int | None = None
) -> list[dict[str, Any]]:
    """Return the log records of a run's steps, oldest first; with `after`, those after the one with that number.

    With `last`, so many of the newest.
    """
    query = select(logs).where(logs.c.run_id == run_id, logs.c.id > after)
    if step is not None:
        query = query.where(logs.c.step_name == step)
    if last is not None:
        return _rows(history, query.order_by(logs.c.id.desc()).limit(last))[::-1]
    return _rows(history, query.order_by(logs.c.id))


def run_items(history: History, run_id: str) -> list[dict[str, Any]]:
    """Return the number of items of each map step of a run, by status; NOT_TRIED of one that failed before them."""
    query = select(items.c.step_name, items.c.status, func.count().label("items"))
    query = query.where(items.c.run_id == run_id).group_by(items.c.step_name, items.c.status)
    found = _rows(history, query.order_by(items.c.step_name, items.c.status))
    ended = select(steps.c.step_name, steps.c.outputs).where(steps.c.run_id == run_id, steps.c.step_type == "map")
    last = {row["step_name"]: row["outputs"] for row in _rows(history, ended.order_by(steps.c.sequence))}
    left = {step: outputs["not_tried"] for step, outputs in last.items() if outputs.get("not_tried")}
    return [*found, *({"step_name": step, "status": "NOT_TRIED", "items": count} for step, count in left.items())]


def item_ends(history: History, run_id: str, most: int) -> list[dict[str, Any]]:
    """Return when the items of a run's map steps ended, by step and status, as `most` rows a step or a few more.

    Neighbours are summed: `items` counts them, and `completed_at` is the end of the last one.
    """
    highest = select(func.max(items.c.item_index)).where(items.c.run_id == run_id).scalar_subquery()
    group = (items.c.item_index // (func.coalesce(highest, 0) // most + 1)).label("place")
    ended = (func.max(items.c.completed_at).label("completed_at"), func.count().label("items"))
    query = select(items.c.step_name, items.c.status, *ended).where(items.c.run_id == run_id)
    return _rows(history, query.group_by(items.c.step_name, items.c.status, group).order_by(items.c.step_name, group))


def run_definition(history: History, run_id: str) -> Mapping[str, Any]:
    """Return the definition of the workflow as it was when the run was created; empty if it is not kept."""
    query = select(definitions.c.definition).join(runs, runs.c.definition_hash == definitions.c.definition_hash)
    found = _rows(history, query.where(runs.c.run_id == run_id))
    return found[0]["definition"] if found else {}


def limit_holders(history: History, run_id: str) -> dict[str, Sequence[str]]:
    """Return the limits of a run's workflow that are reached, each with the running runs that hold it."""
    found = {}
    for name, most in sorted(run_definition(history, run_id).get("limits", {}).items()):
        query = select(limits.c.run_id).join(runs, runs.c.run_id == limits.c.run_id)
        others = (limits.c.name == name, limits.c.run_id != run_id, runs.c.status == WorkflowStatus.RUNNING.name)
        with history.reader.connect() as connection:
            holders = connection.execute(query.where(*others).order_by(runs.c.started_at)).scalars().all()
        if len(holders) >= most:
            found[name] = holders
    return found


def list_items(
    history: History, run_id: str, step: str, first_attempt: int, *, failed: bool, after: int, limit: int
) -> list[dict[str, Any]]:
    """Return the items of one visit to a map step after the one with that index, in order."""
    from spine.storage.runs.item_columns import with_item  # few runs have items

    query = select(*(column for column in items.c if column.name not in ("run_id", "step_name", "first_attempt")))
    visit = (items.c.run_id == run_id, items.c.step_name == step, items.c.first_attempt == first_attempt)
    query = query.where(*visit, items.c.item_index > after)
    if failed:
        query = query.where(items.c.status == StepStatus.FAILED.name)
    return [with_item(row) for row in _rows(history, query.order_by(items.c.item_index).limit(limit))]


def map_steps(history: History, run_id: str) -> dict[str, int]:
    """Return the map steps of a run, each with the first attempt of its newest visit."""
    newest = func.max(steps.c.first_attempt)
    query = select(steps.c.step_name, newest).where(steps.c.run_id == run_id, steps.c.step_type == "map")
    query = query.where(steps.c.attempt > 0).group_by(steps.c.step_name).order_by(func.min(steps.c.sequence))
    with history.reader.connect() as connection:
        return {name: int(first) for name, first in connection.execute(query)}


def running_maps(history: History, run_id: str) -> list[dict[str, Any]]:
    """Return the attempts of map steps of a run that run now, with what they have noted of their items."""
    query = select(steps.c.step_name, steps.c.started_at, steps.c.metrics)
    is_running = (steps.c.status == StepStatus.RUNNING.name, steps.c.step_type == "map")
    return _rows(history, query.where(steps.c.run_id == run_id, *is_running).order_by(steps.c.sequence))


def run_failed_items(history: History, run_id: str, *, limit: int = 20) -> list[dict[str, Any]]:
    """Return the first failed items of a run's map steps, with the place in the code."""
    from spine.storage.runs.item_columns import with_item  # few runs have items

    query = select(*(column for column in items.c if column.name not in ("run_id", "output")))
    query = query.where(items.c.run_id == run_id, items.c.status == "FAILED")
    order = (items.c.step_name, items.c.first_attempt, items.c.item_index)
    return [with_item(row) for row in _rows(history, query.order_by(*order).limit(limit))]


def run_children(history: History, run_id: str) -> list[dict[str, Any]]:
    """Return the runs that a run's steps started."""
    query = select(runs).where(runs.c.parent_run_id == run_id)
    return _so_far(history, _rows(history, query.order_by(runs.c.started_at, runs.c.run_id)))


def descendants(history: History, run_id: str, *, limit: int | None = None) -> list[dict[str, Any]]:
    """Return the runs below a run: those that its steps started, those that theirs did, and so on, oldest first."""
    query = select(runs).where(runs.c.run_id.in_(_family(run_id)), runs.c.run_id != run_id)
    return _so_far(history, _rows(history, query.order_by(runs.c.started_at, runs.c.run_id).limit(limit)))


def count_descendants(history: History, run_id: str) -> int:
    """Count the runs below a run."""
    return _count(history, select(func.count() - 1).select_from(_family(run_id).subquery()))


def run_captures(history: History, run_id: str) -> list[dict[str, Any]]:
    """Return the captures that a run made."""
    return _rows(
        history,
        select(captures).where(captures.c.run_id == run_id).order_by(captures.c.captured_at, captures.c.capture_id),
    )


def run_fetches(history: History, run_id: str) -> list[dict[str, Any]]:
    """Return the fetches that a run made."""
    query = select(source_fetches).where(source_fetches.c.run_id == run_id)
    return _rows(history, query.order_by(source_fetches.c.started_at, source_fetches.c.id))


def source_fetches_of(history: History, name: str, *, limit: int) -> list[dict[str, Any]]:
    """Return the newest fetches of a source first."""
    query = select(source_fetches).where(history.own(source_fetches), source_fetches.c.source_name == name)
    newest_first = (source_fetches.c.started_at.desc(), source_fetches.c.id.desc())
    return _rows(history, query.order_by(*newest_first).limit(limit))


def run_rejects(history: History, run_id: str, *, limit: int | None = None) -> list[dict[str, Any]]:
    """Return the rows that a run rejected."""
    query = select(rejects).where(rejects.c.run_id == run_id).order_by(rejects.c.created_at, rejects.c.id)
    return _rows(history, query.limit(limit))


def run_quality(history: History, run_id: str) -> list[dict[str, Any]]:
    """Return the results of the checks of contracts in a run."""
    query = select(quality_results).where(quality_results.c.run_id == run_id)
    return _rows(history, query.order_by(quality_results.c.checked_at, quality_results.c.id))


def count_rejects(history: History, run_id: str) -> int:
    """Count the rows that a run and the runs below it rejected."""
    return _count(history, select(func.count()).select_from(rejects).where(rejects.c.run_id.in_(_family(run_id))))


def count_warnings(history: History, run_id: str) -> int:
    """Count the checks of contracts that did not pass, and only warn, in a run and the runs below it."""
    found = quality_results.c
    is_warning = (found.passed.is_(False), found.severity == Severity.WARN.value)
    query = select(func.count()).select_from(quality_results).where(found.run_id.in_(_family(run_id)), *is_warning)
    return _count(history, query)


def _family(run_id: str) -> Select[Any]:
    family = select(runs.c.run_id).where(runs.c.run_id == run_id).cte("family", recursive=True)
    return select(family.union_all(select(runs.c.run_id).where(runs.c.parent_run_id == family.c.run_id)).c.run_id)


def _count(history: History, query: Select[Any]) -> int:
    with history.reader.connect() as connection:
        return int(connection.execute(query).fetchall()[0][0])


def _rows(history: History, query: Select[Any]) -> list[dict[str, Any]]:
    with history.reader.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(query).fetchall()]
