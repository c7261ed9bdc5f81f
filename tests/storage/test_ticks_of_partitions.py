"""Ticks whose runs are of a partition that has an open run wait for it: in memory and in SQL on both dialects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from spine.core.adapters.database import DatabaseAdapter
from spine.orchestration import Daily, Step, Workflow, WorkflowStatus, workflow_registry
from spine.orchestration.lease import Lease, PartitionBusyError
from spine.orchestration.records import Batch, RunRecord
from spine.scheduling.record import from_record, to_record
from spine.scheduling.schedule import Schedule
from spine.scheduling.tick import TickRecord, TickStatus
from spine.storage.runs import insert
from spine.testing import FixedClock
from tests.storage.test_schedule_store import LEASE, START, World, sql_world, world

__all__ = ["world"]

ELSEWHERE = Lease("other-host/1/1", 600)


@pytest.fixture
def daily(world: World) -> World:
    """A world whose workflow has partitions; each tick runs that of its interval."""
    world.workflow = workflow_registry.register(
        Workflow("w", [Step.lambda_("a", lambda context, config: None)], partitions=Daily("day"))
    )
    return world


def hold(world: World, day: str = "2026-03-02") -> RunRecord:
    run = evolve(world.runner.prepare(world.workflow, {"day": day}), status=WorkflowStatus.RUNNING)
    kept = world.runs.create(run, world.workflow.to_dict(), {}, ELSEWHERE)
    assert kept is not None
    return kept


def start_queued(world: World) -> list[str]:
    started = []
    for queued in world.store.queued(10):
        planned = world.planned(queued.tick, queued.schedule)
        run_id = world.store.start_queued(planned, queued.schedule.max_instances or None, LEASE)
        started += [run_id] if run_id else []
    return started


def test_a_tick_of_a_busy_partition_is_queued_and_starts_when_it_is_free(daily: World) -> None:
    daily.declare()
    busy = hold(daily)
    assert daily.fire(hours=1) == []
    assert daily.ticks() == [("01:00", "PENDING")]
    assert start_queued(daily) == []
    daily.runs.commit(Batch(busy.run_id, busy.fence, run=evolve(busy, status=WorkflowStatus.COMPLETED)))
    [run_id] = start_queued(daily)
    assert daily.ticks() == [("01:00", "RUNNING")]
    daily.execute(run_id)
    assert daily.ticks() == [("01:00", "COMPLETED")]


def test_of_two_ticks_of_one_firing_with_one_partition_the_second_is_queued(daily: World) -> None:
    daily.declare(overlap="allow", catch_up="all")
    [run_id] = daily.fire(hours=2)
    assert daily.ticks() == [("01:00", "RUNNING"), ("02:00", "PENDING")]
    assert start_queued(daily) == []
    daily.execute(run_id)
    assert len(start_queued(daily)) == 1


def test_of_two_schedules_that_fire_at_once_with_one_partition_one_is_queued(daily: World) -> None:
    schedules = [Schedule(name=name, workflow="w", every="1h") for name in ("s", "t")]
    daily.store.sync([to_record(schedule, START, declared=True) for schedule in schedules])
    assert len(daily.fire(hours=1)) == 1
    assert sorted(status for _time, status in daily.ticks()) == ["PENDING", "RUNNING"]


def test_another_partition_is_not_held_up(daily: World) -> None:
    daily.declare()
    hold(daily, "2026-03-01")
    assert len(daily.fire(hours=1)) == 1


def test_a_tick_that_cancels_the_old_run_waits_for_its_end(daily: World) -> None:
    daily.declare(overlap="cancel_old")
    [old] = daily.fire(hours=1)
    assert daily.fire(hours=1) == []
    found = daily.runs.get_run(old)
    assert found is not None
    assert found.cancel_requested_at is not None
    assert daily.ticks() == [("01:00", "RUNNING"), ("02:00", "PENDING")]


def test_a_run_that_is_triggered_by_hand_is_refused_while_its_partition_is_busy(daily: World) -> None:
    record, now = daily.declare(), daily.clock.now()
    busy = hold(daily, "2026-03-01")
    tick = TickRecord(record.id, record.name, now, TickStatus.RUNNING)
    with pytest.raises(PartitionBusyError, match=busy.run_id):
        daily.store.trigger(record, daily.prepare(record, from_record(record), tick), now, LEASE)
    assert daily.ticks() == []


def test_a_partition_that_another_process_takes_at_the_same_time_is_a_queued_tick(
    new_store: Callable[[str], DatabaseAdapter], fixed_clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = sql_world(new_store("postgresql"), fixed_clock)
    world.workflow = Workflow("w", [Step.lambda_("a", lambda context, config: None)], partitions=Daily("day"))
    world.declare()
    hold(world)
    seen, look = [], insert.busy_locks

    def look_too_early(*arguments: Any) -> dict[str, str]:
        seen.append(1)
        return {} if len(seen) <= 2 else look(*arguments)  # the claim and the insert of the first try

    monkeypatch.setattr("spine.storage.schedules.claim.busy_locks", look_too_early)
    monkeypatch.setattr(insert, "busy_locks", look_too_early)
    assert world.fire(hours=1) == []
    assert world.ticks() == [("01:00", "PENDING")]
