"""Times that were written while the clock was ahead hold nothing back for longer than the clock was wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select

from spine.core.adapters.database import DatabaseAdapter
from spine.core.errors import NetworkError
from spine.framework.alerts import Alert, AlertSeverity
from spine.framework.alerts.route import Route, RoutedAlert
from spine.orchestration import RetryPolicy, Step, Workflow, WorkflowRunner
from spine.orchestration.lease import Lease
from spine.storage.alerts.store import SqlAlertStore
from spine.storage.clock_repair import repair_times
from spine.storage.history import History
from spine.storage.runs.store import SqlRunStore
from spine.storage.tables.alerts import alert_channels, alert_deliveries, alert_throttle
from spine.storage.tables.runs import runs
from spine.testing import FixedClock
from tests.clocks import moving

SQL = ["sqlite", "postgresql"]


@pytest.fixture(params=SQL)
def adapter(request: pytest.FixtureRequest, new_store: Callable[[str], DatabaseAdapter]) -> DatabaseAdapter:
    return new_store(request.param)


def alert(store: SqlAlertStore, adapter: DatabaseAdapter) -> None:
    raised = Alert(AlertSeverity.ERROR, "down", "it is", source="w", fingerprint="cause")
    with adapter.engine.begin() as connection:
        store.add_within(connection, RoutedAlert(raised, (Route("c", 5.0),)))


def statuses(adapter: DatabaseAdapter) -> list[str]:
    with adapter.reader.connect() as connection:
        return sorted(connection.execute(select(alert_deliveries.c.status)).scalars())


def test_a_lease_of_a_lost_process_ends_after_its_length(adapter: DatabaseAdapter, fixed_clock: FixedClock) -> None:
    store, right = SqlRunStore(History(adapter)), fixed_clock.now()
    workflow = Workflow("w", [Step.lambda_("a", lambda context, config: None)])
    run = WorkflowRunner(store=store).prepare(workflow)
    fixed_clock.set(right + timedelta(hours=5))
    store.create(run, workflow.to_dict(), {}, Lease("another-host/1/1", 60.0))
    fixed_clock.set(right)
    fixed_clock.advance(61)
    assert store.abandoned() == []
    assert repair_times(History(adapter), 60.0) == 1
    fixed_clock.advance(61)
    assert [found.run_id for found in store.abandoned()] == [run.run_id]
    assert repair_times(History(adapter), 60.0) == 0


def test_a_throttle_that_began_in_the_future_holds_no_alert_back(
    adapter: DatabaseAdapter, fixed_clock: FixedClock
) -> None:
    store, right = SqlAlertStore(History(adapter)), fixed_clock.now()
    fixed_clock.set(right + timedelta(hours=5))
    alert(store, adapter)
    alert(store, adapter)
    assert statuses(adapter) == ["PENDING", "THROTTLED"]
    fixed_clock.set(right)
    repair_times(History(adapter), 60.0)
    with adapter.reader.connect() as connection:
        assert connection.execute(select(alert_throttle)).all() == []
        due = connection.execute(select(alert_deliveries.c.next_retry_at)).scalars().all()
    assert all(moment is None or moment <= right for moment in due)


def test_an_alert_is_sent_although_a_wrong_clock_sent_one_later(
    adapter: DatabaseAdapter, fixed_clock: FixedClock
) -> None:
    store, right = SqlAlertStore(History(adapter)), fixed_clock.now()
    fixed_clock.set(right + timedelta(hours=5))
    alert(store, adapter)
    fixed_clock.set(right)
    alert(store, adapter)
    assert statuses(adapter) == ["PENDING", "PENDING"]


def test_a_channel_is_not_paused_until_a_wrong_time(adapter: DatabaseAdapter, fixed_clock: FixedClock) -> None:
    far, near = fixed_clock.now() + timedelta(hours=5), fixed_clock.now() + timedelta(minutes=50)
    with adapter.engine.begin() as connection:
        for name, until in (("far", far), ("near", near)):
            row = {
                "name": name,
                "project": "",
                "channel_type": "console",
                "enabled": True,
                "config": {},
                "min_severity": "INFO",
                "domains": [],
                "throttle_minutes": 5,
                "consecutive_failures": 0,
                "paused_until": until,
            }
            connection.execute(insert(alert_channels).values(**row))
    assert repair_times(History(adapter), 60.0) == 1
    with adapter.reader.connect() as connection:
        found = connection.execute(select(alert_channels.c.name, alert_channels.c.paused_until)).all()
    assert dict(found) == {"far": None, "near": near}


def is_waiting(adapter: DatabaseAdapter) -> bool:
    with adapter.reader.connect() as connection:
        return "WAITING" in connection.execute(select(runs.c.status)).scalars().all()


def refused(context: object, config: object) -> None:
    raise NetworkError("not now", retry_after=600)


SLEEPY = Workflow("sleepy", [Step.wait("pause", 600)])
REFUSED = Step.lambda_("call", refused, retry_policy=RetryPolicy(max_attempts=2, initial_delay_seconds=600))
WAITS = {
    "a wait": Workflow("waits", SLEEPY.steps),
    "a pause before a retry": Workflow("pauses", [REFUSED]),
    "a child's wait": Workflow("below", [Step.workflow("sub", SLEEPY)]),
    "an item's wait": Workflow("items", [Step.map("each", lambda context: [1], SLEEPY)]),
    "a branch's wait": Workflow("both", [Step.parallel("both", {"left": list(SLEEPY.steps)})]),
}


@pytest.mark.parametrize("waits", WAITS)
def test_a_run_that_began_to_wait_while_the_clock_was_ahead_waits_as_long_as_it_should(
    waits: str, adapter: DatabaseAdapter, fixed_clock: FixedClock
) -> None:
    workflow, right = WAITS[waits], fixed_clock.now()
    runner = WorkflowRunner(store=SqlRunStore(History(adapter)), park_waits=True)
    fixed_clock.set(right + timedelta(hours=5))
    run_id = runner.execute(workflow).run_id
    fixed_clock.set(right)
    assert repair_times(History(adapter), 60.0) == 1
    due = [run.run_id for run in SqlRunStore(History(adapter)).abandoned()]
    assert due == [run_id]
    again = runner.resume(run_id, workflow)
    assert again.wake_at == right + timedelta(seconds=600)
    fixed_clock.advance(600)
    assert runner.resume(run_id, workflow).wake_at is None
    assert repair_times(History(adapter), 60.0) == 0


class LateStore(SqlRunStore):
    """A run store whose clock is put right, as soon as a child run is parked."""

    clock: FixedClock
    right: datetime

    def release(self, run_id: str, fence: int) -> None:
        super().release(run_id, fence)
        self.clock.set(self.right)


def test_a_clock_that_is_put_right_between_the_wait_of_a_child_and_that_of_its_parent_holds_up_neither(
    adapter: DatabaseAdapter, fixed_clock: FixedClock
) -> None:
    workflow, right, store = WAITS["a child's wait"], fixed_clock.now(), LateStore(History(adapter))
    store.clock, store.right = fixed_clock, right
    fixed_clock.set(right + timedelta(hours=5))
    run_id = WorkflowRunner(store=store, park_waits=True).execute(workflow).run_id
    assert fixed_clock.now() == right
    assert repair_times(History(adapter), 60.0) == 1
    again = WorkflowRunner(store=store, park_waits=True).resume(run_id, workflow)
    assert again.wake_at == right + timedelta(seconds=600)


def test_a_clock_that_is_put_right_while_a_step_works_is_noticed_in_its_wait(
    adapter: DatabaseAdapter, fixed_clock: FixedClock
) -> None:
    right, ahead = fixed_clock.now(), fixed_clock.now() + timedelta(hours=5)

    def ready_when(context: object) -> datetime:
        fixed_clock.set(right)
        return ahead + timedelta(seconds=600)

    workflow = Workflow("w", [Step.wait("until", until=ready_when)])
    fixed_clock.set(ahead)
    found = WorkflowRunner(store=SqlRunStore(History(adapter)), park_waits=True).execute(workflow)
    assert found.wake_at == right + timedelta(seconds=600)


def test_a_run_that_waits_until_a_time_or_for_a_condition_is_asked_when_the_clock_was_put_right(
    adapter: DatabaseAdapter, fixed_clock: FixedClock
) -> None:
    right, asked = fixed_clock.now(), []

    def is_there(context: object) -> bool:
        asked.append(fixed_clock.now())
        return len(asked) == 2

    until = Step.wait("until", until=right + timedelta(hours=9))
    workflow = Workflow("w", [Step.wait("poll", until=is_there, poll_seconds=600), until])
    runner = WorkflowRunner(store=SqlRunStore(History(adapter)), park_waits=True)
    fixed_clock.set(right + timedelta(hours=5))
    run_id = runner.execute(workflow).run_id
    fixed_clock.set(right)
    runner.resume(run_id, workflow)
    fixed_clock.advance(600)
    assert runner.resume(run_id, workflow).wake_at == right + timedelta(hours=9)
    assert asked == [right + timedelta(hours=5), right + timedelta(seconds=600)]


def test_a_wait_that_a_wrong_clock_began_in_this_process_is_not_waited_twice(
    adapter: DatabaseAdapter, fixed_clock: FixedClock
) -> None:
    right, workflow = fixed_clock.now(), WAITS["a wait"]
    store = SqlRunStore(History(adapter))
    fixed_clock.set(right + timedelta(hours=5))
    with moving(fixed_clock, -5 * 3600, 600, when=lambda: is_waiting(adapter)):
        result = WorkflowRunner(store=store).execute(workflow)
    assert result.context.get_output("pause", "waited_seconds") == 600
