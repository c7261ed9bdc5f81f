"""A store of the previous version, with tables of version 0006: it is upgraded and read, and its runs are resumed.

`store_0006/make.py` says how it came to be. The clock stands an hour after its last row: the leases of its dead
processes are over, the short waits are due, the long ones are not.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from spine.app import open_project
from spine.core.adapters.database import get_adapter
from spine.orchestration import WorkflowResult
from spine.orchestration.engine.replay import replay
from spine.orchestration.events import RunEvent
from spine.orchestration.records import RunRecord
from spine.orchestration.registry import target_workflow
from spine.orchestration.run_store import run_store
from spine.orchestration.status import StepStatus, WorkflowStatus
from spine.scheduling.tick import TickStatus
from spine.testing.clock import FixedClock
from tests.databases import DIALECTS
from tests.projects import Project

STORE = Path(__file__).parent / "store_0006"
NOW = datetime(2026, 11, 28, 15, tzinfo=UTC)
ELEVEN_YEARS = timedelta(days=11 * 365).total_seconds()
PATIENT = ("patient", "slow", "parent")  # those whose waits are not due
ROWS = [{"symbol": symbol, "shares": 400} for symbol in ("AAPL", "MSFT", "NVDA")]

# the steps that are left of a run, in order of their names
LEFT = {
    "interrupted": ["interrupted.last", "interrupted.second"],
    "interrupted_map": [*(f"interrupted_map.each[{item}]" for item in (13, 14, 15)), "interrupted_map.total"],
    "interrupted_parent": ["interrupted_child.last", "interrupted_child.second", "interrupted_parent.after"],
    "interrupted_path": ["interrupted_path.cleanup", "interrupted_path.crossing", "interrupted_path.told"],
    "parked": ["parked.last"],
    "due_parent": ["due_child.cleanup", "due_child.last", "due_parent.after"],
    "due_fan": ["due_fan.after", "due_fan.both.right.end"],
    "due_map": [*2 * ["due_child.cleanup"], *2 * ["due_child.last"], "due_map.after"],
    "patient": ["patient.cleanup", "patient.last"],
    "slow": ["slow.cleanup", "slow.last"],
    "parent": ["child.cleanup", "child.last", "parent.after"],
}


@frozen
class OldStore:
    """A project on a copy of the store; `expected` is what the code that wrote it found there."""

    project: Project
    expected: dict[str, Any]

    def call(self, *arguments: str) -> Any:
        """Call a command that succeeds and return its JSON."""
        done = self.project.call("-q", *arguments, "--json")
        assert done.code == 0, done.err + done.out
        return done.json

    @property
    def runs(self) -> dict[str, dict[str, Any]]:
        """Expected rows of each run, by its id."""
        runs = [{**run, "workflow": name} for name, found in self.expected["runs"].items() for run in found]
        return {run["run_id"]: run for run in runs}

    def run_id(self, workflow: str) -> str:
        """Return the first run of a workflow that no other run started."""
        return next(str(run["run_id"]) for run in self.expected["runs"][workflow] if run["parent_run_id"] is None)

    def ran(self) -> list[str]:
        """Return the steps that ran since the last question, by their names."""
        path = self.project.root / "trace.txt"
        found = sorted(path.read_text().split()) if path.exists() else []
        path.unlink(missing_ok=True)
        return found


@pytest.fixture(params=DIALECTS)
def old(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    new_database: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    fixed_clock: FixedClock,
) -> OldStore:
    """The old store on each dialect, upgraded."""
    fixed_clock.set(NOW)
    project = Project(tmp_path / "old")
    shutil.copytree(STORE / "captures", project.root / ".spine" / "captures")
    for name in ("flows.py", "spine.toml"):
        shutil.copy(STORE / name, project.root)
    if request.param == "sqlite":
        shutil.copy(STORE / "store.sqlite", project.root / ".spine" / "spine.db")
    else:
        url = new_database("postgresql")
        monkeypatch.setenv("SPINE__SPINE__DATABASE", url)
        with get_adapter(url) as adapter, adapter.engine.begin() as connection:
            connection.exec_driver_sql((STORE / "store.postgresql.sql").read_text())
    monkeypatch.setenv("SPINE_FIXTURE_TRACE", str(project.root))
    old = OldStore(project, json.loads((STORE / "expected.json").read_text())[request.param])
    assert project.call("db", "upgrade").code == 0
    return old


def counted(rows: list[dict[str, Any]], *columns: str) -> Counter[tuple[Any, ...]]:
    """Return how many rows have which values in the columns."""
    return Counter(tuple(row[column] for column in columns) for row in rows)


def expected_counts(rows: list[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    """Return the same of rows that have their `count`."""
    return Counter({tuple(value for key, value in row.items() if key != "count"): row["count"] for row in rows})


def test_an_old_store_is_up_to_date_and_sound_once_it_is_upgraded(old: OldStore) -> None:
    assert old.project.call("db", "status").code == 0
    assert old.call("db", "check") == []


@pytest.mark.slow
def test_runs_schedules_captures_and_alerts_are_listed_as_before(old: OldStore) -> None:
    columns = ("status", "outcome", "parent_run_id", "schedule_id", "triggered_by")
    runs = {row["run_id"]: row for row in old.call("runs", "list", "--limit", "100")}
    assert runs.keys() == old.runs.keys()
    for run_id, expected in old.runs.items():
        assert [runs[run_id][name] for name in columns] == [expected[name] for name in columns]
        assert runs[run_id]["workflow_name"] == expected["workflow"]

    captures = old.call("captures", "list")
    named = [{key: row[key] for key in ("name", "partition_key", "revision", "row_count")} for row in captures]
    assert sorted(named, key=json.dumps) == sorted(old.expected["captures"], key=json.dumps)

    states = {
        name: "paused" if row["paused"] else "on" if row["enabled"] else "off"
        for name, row in old.expected["schedules"].items()
    }
    assert {row["name"]: row["state"] for row in old.call("schedules", "list")} == states
    ticks = old.call("schedules", "history", "--limit", "100")
    assert counted(ticks, "schedule_name", "status") == expected_counts(old.expected["ticks"])

    alerts = old.call("alerts", "list")
    assert counted(alerts, "source", "title", "severity") == expected_counts(old.expected["alerts"])
    deliveries = old.call("alerts", "history", "--limit", "100")
    assert counted(deliveries, "channel_name", "kind", "status") == expected_counts(old.expected["deliveries"])


@pytest.mark.slow
def test_each_old_run_is_shown_with_its_steps_items_and_events(old: OldStore) -> None:
    shown = {run_id: old.call("runs", "show", run_id) for run_id in old.runs}
    for run_id, expected in old.runs.items():
        steps = [[step["step_name"], step["attempt"], step["status"]] for step in shown[run_id]["steps"]]
        assert sorted(steps) == sorted(expected["steps"])
        items = {(row["step_name"], row["status"]): row["items"] for row in shown[run_id]["items"]}
        assert items == Counter((name, status) for name, _index, status in expected["items"])

    with open_project(old.project.root):
        for run_id in old.runs:
            events = run_store().list_events(run_id)
            assert RunEvent not in {type(event) for event in events}  # each is of a type of its own
            kept = [(row["event_type"], row["payload"]) for row in shown[run_id]["events"]]
            assert [(event.event_type, event.payload) for event in events] == kept
            assert kept[0][0] == "run.started"


@pytest.mark.slow
def test_only_the_remaining_steps_of_each_open_run_are_executed(old: OldStore, fixed_clock: FixedClock) -> None:
    for name in ("interrupted", "interrupted_map", "interrupted_parent", "interrupted_path", "parked"):
        assert old.call("runs", "resume", old.run_id(name))["status"] == "COMPLETED"
        assert (name, old.ran()) == (name, LEFT[name])
    for name in ("due_parent", "due_fan", "due_map"):
        [woken] = old.call("runs", "wake", old.run_id(name))
        assert (woken["status"], old.ran()) == ("COMPLETED", LEFT[name])
    assert old.call("runs", "wake") == []  # no other one is due
    for name in ("patient", "slow"):
        assert old.call("runs", "wake", old.run_id(name), "--now")["status"] == "COMPLETED"
        assert (name, old.ran()) == (name, LEFT[name])
    fixed_clock.advance(ELEVEN_YEARS)
    assert [run["workflow_name"] for run in old.call("runs", "wake")] == ["parent"]
    assert old.ran() == LEFT["parent"]

    open_states = {"RUNNING", "PENDING", "WAITING"}
    assert open_states.isdisjoint(row["status"] for row in old.call("runs", "list", "--limit", "100"))
    [tick] = [row for row in old.call("schedules", "history") if row["run_id"] == old.run_id("slow")]
    assert tick["status"] == "COMPLETED"
    assert old.call("runs", "recover") == []


@pytest.mark.slow
def test_resumed_runs_end_with_the_outputs_of_undisturbed_ones(old: OldStore, fixed_clock: FixedClock) -> None:
    with open_project(old.project.root) as application:
        runner = application.runner(park_waits=True)

        def kept_at_the_end(result: WorkflowResult) -> dict[str, Any]:
            if result.status is WorkflowStatus.WAITING:
                fixed_clock.advance(ELEVEN_YEARS)
                [result] = runner.recover(only=result.run_id)
            assert result.status is WorkflowStatus.COMPLETED
            return kept(run_store().get_run(result.run_id))

        resumed = {name: kept_at_the_end(runner.resume(old.run_id(name))) for name in LEFT}
        for name in LEFT:
            assert resumed[name] == kept_at_the_end(runner.execute(target_workflow(name)))


def kept(run: RunRecord | None) -> dict[str, Any]:
    """Return what a run and its children left, without ids and times."""
    assert run is not None
    records = run_store().list_steps(run.run_id)
    steps = [
        (step.step_name, step.status.name, step.transition.phase, step.transition.next_step, timeless(step.outputs))
        for step in records
        if step.status is not StepStatus.CANCELLED  # the attempt in which a process died
    ]
    found = {"status": run.status.name, "outputs": timeless(run.outputs), "steps": steps}
    if run.parent_run_id is None:
        context = replay(target_workflow(run.workflow_name), run, records, run.execution.outputs).context
        found["context"] = (timeless(context.params), timeless(context.outputs))
    children = [kept(child) for child in run_store().list_children(run.run_id)]
    return {**found, "children": sorted(children, key=json.dumps)}


def timeless(value: Any) -> Any:
    """Return a JSON value without how long a step waited."""
    if isinstance(value, (list, tuple)):
        return [timeless(item) for item in value]
    if isinstance(value, Mapping):
        return {key: timeless(item) for key, item in value.items() if key != "waited_seconds"}
    return value


def test_declared_schedules_are_the_same_rows_and_fire_next_when_they_were_to(
    old: OldStore, fixed_clock: FixedClock
) -> None:
    with open_project(old.project.root) as application:
        before = application.adapter.query("SELECT * FROM core_schedules ORDER BY name")
        service = application.scheduler()  # reads what spine.toml declares
        assert application.adapter.query("SELECT * FROM core_schedules ORDER BY name") == before
        ids = {row["name"]: row["id"] for row in before}
        assert ids["queued"] == old.runs[old.run_id("slow")]["schedule_id"]
        assert service.fire() == 0

        fixed_clock.set(datetime(2026, 11, 29, 0, 0, 1, tzinfo=UTC))
        assert service.fire() == 5
        assert service.pool.wait(60)
        newest = {
            tick.schedule_name: (tick.schedule_id, tick.status)
            for tick in application.schedules.history(limit=5)
            if tick.scheduled_at > NOW
        }
        assert {record.name: record.id for record in application.schedules.list_schedules()} == ids
    assert newest == {
        "interval": (ids["interval"], TickStatus.COMPLETED),  # 18:30, caught up
        "late": (ids["late"], TickStatus.MISSED),
        "queued": (ids["queued"], TickStatus.PENDING),
        "quiet": (ids["quiet"], TickStatus.SKIPPED),
        "ticking": (ids["ticking"], TickStatus.COMPLETED),
    }


@pytest.mark.slow
def test_a_scheduler_takes_over_the_runs_and_the_tick_that_waits_for_room(
    old: OldStore, fixed_clock: FixedClock
) -> None:
    def queued_ticks() -> list[str]:
        """Return how its ticks stand, the oldest first."""
        return [tick.status.value for tick in reversed(application.schedules.history("queued"))]

    with open_project(old.project.root) as application:
        service = application.scheduler()
        service.recover()
        assert service.pool.wait(60)
        assert old.ran() == sorted(step for name in LEFT.keys() - set(PATIENT) for step in LEFT[name])
        assert run_store().abandoned() == []
        assert service.start_queued()  # its schedule has a run that waits
        assert queued_ticks() == ["RUNNING", "PENDING"]

        fixed_clock.advance(ELEVEN_YEARS)
        service.recover()
        assert service.pool.wait(60)
        assert old.ran() == sorted(step for name in PATIENT for step in LEFT[name])
        assert queued_ticks() == ["COMPLETED", "PENDING"]
        assert not service.start_queued()  # nothing waits any more
        assert service.pool.wait(60)
        assert old.ran() == ["slow.first"]
        assert queued_ticks() == ["COMPLETED", "RUNNING"]

        fixed_clock.advance(ELEVEN_YEARS)
        service.recover()
        assert service.pool.wait(60)
        assert old.ran() == LEFT["slow"]
        assert queued_ticks() == ["COMPLETED", "COMPLETED"]
        assert run_store().abandoned() == []


def test_a_capture_is_read_by_its_revision_and_counts_on(old: OldStore) -> None:
    week = ("rows", "-p", "week=2026-W01")
    doubled = [{**row, "shares": 800} for row in ROWS]
    assert old.call("captures", "read", *week, "--revision", "1") == ROWS
    assert old.call("captures", "read", *week, "--revision", "2") == doubled
    assert old.call("captures", "read", *week) == doubled
    old.call("run", "done", "-p", "factor:=2")
    assert old.call("captures", "show", *week)["revision"] == 2  # unchanged
    old.call("run", "done")
    assert old.call("captures", "show", *week)["revision"] == 3
    assert old.call("captures", "read", *week) == ROWS


def test_a_key_finds_its_old_run_and_a_source_goes_on_from_its_cursor(old: OldStore) -> None:
    first = next(run["run_id"] for run in old.runs.values() if run["workflow"] == "done" and not run["schedule_id"])
    assert old.call("run", "done", "--key", "the first")["run_id"] == first
    assert old.ran() == []
    assert old.call("run", "fetched")["outcome"] == "unchanged"
