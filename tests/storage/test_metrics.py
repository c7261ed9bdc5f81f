"""Metrics of a history, on both databases: real runs, schedules, alerts and fetches, read by prometheus_client."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import event, insert, select, update

from spine.core.adapters.database import DatabaseAdapter
from spine.core.errors import AuthenticationError, NetworkError
from spine.framework.captures import capture
from spine.framework.sources.fetches import FetchStatus
from spine.orchestration import ErrorPolicy, Step, StepResult, Workflow, WorkflowStatus, workflow_registry
from spine.orchestration.lease import Lease, process_name
from spine.project import Project, current_project, open_project
from spine.storage.alerts.store import SqlAlertStore
from spine.storage.history import History
from spine.storage.metrics import reading
from spine.storage.metrics.read import read_metrics
from spine.storage.metrics.text import exposition
from spine.storage.retention import prune
from spine.storage.runs.store import SqlRunStore
from spine.storage.schedules.schedulers import Schedulers
from spine.storage.sources.fetches import SqlFetchStore
from spine.storage.tables.alerts import alert_incidents
from spine.storage.tables.captures import captures
from spine.storage.tables.runs import events, runs
from spine.storage.tables.schedules import schedule_runs, schedules
from spine.storage.workers import Workers
from spine.testing import FixedClock
from tests.prometheus import decreased, names_of, series_of, value
from tests.storage.alerting import Listed, add, declare, sender
from tests.storage.made_up import make_up
from tests.storage.records import RUN, create
from tests.storage.test_fetch_store import a_fetch
from tests.storage.test_leases import Jobs

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ELSEWHERE = "elsewhere.boot.1/1/1"  # a process of another machine

is_away = [False]
meanwhile: list[str] = []  # the metrics in each step that succeeded


def _load(_context: Any, _config: Any) -> StepResult:
    if is_away[0]:
        raise NetworkError("away")
    capture("prices", [{"n": 1}])
    meanwhile.append(current_project().metrics())
    return StepResult.ok()


def _read(_context: Any, _config: Any) -> dict[str, int]:
    return {"n": 1}


@pytest.fixture
def project(tmp_path: Path, history_url: str, fixed_clock: FixedClock) -> Iterator[Project]:
    """A project on each database, at noon; its workflow fails while `is_away`."""
    fixed_clock.set(NOON)
    (tmp_path / "spine.toml").write_text(f'[spine]\nname = "shop"\ndatabase = "{history_url}"\n')
    is_away[0] = False
    with open_project(tmp_path) as found:
        workflow_registry.register(Workflow("daily", [Step.lambda_("read", _read), Step.lambda_("load", _load)]))
        yield found


@pytest.fixture
def history(adapter: DatabaseAdapter, fixed_clock: FixedClock) -> History:
    fixed_clock.set(NOON)
    return History(adapter)


def text_of(history: History) -> str:
    return exposition(read_metrics(history))


def of_shop(project: Project, name: str, **labels: str) -> float:
    return value(project.metrics(), name, project="shop", **labels)


def ended(project: Project, status: str) -> float:
    return of_shop(project, "spine_runs_ended_total", workflow="daily", status=status)


def test_an_empty_history_has_metrics_that_say_so(history: History) -> None:
    found = series_of(text_of(history))
    assert found["spine_queue_runs", frozenset({("queue", "default")})] == 0
    assert found["spine_schedulers", frozenset()] == 0
    assert not [name for name, _ in found if name.endswith("_total")]


def test_runs_and_steps_are_counted_by_how_they_ended_and_how_long_they_took(
    project: Project, fixed_clock: FixedClock
) -> None:
    project.run("daily")
    is_away[0] = True
    project.run("daily")
    assert (ended(project, "COMPLETED"), ended(project, "FAILED"), ended(project, "CRASHED")) == (1, 1, 0)
    place = {"workflow": "daily", "step": "load"}
    assert of_shop(project, "spine_step_attempts_total", **place, status="COMPLETED") == 1
    assert of_shop(project, "spine_step_attempts_total", **place, status="FAILED") == 1
    assert of_shop(project, "spine_run_duration_seconds_count", workflow="daily") == 1
    assert of_shop(project, "spine_run_duration_seconds_bucket", workflow="daily", le="0.1") == 1
    assert of_shop(project, "spine_step_duration_seconds_count", **place) == 2
    assert of_shop(project, "spine_workflow_last_success_timestamp_seconds", workflow="daily") == NOON.timestamp()
    assert of_shop(project, "spine_capture_last_revision_timestamp_seconds", capture="prices") == NOON.timestamp()


def test_durations_are_in_the_buckets_that_hold_them(history: History) -> None:
    store = SqlRunStore(history)
    for number, seconds in enumerate([0.1, 0.2, 5, 16, 20_000]):
        create(store, evolve(RUN, run_id=f"r{number}"))
        done = {"status": "COMPLETED", "completed_at": NOON, "duration_ms": int(seconds * 1000)}
        with history.engine.begin() as connection:
            connection.execute(update(runs).where(runs.c.run_id == f"r{number}").values(done))
    text = text_of(history)
    name = "spine_run_duration_seconds"
    kept = {le: value(text, f"{name}_bucket", workflow="w", le=le) for le in ("0.1", "1", "5", "60", "14400", "+Inf")}
    assert kept == {"0.1": 1, "1": 2, "5": 3, "60": 4, "14400": 4, "+Inf": 5}
    assert value(text, f"{name}_sum", workflow="w") == pytest.approx(20_021.3)


def test_a_run_that_is_resumed_lowers_no_counter_and_each_of_its_ends_counts(project: Project) -> None:
    is_away[0] = True
    failed = project.run("daily")
    before = project.metrics()
    is_away[0] = False
    project.resume(failed.run_id)
    after = project.metrics()
    assert decreased(before, meanwhile[-1]) == []
    assert decreased(meanwhile[-1], after) == []
    assert (ended(project, "FAILED"), ended(project, "COMPLETED")) == (1, 1)
    project.resume(failed.run_id, from_step="load", force=True)
    assert decreased(after, project.metrics()) == []
    assert (ended(project, "FAILED"), ended(project, "COMPLETED")) == (1, 2)
    assert of_shop(project, "spine_run_takeovers_total", workflow="daily") == 0


def test_a_prune_lowers_no_counter(project: Project, fixed_clock: FixedClock) -> None:
    project.run("daily")
    fixed_clock.advance(86_400)
    is_away[0] = True
    failed = project.run("daily").run_id
    before = project.metrics()
    with project.application.history.engine.begin() as connection:  # so that no capture keeps the run
        connection.execute(update(captures).values(run_id=None))
    assert prune(project.application.history, fixed_clock.now() - timedelta(days=1) / 2)["core_workflow_runs"] == 1
    after = project.metrics()
    assert decreased(before, after) == []
    assert (ended(project, "COMPLETED"), ended(project, "FAILED")) == (0, 1)
    assert project.runs.find("latest")["run_id"] == failed


def test_counters_begin_at_midnight_and_say_so(project: Project, fixed_clock: FixedClock) -> None:
    fixed_clock.set(NOON.replace(hour=23, minute=59, second=59))
    project.run("daily")
    assert ended(project, "COMPLETED") == 1
    midnight = fixed_clock.advance(1)
    assert ended(project, "COMPLETED") == 0
    assert of_shop(project, "spine_metrics_since_timestamp_seconds") == midnight.timestamp()
    assert of_shop(project, "spine_step_duration_seconds_count", workflow="daily", step="load") == 0


@pytest.mark.slow
def test_a_run_taken_from_a_process_that_died_is_a_takeover_and_was_abandoned(
    project: Project, fixed_clock: FixedClock
) -> None:
    store = SqlRunStore(project.application.history)
    definition = workflow_registry.get("daily")
    run = evolve(
        RUN,
        run_id="gone",
        workflow_name="daily",
        workflow_version=definition.version,
        started_at=NOON,
        partition={},
        params={},
        definition_hash=definition.definition_hash(),
    )
    store.create(run, definition.to_dict(), {}, Lease(ELSEWHERE))
    with project.application.history.engine.begin() as connection:
        started = {"run_id": "gone", "event_type": "run.started", "timestamp": NOON, "payload": {}}
        connection.execute(insert(events).values(**started))
    assert of_shop(project, "spine_runs_abandoned", workflow="daily") == 0
    fixed_clock.advance(3600)
    assert of_shop(project, "spine_runs_abandoned", workflow="daily") == 1
    assert of_shop(project, "spine_runs_open", workflow="daily", status="RUNNING") == 1
    [recovered] = project.recover()
    assert recovered.status is WorkflowStatus.COMPLETED
    assert of_shop(project, "spine_run_takeovers_total", workflow="daily") == 1
    assert of_shop(project, "spine_runs_abandoned", workflow="daily") == 0


def test_runs_that_wait_for_a_process_have_a_depth_and_an_age(history: History, fixed_clock: FixedClock) -> None:
    store, jobs = SqlRunStore(history), Jobs()
    prepared = evolve(RUN, status=WorkflowStatus.PENDING, started_at=None)
    store.submit(evolve(prepared, run_id="old"), {"name": "w"}, jobs)
    fixed_clock.advance(90)
    store.submit(evolve(prepared, run_id="new", partition={"week": "2"}), {"name": "w"}, jobs)
    store.submit(evolve(prepared, run_id="gpu", queue="gpu", partition={"week": "3"}), {"name": "w"}, None)
    text = text_of(history)
    assert (value(text, "spine_queue_runs", queue="default"), value(text, "spine_queue_runs", queue="gpu")) == (2, 1)
    assert value(text, "spine_queue_oldest_run_seconds", queue="default") == 90
    assert value(text, "spine_queue_oldest_run_seconds", queue="gpu") == 0


def test_schedules_tell_what_is_overdue_and_how_late_runs_started(history: History) -> None:
    declare_schedules(history)
    store = SqlRunStore(history)
    create(store, evolve(RUN, run_id="late", started_at=NOON))
    tick = {"project": "", "schedule_id": "s-nightly", "schedule_name": "nightly"}
    with history.engine.begin() as connection:
        for number, (status, run_id, at) in enumerate(
            [
                ("COMPLETED", "late", NOON - timedelta(days=2)),  # caught up
                ("SKIPPED", None, NOON - timedelta(hours=1)),
                ("MISSED", None, NOON - timedelta(hours=2)),
                ("FAILED", None, NOON - timedelta(days=3)),  # not of today
            ]
        ):
            row = {**tick, "id": f"t{number}", "scheduled_at": at, "status": status, "run_id": run_id}
            connection.execute(insert(schedule_runs).values(**row))
    text = text_of(history)
    counted = {
        status: value(text, "spine_schedule_ticks_total", schedule="nightly", status=status)
        for status in ("STARTED", "SKIPPED", "MISSED", "FAILED")
    }
    assert counted == {"STARTED": 1, "SKIPPED": 1, "MISSED": 1, "FAILED": 0}
    assert value(text, "spine_schedule_lateness_seconds_sum", schedule="nightly") == 2 * 86_400
    assert value(text, "spine_schedule_overdue_seconds", schedule="nightly") == 60
    assert value(text, "spine_schedule_active", schedule="paused") == 0
    assert ("spine_schedule_overdue_seconds", frozenset({("schedule", "paused")})) not in series_of(text)
    assert ("spine_schedule_active", frozenset({("schedule", "gone")})) not in series_of(text)


def declare_schedules(history: History) -> None:
    usual = {"project": "", "target_type": "workflow", "target_name": "w", "params": {}, "schedule_type": "cron"}
    usual |= {"timezone": "UTC", "enabled": True, "max_instances": 1, "created_at": NOON, "updated_at": NOON}
    marks = {"nightly": {}, "paused": {"paused_at": NOON}, "gone": {"gone_at": NOON}}
    with history.engine.begin() as connection:
        for name, mark in marks.items():
            row = {**usual, "id": f"s-{name}", "name": name, "next_run_at": NOON - timedelta(minutes=1), **mark}
            connection.execute(insert(schedules).values(**row))


def test_deliveries_are_counted_by_channel_and_result_and_incidents_by_severity(history: History) -> None:
    outbox = SqlAlertStore(history)
    good, wrong = Listed("good"), Listed("wrong")
    wrong.errors = [AuthenticationError("who are you")]
    declare(outbox, good, wrong)
    alert = add(outbox, good, wrong)
    text = text_of(history)
    assert value(text, "spine_alert_deliveries_waiting", channel="good") == 1
    assert value(text, "spine_incidents_open", severity="ERROR") == 1
    sender(outbox, good, wrong).flush()
    text = text_of(history)
    sent = [value(text, "spine_alert_deliveries_sent_total", channel=name) for name in ("good", "wrong")]
    failed = [value(text, "spine_alert_deliveries_failed", channel=name) for name in ("good", "wrong")]
    assert (sent, failed) == ([1, 0], [0, 1])
    outbox.retry(alert.alert_id)
    sender(outbox, good, wrong).flush(force=True)
    again = text_of(history)
    assert decreased(text, again) == []
    assert value(again, "spine_alert_deliveries_failed", channel="wrong") == 0
    outbox.resolve(incident_of(history))
    assert value(text_of(history), "spine_incidents_open", severity="ERROR") == 0


def incident_of(history: History) -> str:
    with history.reader.connect() as connection:
        return str(connection.execute(select(alert_incidents.c.id)).scalar_one())


def test_sources_have_the_time_of_their_last_fetch_and_of_their_last_success(history: History) -> None:
    store = SqlFetchStore(history)
    good = a_fetch(0, FetchStatus.UNCHANGED)
    for fetch in (good, a_fetch(5, FetchStatus.FAILED), a_fetch(3, FetchStatus.FAILED, source_name="never")):
        store.record(fetch)
    text = text_of(history)
    assert value(text, "spine_source_last_success_timestamp_seconds", source="otc") == good.started_at.timestamp()
    assert value(text, "spine_source_last_fetch_timestamp_seconds", source="otc") == good.started_at.timestamp() + 300
    assert ("spine_source_last_success_timestamp_seconds", frozenset({("source", "never")})) not in series_of(text)


def test_schedulers_and_workers_that_live_are_counted(history: History, fixed_clock: FixedClock) -> None:
    Workers(history).enter("/srv/a", "procrastinate", ["default"], 4, {})
    service = Schedulers(history, "/srv/a", "hash")
    service.enter()
    seen = fixed_clock.now()
    text = text_of(history)
    assert (value(text, "spine_workers"), value(text, "spine_worker_slots"), value(text, "spine_schedulers")) == (
        1,
        4,
        1,
    )
    assert value(text, "spine_scheduler_last_beat_timestamp_seconds") == seen.timestamp()
    with history.engine.begin() as connection:
        connection.execute(update(service._presence.table).values(process=ELSEWHERE))
    fixed_clock.advance(61)
    text = text_of(history)
    assert value(text, "spine_schedulers") == 0
    assert value(text, "spine_scheduler_last_beat_timestamp_seconds") == seen.timestamp()
    service.leave()


def test_a_history_full_of_hostile_values_is_read_by_prometheus(history: History) -> None:
    make_up(history)
    make_up(evolve(history, project="other"))
    assert "spine_runs_open" in names_of(text_of(history))


def test_projects_in_one_database_have_metrics_of_their_own(adapter: DatabaseAdapter, fixed_clock: FixedClock) -> None:
    fixed_clock.set(NOON)
    for name in ("a", "b"):
        create(SqlRunStore(History(adapter, name)), evolve(RUN, run_id=name, workflow_name=f"of {name}"))
    text = text_of(History(adapter, "a"))
    labels = {"project": "a", "workflow": "of a", "status": "RUNNING"}
    assert value(text, "spine_runs_open", **labels) == 1
    assert "of b" not in text
    assert all(("project", "a") in labels for _, labels in series_of(text))


def test_names_beyond_the_limit_are_counted_together_and_it_is_told(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_NAMES", 2)
    store = SqlRunStore(history)
    for name in "abcd":
        create(store, evolve(RUN, run_id=name, workflow_name=name, partition={"n": name}))
    text = text_of(history)
    shown = {
        dict(labels)["workflow"]: count
        for (name, labels), count in series_of(text).items()
        if name == "spine_runs_open" and ("status", "RUNNING") in labels
    }
    assert shown == {"a": 1, "b": 1, "(others)": 2}
    assert value(text, "spine_metrics_cut", label="workflow") == 1


def test_reading_does_not_look_at_the_rows_of_other_days(history: History) -> None:
    """No query reads all rows of the project in a table that grows with every run."""
    if history.adapter.engine.dialect.name != "sqlite":
        pytest.skip("SQLite tells its plan without statistics")
    declare_schedules(history)
    create(SqlRunStore(history))
    plans = explained(history)
    tables = "core_workflow_runs|core_workflow_steps|core_workflow_events|core_schedule_runs"
    whole = re.compile(rf"SCAN ({tables})|SEARCH ({tables}) USING INDEX \w+ \(project=\?\)")
    assert plans
    assert [line for line in plans if whole.match(line)] == []


def explained(history: History) -> list[str]:
    """Return the lines of SQLite's plans of all statements of one reading."""
    statements: list[tuple[str, Any]] = []
    engine = history.reader
    listener: Callable[..., None] = lambda _c, _cursor, sql, given, _context, _many: statements.append((sql, given))  # noqa: E731
    event.listen(engine, "before_cursor_execute", listener)
    try:
        read_metrics(history)
    finally:
        event.remove(engine, "before_cursor_execute", listener)
    with engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        return [
            row[3]
            for sql, given in statements
            if sql.lstrip().startswith(("SELECT", "WITH"))
            for row in raw.execute(f"EXPLAIN QUERY PLAN {sql}", given)
        ]


def test_the_own_process_is_no_lost_holder(project: Project) -> None:
    create(SqlRunStore(project.application.history), lease=Lease(process_name()))
    assert of_shop(project, "spine_runs_abandoned", workflow="w") == 0


def test_a_failing_step_that_may_fail_ends_the_run_partly(project: Project) -> None:
    is_away[0] = True
    steps = [Step.lambda_("load", _load, on_error=ErrorPolicy.CONTINUE), Step.lambda_("read", _read)]
    project.run(Workflow("partly", steps))
    assert of_shop(project, "spine_runs_ended_total", workflow="partly", status="PARTIAL") == 1
    assert of_shop(project, "spine_run_duration_seconds_count", workflow="partly") == 1
