"""Times that were written while the clock was ahead hold nothing back for longer than the clock was wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from spine.core.adapters.database import DatabaseAdapter
from spine.framework.alerts import Alert, AlertSeverity
from spine.framework.alerts.route import Route, RoutedAlert
from spine.orchestration import Step, Workflow, WorkflowRunner
from spine.orchestration.lease import Lease
from spine.storage.alerts.store import SqlAlertStore
from spine.storage.clock_repair import repair_times
from spine.storage.history import History
from spine.storage.runs.store import SqlRunStore
from spine.storage.tables.alerts import alert_channels, alert_deliveries, alert_throttle
from spine.testing import FixedClock

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
