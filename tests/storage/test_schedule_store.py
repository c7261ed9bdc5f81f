"""Schedules and ticks, in memory and in SQL on both dialects."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from spine.core.adapters.database import DatabaseAdapter
from spine.core.errors import ConfigError
from spine.framework.alerts import AlertSeverity
from spine.framework.alerts.store import AlertStore, alert_store
from spine.orchestration import Step, Workflow, WorkflowRunner
from spine.orchestration.lease import Lease, process_name
from spine.orchestration.memory_run_store import MemoryRunStore
from spine.orchestration.run_store import RunStore
from spine.orchestration.tick_time import TickTime
from spine.scheduling.call_guard import CallGuard
from spine.scheduling.firing import Firing, NewRun, PlannedTick
from spine.scheduling.logical_time import params_at, tick_time
from spine.scheduling.memory_store import MemoryScheduleStore
from spine.scheduling.planner import ahead_alert
from spine.scheduling.planning import Planning, RunMaker
from spine.scheduling.project_call import ProjectCalls
from spine.scheduling.record import ScheduleRecord, from_record, to_record
from spine.scheduling.schedule import Schedule
from spine.scheduling.store import ScheduleStore, UnknownScheduleError
from spine.scheduling.tick import TickRecord
from spine.storage.alerts.store import SqlAlertStore
from spine.storage.history import History
from spine.storage.runs.store import SqlRunStore
from spine.storage.schedules.store import SqlScheduleStore
from spine.storage.tables.runs import runs
from spine.storage.tables.schedules import schedules
from spine.testing import FixedClock
from tests.projects import wait_until
from tests.stores import STORES

START = datetime(2026, 3, 2, tzinfo=UTC)
LEASE = Lease(process_name())


class World:
    """A store with a clock that a test moves, and what a scheduler does with it."""

    def __init__(self, store: ScheduleStore, runs: RunStore, clock: FixedClock, alerts: AlertStore) -> None:
        clock.set(START)
        self.store, self.runs, self.clock, self._alerts = store, runs, clock, alerts
        self.workflow = Workflow("w", [Step.lambda_("a", lambda context, config: None)])
        self.runner = WorkflowRunner(store=self.runs)

    def declare(self, **fields: Any) -> ScheduleRecord:
        schedule = Schedule(**{"name": "s", "workflow": "w", "every": "1h", **fields})
        self.store.sync([to_record(schedule, self.clock.now(), declared=True)])
        return self.store.get(schedule.name)

    def prepare(self, record: ScheduleRecord, schedule: Schedule, kept: TickRecord) -> NewRun:
        tick = tick_time(schedule, kept.scheduled_at)
        run = self.runner.prepare(self.workflow, params_at(schedule, tick), schedule_id=record.id, tick=tick)
        return NewRun(run, self.workflow.to_dict())

    def planned(self, tick: TickRecord, record: ScheduleRecord) -> PlannedTick:
        return PlannedTick(tick, self.prepare(record, from_record(record), tick))

    def firings(self) -> list[Firing]:
        now = self.clock.now()
        error = AlertSeverity.ERROR
        runs = RunMaker(self.prepare, ProjectCalls(30), CallGuard(self.store))
        due = self.store.due(now, 1000)
        found = [Planning(record, from_record(record), now, None, error, runs).proceed() for record in due]
        return [firing for firing in found if firing is not None]

    def fire(self, **passed: float) -> list[str]:
        self.clock.advance(timedelta(**passed).total_seconds())
        return self.store.fire(self.firings(), LEASE)

    def execute(self, run_id: str) -> None:
        self.runner.resume(run_id, self.workflow)

    def alerts(self) -> list[str]:
        return [sent.alert.title for sent in self._alerts.list_alerts() if "missed" not in sent.alert.title]

    def ticks(self) -> list[tuple[str, str]]:
        return [(f"{tick.scheduled_at:%H:%M}", tick.status.value) for tick in reversed(self.store.history())]


def sql_world(adapter: DatabaseAdapter, clock: FixedClock) -> World:
    alerts = SqlAlertStore(History(adapter))
    return World(SqlScheduleStore(History(adapter), alerts), SqlRunStore(History(adapter)), clock, alerts)


@pytest.fixture(params=STORES)
def world(
    request: pytest.FixtureRequest, fixed_clock: FixedClock, new_store: Callable[[str], DatabaseAdapter]
) -> World:
    """Each kind of schedule store, with the run store that belongs to it."""
    if request.param == "memory":
        runs = MemoryRunStore()
        return World(MemoryScheduleStore(runs), runs, fixed_clock, alert_store())
    return sql_world(new_store(request.param), fixed_clock)


def test_a_tick_starts_its_run_and_ends_with_it(world: World) -> None:
    world.declare()
    assert world.fire(minutes=59) == []
    [run_id] = world.fire(minutes=1)
    assert world.ticks() == [("01:00", "RUNNING")]
    world.execute(run_id)
    assert world.ticks() == [("01:00", "COMPLETED")]
    assert world.store.get("s").last_run_status == "COMPLETED"
    assert world.fire() == []


def test_schedulers_that_decide_at_once_start_each_tick_once(world: World) -> None:
    schedules = [Schedule(name=f"s{number}", workflow="w", every="1h") for number in range(20)]
    world.store.sync([to_record(schedule, START, declared=True) for schedule in schedules])
    world.clock.advance(3600)
    plans = [world.firings() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        started = list(pool.map(lambda firings: world.store.fire(firings, LEASE), plans))
    assert sum(len(ids) for ids in started) == 20
    ticks = world.store.history(limit=100)
    assert sorted(tick.schedule_name for tick in ticks) == sorted(schedule.name for schedule in schedules)


def test_a_changed_schedule_counts_from_now_and_an_unchanged_one_goes_on(world: World) -> None:
    before = world.declare(every="1h")
    world.clock.advance(150 * 60)
    same = world.declare(every="1h")
    assert (same.id, same.last_tick_at) == (before.id, before.last_tick_at)
    changed = world.declare(every="30m")
    assert (changed.id, changed.last_tick_at) == (before.id, world.clock.now())
    assert world.fire() == []
    assert changed.next_run_at == START + timedelta(hours=3)


def test_a_schedule_that_is_declared_no_more_is_gone_with_its_ticks_kept_and_an_added_one_stays(world: World) -> None:
    world.declare(name="declared")
    world.store.add(to_record(Schedule(name="added", workflow="w", cron="0 0 1 1 *"), START, declared=False))
    world.fire(hours=1)
    world.store.sync([])
    gone = {record.name: record.gone_at for record in world.store.list_schedules()}
    assert gone == {"added": None, "declared": world.clock.now()}
    assert len(world.store.history("declared")) == 1
    assert world.fire(hours=5) == []
    assert len(world.store.history("declared")) == 1
    with pytest.raises(UnknownScheduleError, match="there is no schedule 'addde'; did you mean 'added'"):
        world.store.get("addde")


def test_a_name_is_given_once(world: World) -> None:
    world.declare()
    with pytest.raises(ConfigError, match="there is a schedule 's' already"):
        world.store.add(to_record(Schedule(name="s", workflow="w", every="1h"), START, declared=False))


def test_a_declared_schedule_is_removed_where_it_is_declared(world: World) -> None:
    world.declare()
    with pytest.raises(ConfigError, match=r"is declared in spine\.toml"):
        world.store.remove("s")
    world.store.add(to_record(Schedule(name="added", workflow="w", every="1h"), START, declared=False))
    world.store.remove("added")
    assert {record.name: record.gone_at is None for record in world.store.list_schedules()} == {
        "s": True,
        "added": False,
    }
    with pytest.raises(ConfigError, match=r"schedule 'added' is gone since .*: add it again"):
        world.store.remove("added")


def test_a_schedule_that_comes_back_has_its_history_and_counts_from_then(world: World) -> None:
    before = world.declare()
    world.fire(hours=1)
    world.store.sync([])
    world.fire(hours=10)
    again = world.declare()
    assert (again.id, again.gone_at, again.last_tick_at) == (before.id, None, world.clock.now())
    world.fire(hours=1)
    assert len(world.store.history("s")) == 2


def test_an_added_schedule_that_was_removed_can_be_added_again(world: World) -> None:
    record = to_record(Schedule(name="added", workflow="w", every="1h"), START, declared=False)
    world.store.add(record)
    world.store.remove("added")
    world.store.add(to_record(Schedule(name="added", workflow="w", every="2h"), START, declared=False))
    kept = world.store.get("added")
    assert (kept.id, kept.gone_at, kept.interval_seconds) == (record.id, None, 7200.0)


def test_a_paused_schedule_rests_and_goes_on_from_then(world: World) -> None:
    world.declare()
    world.store.pause("s")
    assert world.fire(hours=5) == []
    world.declare()  # to declare it again does not wake it
    assert world.fire(hours=1) == []
    world.store.resume("s", world.clock.now() + timedelta(hours=1))
    assert world.fire() == []
    assert len(world.fire(hours=1)) == 1
    assert world.ticks() == [("07:00", "RUNNING")]


def test_overlap_skip_says_why(world: World) -> None:
    world.declare(overlap="skip")
    world.fire(hours=1)
    assert world.fire(hours=1) == []
    assert world.ticks() == [("01:00", "RUNNING"), ("02:00", "SKIPPED")]
    assert world.store.history()[0].skip_reason == "1 of at most 1 run still going (overlap = skip)"


def test_overlap_queue_starts_when_there_is_room(world: World) -> None:
    world.declare(overlap="queue")
    [first] = world.fire(hours=1)
    assert world.fire(hours=1) == []
    assert [queued.has_room for queued in world.store.queued(10)] == [False]
    world.execute(first)
    [queued] = world.store.queued(10)
    assert queued.has_room
    tick, record = queued.tick, queued.schedule
    planned = world.planned(tick, record)
    started = world.store.start_queued(planned, 1, LEASE)
    assert started is not None
    assert world.store.start_queued(world.planned(tick, record), 1, LEASE) is None
    world.execute(started)
    assert world.ticks() == [("01:00", "COMPLETED"), ("02:00", "COMPLETED")]


def test_the_queue_of_one_schedule_hides_no_other(world: World) -> None:
    schedules = [Schedule(name=name, workflow="w", every="1h", overlap="queue") for name in ("a", "b")]
    world.store.sync([to_record(schedule, START, declared=True) for schedule in schedules])
    started = world.fire(hours=1)
    for _ in range(3):
        world.fire(hours=1)
    of_b = world.store.history("b")[-1].run_id
    assert of_b in started
    world.execute(of_b)
    assert [(queued.schedule.name, queued.has_room) for queued in world.store.queued(2)] == [("b", True), ("a", False)]
    assert [queued.schedule.name for queued in world.store.queued(1)] == ["b"]


def test_a_tick_joins_the_queue_that_waits_before_it(world: World) -> None:
    world.declare(overlap="queue")
    [first] = world.fire(hours=1)
    world.fire(hours=1)
    world.execute(first)
    assert world.fire(hours=1) == []
    assert world.ticks() == [("01:00", "COMPLETED"), ("02:00", "PENDING"), ("03:00", "PENDING")]


def test_of_many_ticks_at_once_cancel_old_starts_the_newest_alone(world: World) -> None:
    world.declare(overlap="cancel_old", catch_up="all", catch_up_limit=3)
    assert len(world.fire(hours=4)) == 1
    assert [status for _time, status in world.ticks()] == ["SKIPPED", "SKIPPED", "SKIPPED", "RUNNING"]


def test_late_ticks_of_catch_up_all_run_one_after_another(world: World) -> None:
    world.declare(catch_up="all", catch_up_limit=3)
    [first] = world.fire(hours=4, minutes=30)
    assert [status for _time, status in world.ticks()] == ["MISSED", "RUNNING", "PENDING", "PENDING"]
    world.execute(first)
    [queued] = world.store.queued(10)
    assert queued.has_room


def test_after_three_days_down_each_caught_up_run_is_about_its_own_day(world: World) -> None:
    params = {"day": "{interval_start:%Y-%m-%d}"}
    world.declare(every=None, cron="0 2 * * *", catch_up="all", timezone="Europe/Berlin", params=params)
    run_ids = world.fire(days=3, hours=12)
    while waiting := world.store.queued(10):
        world.execute(run_ids[-1])
        [queued] = world.store.queued(10) or waiting
        started = world.store.start_queued(world.planned(queued.tick, queued.schedule), 1, LEASE)
        assert started is not None
        run_ids.append(started)
    world.execute(run_ids[-1])
    found = [world.runs.get_run(run_id) for run_id in run_ids]
    assert [run.params["day"] for run in found if run] == ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"]
    times = [TickTime.of_execution(run.execution.context) for run in found if run]
    assert [time.interval_end.day for time in times if time] == [2, 3, 4, 5]


def test_a_queue_has_a_bound_and_a_tick_beyond_it_is_skipped_with_an_alert(world: World) -> None:
    world.declare(overlap="queue", queue_limit=2)
    for _hour in range(3):
        world.fire(hours=1)
    assert world.alerts() == []
    world.fire(hours=1)
    assert [status for _time, status in world.ticks()] == ["RUNNING", "PENDING", "PENDING", "SKIPPED"]
    assert world.store.history()[0].skip_reason == "2 ticks wait for room already (queue_limit = 2)"
    assert world.alerts() == ["schedule s skips ticks: its queue is full"]


def test_a_cancelled_run_is_a_cancelled_tick(world: World) -> None:
    world.declare()
    [run_id] = world.fire(hours=1)
    world.runner.cancel(run_id)
    [tick] = world.store.history()
    assert (tick.status.value, tick.error) == ("CANCELLED", "the run was cancelled")


def test_a_clock_that_was_put_back_brings_no_tick_back(world: World) -> None:
    world.declare()
    world.fire(hours=1)
    world.clock.set(world.clock.now() - timedelta(minutes=30))
    changed = world.declare(misfire_grace_seconds=1)
    assert changed.last_tick_at == START + timedelta(hours=1)
    world.store.pause("s")
    assert world.store.resume("s", world.clock.now()).last_tick_at == START + timedelta(hours=1)
    assert world.fire(minutes=45) == []
    upcoming = world.store.next_due()
    assert upcoming == START + timedelta(hours=2)


def test_a_schedule_that_a_clock_moved_ahead_counts_from_now_and_repeats_no_run(world: World) -> None:
    world.declare()
    [run_id] = world.fire(hours=3)  # the clock is three hours ahead for a moment
    world.execute(run_id)
    assert world.ticks() == [("01:00", "MISSED"), ("02:00", "MISSED"), ("03:00", "COMPLETED")]
    world.clock.set(START + timedelta(minutes=30))
    [ahead] = world.store.ahead()
    alert = ahead_alert(ahead, AlertSeverity.ERROR)
    assert world.store.recount(ahead, alert)
    assert not world.store.recount(ahead, alert)  # as another scheduler would
    assert world.alerts() == ["schedule s was ahead of time and counts from now"]
    assert world.store.ahead() == []
    for minutes in (30, 60):
        [again] = world.fire(minutes=minutes)
        world.execute(again)
    assert world.ticks() == [("01:00", "COMPLETED"), ("02:00", "COMPLETED"), ("03:00", "COMPLETED")]
    assert world.fire(hours=1) == []  # the tick of 03:00 has had its run
    assert len(world.fire(hours=1)) == 1


def test_a_tick_after_the_end_of_a_wrong_time_runs_however_late_that_is_found(world: World) -> None:
    world.declare(every="1m", overlap="allow")
    world.execute(world.fire(minutes=1)[0])
    world.fire(hours=8)  # 380 ticks are told as one, the newest hundred one by one
    world.clock.set(START + timedelta(minutes=3, seconds=5))
    [ahead] = world.store.ahead()
    assert world.store.recount(ahead, None)
    [run_id] = world.fire(hours=0)
    world.execute(run_id)
    assert world.ticks()[:3] == [("00:01", "COMPLETED"), ("00:02", "MISSED"), ("00:03", "COMPLETED")]


def test_a_firing_that_was_planned_before_the_clock_was_put_right_starts_nothing_early(world: World) -> None:
    world.declare()
    world.clock.advance(7200)
    firings = world.firings()
    world.clock.set(START + timedelta(minutes=59))
    assert world.store.fire(firings, LEASE) == []
    assert world.ticks() == []
    assert len(world.fire(minutes=1)) == 1


def test_a_schedule_that_is_ahead_by_seconds_waits_for_its_time(world: World) -> None:
    world.declare()
    world.fire(hours=1)
    world.clock.advance(-30)
    assert world.store.ahead() == []


def test_a_tick_that_was_queued_while_the_clock_was_ahead_waits_for_its_time(world: World) -> None:
    world.declare(overlap="queue")
    [first] = world.fire(hours=1)
    world.fire(hours=1)
    world.execute(first)
    [queued] = world.store.queued(10)
    planned = world.planned(queued.tick, queued.schedule)
    world.clock.set(START + timedelta(hours=2, seconds=-30))
    assert [queued.has_room for queued in world.store.queued(10)] == [False]
    assert world.store.start_queued(planned, 1, LEASE) is None
    world.clock.advance(30)
    assert [queued.has_room for queued in world.store.queued(10)] == [True]
    assert world.store.start_queued(planned, 1, LEASE) is not None


def test_a_tick_that_was_queued_hours_ahead_of_time_is_decided_again_at_its_time(world: World) -> None:
    world.declare(overlap="queue")
    [first] = world.fire(hours=1)
    world.fire(hours=1)
    world.execute(first)
    world.clock.set(START + timedelta(hours=1, minutes=30))
    [ahead] = world.store.ahead()
    assert world.store.recount(ahead, None)
    assert world.ticks() == [("01:00", "COMPLETED")]
    [second] = world.fire(minutes=30)
    world.execute(second)
    assert world.ticks() == [("01:00", "COMPLETED"), ("02:00", "COMPLETED")]


def test_the_queue_of_a_paused_schedule_waits_with_it(world: World) -> None:
    world.declare(overlap="queue")
    [first] = world.fire(hours=1)
    world.fire(hours=1)
    world.execute(first)
    world.store.pause("s")
    assert world.store.queued(10) == []
    world.store.resume("s", None)
    assert [queued.has_room for queued in world.store.queued(10)] == [True]


def test_overlap_cancel_old_asks_the_oldest_run_to_end(world: World) -> None:
    world.declare(overlap="cancel_old")
    [first] = world.fire(hours=1)
    [second] = world.fire(hours=1)
    asked = {run_id: world.runs.get_run(run_id) for run_id in (first, second)}
    assert [run is not None and run.cancel_requested_at is not None for run in asked.values()] == [True, False]


def test_overlap_cancel_old_ends_a_run_that_no_worker_has_begun(world: World) -> None:
    world.declare(overlap="cancel_old")
    [first] = world.fire(hours=1)
    world.fire(hours=1)
    world.execute(first)
    assert world.ticks() == [("01:00", "CANCELLED"), ("02:00", "RUNNING")]
    assert world.store.history()[1].error == "the run was cancelled"


BLOCKED = "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def test_the_end_of_a_run_and_the_tick_that_cancels_it_do_not_block_one_another(
    adapter: DatabaseAdapter, fixed_clock: FixedClock
) -> None:
    world = sql_world(adapter, fixed_clock)
    record = world.declare(overlap="cancel_old")
    [run_id] = world.fire(hours=1)
    ask = update(runs).where(runs.c.run_id == run_id).values(cancel_requested_at=START)
    with ThreadPoolExecutor(1) as pool:
        with adapter.engine.begin() as connection:
            if not adapter.single_writer:  # of two that block one another, this one shall notice
                connection.exec_driver_sql("SET LOCAL deadlock_timeout = '1ms'")
            connection.execute(select(schedules).where(schedules.c.id == record.id).with_for_update())
            ending = pool.submit(world.execute, run_id)
            if not adapter.single_writer:
                wait_until(lambda: adapter.query(BLOCKED)[0]["n"] == 1)
            connection.execute(ask)
        ending.result()
    assert [tick.completed_at is not None for tick in world.store.history()] == [True]


def test_overlap_allow_starts_any_number(world: World) -> None:
    world.declare(overlap="allow")
    assert [len(world.fire(hours=1)) for _ in range(3)] == [1, 1, 1]


def test_a_failed_run_is_a_failed_tick(world: World) -> None:
    world.declare()
    [run_id] = world.fire(hours=1)
    world.runner.cancel(run_id)
    [tick] = world.store.history()
    assert (tick.status.value, tick.error) == ("CANCELLED", "the run was cancelled")


def test_a_failed_commit_leaves_nothing(
    adapter: DatabaseAdapter, fixed_clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = sql_world(adapter, fixed_clock)
    world.declare()

    def killed(_claim: object, _records: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr("spine.storage.schedules.claim.Claim._insert_ticks", killed)
    with pytest.raises(RuntimeError):
        world.fire(hours=1)
    monkeypatch.undo()
    assert world.ticks() == []
    assert len(world.fire()) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("catch_up", "every_days"), [("skip", 1), ("skip", 2), ("one", 7), ("all", 7)])
def test_a_simulated_year_is_exactly_the_ticks_of_its_policy(world: World, catch_up: str, every_days: int) -> None:
    """A daily tick at 06:00; the scheduler looks at 06:00 every so many days, and is down in between."""
    world.declare(every=None, cron="0 6 * * *", overlap="allow", catch_up=catch_up, catch_up_limit=3)
    world.clock.set(START + timedelta(hours=6))
    looks = range(0, 365, every_days)
    for _ in looks:
        world.fire()
        world.clock.advance(every_days * 86_400)
    expected = {}
    for day in range(looks[-1] + 1):
        behind = -day % every_days  # days until the scheduler looks
        caught_up = 3 if catch_up == "all" else 0  # of the late ones; that of the look itself is on time
        runs = behind == 0 or behind <= caught_up
        expected[START + timedelta(days=day, hours=6)] = "RUNNING" if runs else "MISSED"
    found = {tick.scheduled_at: tick.status.value for tick in world.store.history(limit=1000)}
    assert found == expected


@pytest.mark.slow
def test_a_year_of_changed_clocks_has_a_tick_a_day(world: World) -> None:
    """06:00 in New York is 11:00 UTC in winter and 10:00 in summer."""
    zone = {"every": None, "cron": "0 6 * * *", "timezone": "America/New_York", "overlap": "allow"}
    world.declare(**zone, misfire_grace_seconds=86_400)
    for _ in range(365):
        world.fire(days=1)
    found = [tick.scheduled_at for tick in reversed(world.store.history(limit=1000))]
    assert len(found) == 365
    assert {moment.hour for moment in found} == {10, 11}
    summer = [moment for moment in found if moment.hour == 10]
    assert (summer[0].date().isoformat(), summer[-1].date().isoformat()) == ("2026-03-08", "2026-10-31")
