"""The check of a store after a soak: what was lost, doubled, early, is stuck or silent, a sentence for each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import frozen
from sqlalchemy import Table, select

from spine.framework.sources.state import decode
from spine.orchestration.status import StepStatus, WorkflowStatus
from spine.scheduling.tick import TickStatus
from spine.storage.history import History
from spine.storage.tables.alerts import alert_deliveries, alerts
from spine.storage.tables.captures import captures
from spine.storage.tables.runs import items, runs, steps
from spine.storage.tables.schedules import schedule_runs, schedules
from spine.storage.tables.sources import source_state

Row = Mapping[str, Any]
Window = tuple[datetime, datetime]
_CONTENT = ("soak.all", "extract")  # the workflow and step that move the cursor
KINDS = ("lost", "doubled", "stuck", "silent", "early")
_HEARD = ("SENT", "THROTTLED", "SILENCED")


@frozen
class Findings:
    """Sentences by kind of fault, and how much there was to check."""

    lost: list[str]
    doubled: list[str]
    stuck: list[str]
    silent: list[str]
    early: list[str]
    figures: Mapping[str, int]

    @property
    def faults(self) -> dict[str, list[str]]:
        """The kinds of faults that were found."""
        return {kind: found for kind in KINDS if (found := getattr(self, kind))}


def examine(history: History, *, finished: Sequence[str] = (), excused: Sequence[Window] = ()) -> Findings:
    """Return what is wrong in a project's store; every run has had time to end.

    `finished` are the runs that a process reported as COMPLETED. `excused` are the times at which the clock was wrong:
    their ticks may have been decided in advance, together, if an alert says so.
    """
    store = _Store(history)
    kinds = {"lost": _lost, "doubled": _doubled, "stuck": _stuck, "silent": _silent, "early": _early}
    found = {kind: list(check(store)) for kind, check in kinds.items()}
    found["lost"] += [*_lost_ticks(store, excused), *_lost_reports(store, finished)]
    ended = Counter(run["status"] for run in store.runs.values())
    figures = {
        "ticks": len(store.ticks),
        "runs": len(store.runs),
        "captures": len(store.captures),
        "alerts": len(store.alerts),
        **{status.lower(): count for status, count in ended.items()},
    }
    return Findings(**found, figures=figures)


class _Store:
    """The rows of the tables."""

    def __init__(self, history: History) -> None:
        def rows(table: Table) -> list[Row]:
            with history.reader.connect() as connection:
                return [dict(row) for row in connection.execute(select(table)).mappings()]

        self.runs: dict[str, Row] = {row["run_id"]: row for row in rows(runs)}
        self.steps: dict[str, list[Row]] = defaultdict(list)
        for row in rows(steps):
            self.steps[row["run_id"]].append(row)
        self.items = rows(items)
        self.ticks, self.schedules = rows(schedule_runs), rows(schedules)
        self.captures, self.states = rows(captures), rows(source_state)
        self.alerts, self.deliveries = rows(alerts), rows(alert_deliveries)
        self.fingerprints = Counter(row["fingerprint"] for row in self.alerts)

    def completed(self, run_id: str) -> dict[str, Row]:
        """Return the steps of a run that completed, by name."""
        return {row["step_name"]: row for row in self.steps[run_id] if row["status"] == StepStatus.COMPLETED.name}


def moments(after: datetime, until: datetime, seconds: float) -> list[datetime]:
    """Return the times of a schedule `every` so many seconds."""
    epoch, step = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=seconds)
    first = (after - epoch) // step + 1
    return [epoch + count * step for count in range(first, (until - epoch) // step + 1)]


def _lost_ticks(store: _Store, excused: Sequence[Window]) -> Iterator[str]:
    decided = {(tick["schedule_id"], tick["scheduled_at"]) for tick in store.ticks}
    for schedule in store.schedules:
        told = any(store.fingerprints[f"{kind}|{schedule['name']}"] for kind in ("missed", "ahead"))
        for moment in moments(schedule["created_at"], schedule["last_tick_at"], schedule["interval_seconds"]):
            if (schedule["id"], moment) in decided:
                continue
            if not told or not any(begin <= moment <= end for begin, end in excused):
                yield f"schedule {schedule['name']}: no tick of {moment}"


def _lost_reports(store: _Store, finished: Sequence[str]) -> Iterator[str]:
    for run_id in finished:
        status = store.runs.get(run_id, {}).get("status")
        if status != WorkflowStatus.COMPLETED.name:
            yield f"run {run_id} was reported as COMPLETED and is {status}"


def _lost(store: _Store) -> Iterator[str]:
    for tick in store.ticks:
        if tick["status"] == TickStatus.COMPLETED.name and tick["run_id"] not in store.runs:
            yield f"tick {tick['schedule_name']} {tick['scheduled_at']}: COMPLETED without a run"
    made = {(row["run_id"], row["name"], row["partition_key"].get("item")) for row in store.captures}
    covered: set[int] = set()
    for run_id, run in store.runs.items():
        done = store.completed(run_id).get(_CONTENT[1])
        if run["workflow_name"] != _CONTENT[0] or done is None:
            continue
        covered.update(done["outputs"]["numbers"])
        if (run_id, "numbers", None) not in made:
            yield f"run {run_id}: step extract completed, its capture is gone"
    for item in store.items:
        number = item["output"]["n"] // 2 if item["status"] == StepStatus.COMPLETED.name else None
        if number is not None and (item["run_id"], "doubled", str(number)) not in made:
            yield f"run {item['run_id']}: item {item['item_index']} completed, its capture is gone"
    for state in store.states:
        cursor = decode(state["value"])
        if lacking := sorted(set(range(1, cursor + 1)) - covered):
            yield f"the cursor is at {cursor}, and no completed step read {lacking}"


def _doubled(store: _Store) -> Iterator[str]:
    started = Counter(
        (run["schedule_id"], run["execution"].get("context", {}).get("scheduled_at"))
        for run in store.runs.values()
        if run["schedule_id"] and not run["parent_run_id"]
    )
    yield from (f"tick {key} started {count} runs" for key, count in started.items() if count > 1 and key[1])
    of_ticks = Counter(tick["run_id"] for tick in store.ticks if tick["run_id"])
    yield from (f"run {run_id} has {count} ticks" for run_id, count in of_ticks.items() if count > 1)
    for run_id, rows in store.steps.items():
        ended = Counter(row["step_name"] for row in rows if row["status"] == StepStatus.COMPLETED.name)
        yield from (f"run {run_id}: step {name} completed {count} times" for name, count in ended.items() if count > 1)
        done = store.completed(run_id)
        for name, token in done["report"]["outputs"]["seen"].items() if "report" in done else ():
            if name not in done or done[name]["outputs"]["token"] != token:
                yield f"run {run_id}: step {name} ran again after it had completed"
    parents = Counter((run["parent_run_id"], run["workflow_name"]) for run in store.runs.values())
    yield from (f"{key[1]} ran {count} times in run {key[0]}" for key, count in parents.items() if key[0] and count > 1)
    revised = [row for row in store.captures if row["revision"] > 1 and "run" in row["partition_key"]]
    yield from (f"run {row['run_id']}: capture {row['name']} was made {row['revision']} times" for row in revised)
    ends = Counter(row["run_id"] for row in store.alerts if row["at_run_end"] and row["run_id"])
    yield from (f"run {run_id}: {count} alerts of its end" for run_id, count in ends.items() if count > 1)


def _stuck(store: _Store) -> Iterator[str]:
    for run_id, run in store.runs.items():
        status = WorkflowStatus[run["status"]]
        if status.is_open:
            yield f"run {run_id} of {run['workflow_name']} is {status.name}, wakes at {run['wake_at']}"
        for step in store.steps[run_id]:
            if status.has_ended and StepStatus[step["status"]].is_open:
                yield f"run {run_id} is {status.name}, and its step {step['step_name']} {step['status']}"
    for tick in store.ticks:
        if TickStatus[tick["status"]].is_open:
            yield f"tick {tick['schedule_name']} {tick['scheduled_at']} is {tick['status']}"
    pending = [row for row in store.deliveries if row["status"] == "PENDING"]
    yield from (f"alert {row['alert_id']}: its delivery is PENDING until {row['next_retry_at']}" for row in pending)


def _silent(store: _Store) -> Iterator[str]:
    heard = {row["alert_id"] for row in store.deliveries if row["status"] in _HEARD}
    of_runs = {row["run_id"] for row in store.alerts if row["id"] in heard}
    for run_id, run in store.runs.items():
        if WorkflowStatus[run["status"]].has_failed and not run["parent_run_id"]:
            if not run["error"]:
                yield f"run {run_id} is {run['status']} without an error"
            if run_id not in of_runs:
                yield f"run {run_id} of {run['workflow_name']} is {run['status']}, and no alert of it was delivered"
        if run["error"] and "left out" in run["error"]:
            yield f"run {run_id}: {run['error']}"
        if run["status"] == WorkflowStatus.COMPLETED.name:
            yield from _left_out(store, run_id)
    for tick in store.ticks:
        kind = {TickStatus.MISSED.name: "missed", TickStatus.FAILED.name: "not_started"}.get(tick["status"])
        if kind and not tick["run_id"] and not store.fingerprints[f"{kind}|{tick['schedule_name']}"]:
            yield f"tick {tick['schedule_name']} {tick['scheduled_at']} is {tick['status']}, and there is no alert"


def _early(store: _Store) -> Iterator[str]:
    """Yield the ticks that started before their time by the store's clock: that it was wrong is no excuse."""
    for tick in store.ticks:
        if tick["started_at"] is not None and tick["started_at"] < tick["scheduled_at"]:
            yield f"tick {tick['schedule_name']} {tick['scheduled_at']} started at {tick['started_at']}"


def _left_out(store: _Store, run_id: str) -> Iterator[str]:
    run, done = store.runs[run_id], store.completed(run_id)
    if len(done) != run["total_steps"]:
        yield f"run {run_id} is COMPLETED with {len(done)} of {run['total_steps']} steps"
    if run["workflow_name"] == _CONTENT[0] and {"extract", "report"} <= done.keys():
        numbers, told = done["extract"]["outputs"]["numbers"], done["report"]["outputs"]
        if (told["kept"], told["doubled"]) != (numbers, [2 * number for number in numbers]):
            yield f"run {run_id} is COMPLETED, and reports {told} for {numbers}"
