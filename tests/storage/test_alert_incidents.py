"""Incidents end with their throttle, and their resolution says what was resolved, on both dialects."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve
from sqlalchemy import insert, select

from spine.core.adapters.database import DatabaseAdapter
from spine.core.clock import utc_now
from spine.core.errors import NetworkError, SourceUnavailableError
from spine.framework.alerts import Alert
from spine.framework.alerts.route import RoutedAlert, route_of
from spine.framework.alerts.silence import Silence
from spine.orchestration import WorkflowStatus
from spine.orchestration.alerts.rules import not_started_fingerprint, sla_fingerprint
from spine.storage.alerts.store import SqlAlertStore
from spine.storage.history import History
from spine.storage.runs.store import SqlRunStore
from spine.storage.tables.alerts import alert_deliveries, alert_incidents, alerts
from spine.storage.tables.schedules import schedules
from spine.testing import FixedClock
from tests.storage.alerting import Listed, add, failure, sender
from tests.storage.records import RUN, create


@pytest.fixture
def outbox(adapter: DatabaseAdapter, fixed_clock: FixedClock) -> SqlAlertStore:
    return SqlAlertStore(History(adapter))


def only_incident(adapter: DatabaseAdapter) -> str:
    [row] = adapter.query(select(alert_incidents.c.id).where(alert_incidents.c.resolved_at.is_(None)))
    return str(row["id"])


def test_an_alert_after_the_end_of_its_incident_is_sent_at_once(outbox, adapter):
    channel = Listed()
    add(outbox, channel)
    add(outbox, channel)
    sender(outbox, channel).flush()
    assert len(channel.sent) == 1
    outbox.resolve(only_incident(adapter))
    add(outbox, channel)
    sender(outbox, channel).flush()
    assert [alert.metadata.get("suppressed_count") for alert in channel.sent] == [None, None]


def test_an_acknowledgement_does_not_end_the_throttle(outbox, adapter):
    channel = Listed()
    add(outbox, channel)
    sender(outbox, channel).flush()
    outbox.acknowledge(only_incident(adapter))
    add(outbox, channel)
    sender(outbox, channel).flush()
    assert len(channel.sent) == 1


def test_a_silence_does_not_open_a_throttle(outbox, adapter, fixed_clock):
    channel = Listed()
    outbox.silence(Silence({"source": "loader"}, utc_now() + timedelta(seconds=30)))
    add(outbox, channel)
    fixed_clock.advance(31)
    add(outbox, channel)
    sender(outbox, channel).flush()
    assert len(channel.sent) == 1


def test_a_silence_also_takes_the_message_that_waits_for_the_end_of_a_throttle(outbox, adapter, fixed_clock):
    channel = Listed()
    add(outbox, channel)
    add(outbox, channel)
    sender(outbox, channel).flush()
    outbox.silence(Silence({"source": "loader"}, utc_now() + timedelta(hours=1), "maintenance"))
    fixed_clock.advance(600)
    sender(outbox, channel).flush()
    assert len(channel.sent) == 1
    rows = adapter.query(select(alert_deliveries.c.reason).where(alert_deliveries.c.status == "SILENCED"))
    assert rows == [{"reason": "silenced until 2026-01-01 01:00:00 UTC (maintenance)"}]


def test_a_resolution_has_the_facts_of_its_incident(outbox, adapter, fixed_clock):
    channel = Listed()
    start = fixed_clock.now()
    for _ in range(3):
        add(outbox, channel)
    sender(outbox, channel).flush()
    fixed_clock.advance(7800)
    outbox.resolve(only_incident(adapter))
    fixed_clock.advance(60)
    sender(outbox, channel).flush()
    [resolved] = channel.resolved
    assert resolved.metadata["incident"] == {
        "opened_at": start.isoformat(),
        "resolved_at": (start + timedelta(seconds=7800)).isoformat(),
        "alert_count": 3,
    }


def test_a_silence_also_takes_the_message_that_is_to_be_tried_again(outbox, fixed_clock):
    channel = Listed()
    channel.errors = [NetworkError("away")]
    add(outbox, channel)
    sender(outbox, channel).flush()
    outbox.silence(Silence({"source": "loader"}, utc_now() + timedelta(hours=1), "maintenance"))
    fixed_clock.advance(1800)
    assert outbox.due(force=True) == {}


@pytest.mark.parametrize("silenced", [True, False])
def test_a_failure_that_was_not_delivered_has_no_resolution(outbox, adapter, silenced):
    channel = Listed()
    if silenced:
        outbox.silence(Silence({"source": "loader"}, utc_now() + timedelta(hours=1)))
        add(outbox, channel)
    else:
        outbox.add(RoutedAlert(failure(), (), unrouted="no channel takes it"))
    outbox.resolve(only_incident(adapter))
    sender(outbox, channel).flush(force=True)
    assert (channel.sent, channel.resolved) == ([], [])


def test_an_error_is_delivered_as_data_after_a_restart(outbox, adapter):
    channel = Listed()
    error = SourceUnavailableError("the server answered 503")
    add(outbox, channel, alert=failure(error=error))
    add(outbox, channel, alert=failure("text only", error="it broke"))
    sender(SqlAlertStore(History(adapter)), channel).flush()
    assert [alert.to_dict()["error"] for alert in channel.sent] == [error.to_dict(), {"message": "it broke"}]
    texts = adapter.query(select(alerts.c.error).order_by(alerts.c.title))
    assert [row["error"] for row in texts] == ["SourceUnavailableError: the server answered 503", "it broke"]


def test_the_cause_of_an_error_is_kept(outbox, adapter):
    channel = Listed()
    add(outbox, channel, alert=failure(error=NetworkError("away", cause=OSError("no route"))))
    sender(outbox, channel).flush()
    assert channel.sent[0].to_dict()["error"]["cause"] == "no route"


def of_work(title: str, fingerprint: str, run_id: str | None = None) -> Alert:
    return Alert("ERROR", title, "", "w", run_id=run_id, fingerprint=fingerprint)


def end(outbox: SqlAlertStore, adapter: DatabaseAdapter, run_id: str, schedule_id: str | None = None) -> None:
    with adapter.engine.begin() as connection:
        done = evolve(RUN, run_id=run_id, status=WorkflowStatus.COMPLETED, schedule_id=schedule_id)
        done = evolve(done, partition={"week": run_id})
        outbox.end_run(connection, done, ())


def test_a_run_that_completes_resolves_its_own_sla_alert_only(outbox, adapter):
    channel, runs = Listed(), SqlRunStore(History(adapter))
    for run_id in ("late", "other"):
        create(runs, evolve(RUN, run_id=run_id, partition={"week": run_id}))
        add(outbox, channel, alert=of_work(run_id, sla_fingerprint("w"), run_id))
        sender(outbox, channel).flush()
    end(outbox, adapter, "late")
    assert len(adapter.query(select(alerts.c.id).where(alerts.c.resolved_at.is_not(None)))) == 1
    assert only_incident(adapter)


def test_a_run_of_a_schedule_resolves_that_it_could_not_create_one(outbox, adapter):
    channel = Listed()
    now = utc_now()
    row = {"target_type": "workflow", "target_name": "w", "params": {}, "schedule_type": "cron", "timezone": "UTC"}
    row |= {"enabled": True, "max_instances": 1, "created_at": now, "updated_at": now}
    with adapter.engine.begin() as connection:
        connection.execute(insert(schedules).values(id="s1", project="", name="weekly", **row))
    for name in ("weekly", "daily"):
        alert = of_work(name, not_started_fingerprint(name))
        outbox.add(RoutedAlert(alert, (route_of(channel),)))
    sender(outbox, channel).flush()
    end(outbox, adapter, "r9", "s1")
    sender(outbox, channel).flush()
    assert [alert.title for alert in channel.resolved] == ["weekly"]
