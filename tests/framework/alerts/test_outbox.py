"""Alerts are kept before they are sent, and sent at least once: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from spine.core.adapters.database import DatabaseAdapter
from spine.core.errors import AuthenticationError, NetworkError, RateLimitError
from spine.core.scope import Scope
from spine.framework.alerts import (
    Alert,
    AlertSeverity,
    BaseChannel,
    ChannelType,
    DeliveryResult,
    MemoryAlertStore,
    alert_registry,
    send_alert,
)
from spine.framework.alerts.outbox import MOST_ATTEMPTS
from spine.framework.alerts.store import AlertStore, DeliveryStatus, Silence
from spine.history.alert_store import SqlAlertStore

STORES = ["memory", "sqlite", "postgresql"]


class Channel(BaseChannel):
    """Keeps what it is sent; `answers` are the errors of the next deliveries, None for one that arrives."""

    def __init__(self, name: str = "ops", *answers: Exception | None, **options: Any) -> None:
        super().__init__(name, ChannelType.WEBHOOK, **options)
        self.answers = list(answers)
        self.sent: list[Alert] = []
        self.resolved: list[Alert] = []

    def send(self, alert: Alert) -> DeliveryResult:
        error = self.answers.pop(0) if self.answers else None
        if error is not None:
            return DeliveryResult.fail(self.name, error)
        self.sent.append(alert)
        return DeliveryResult.ok(self.name)

    def resolve(self, alert: Alert) -> DeliveryResult:
        self.resolved.append(alert)
        return DeliveryResult.ok(self.name)


@pytest.fixture(params=STORES)
def alerts(request: pytest.FixtureRequest, own_scope: Scope, new_store: Callable[[str], DatabaseAdapter]) -> AlertStore:
    """Each kind of alert store, the current one while the test runs."""
    found: AlertStore = MemoryAlertStore()
    if request.param != "memory":
        found = SqlAlertStore(new_store(request.param))
    return own_scope.provide(AlertStore, found)  # type: ignore[type-abstract]


def register(channel: Channel) -> Channel:
    alert_registry.register(channel)
    return channel


def raise_alert(title: str = "t", **fields: Any) -> list[DeliveryResult]:
    return send_alert(AlertSeverity.ERROR, title, "m", "s", **fields)


def statuses(store: AlertStore) -> list[str]:
    return [delivery.status.name for sent in store.list_alerts() for delivery in sent.deliveries]


def test_an_alert_comes_back_from_the_store_as_it_was_raised(alerts: AlertStore) -> None:
    given = Alert(
        AlertSeverity.CRITICAL, "<t>", "m \udcff", "s", "finra.otc", "x1", "r1", "boom", {"n": 1, "step": "load"}
    )
    alerts.add(given, [])
    [sent] = alerts.list_alerts("r1")
    assert (sent.alert.severity, sent.alert.title, sent.alert.metadata) == (given.severity, "<t>", given.metadata)
    assert (sent.alert.fingerprint, sent.alert.error, sent.alert.run_id) == (given.fingerprint, "boom", "r1")
    assert abs(sent.alert.created_at - given.created_at) < timedelta(milliseconds=1)


def test_what_arrives_is_sent(alerts: AlertStore) -> None:
    channel = register(Channel())
    assert [result.success for result in raise_alert()] == [True]
    assert (statuses(alerts), len(channel.sent)) == (["SENT"], 1)
    assert alert_registry.flush(everything=True) == []


def test_a_retryable_failure_is_pending_until_it_arrives(alerts: AlertStore) -> None:
    channel = register(Channel("ops", NetworkError("down"), NetworkError("down")))
    raise_alert()
    [sent] = alerts.list_alerts()
    [delivery] = sent.deliveries
    assert (delivery.status, delivery.attempt, delivery.error) == (DeliveryStatus.PENDING, 1, "down")
    assert delivery.next_retry_at is not None
    assert alert_registry.flush() == []  # its time has not come
    assert [result.success for result in alert_registry.flush(everything=True)] == [False]
    assert [result.success for result in alert_registry.flush(everything=True)] == [True]
    assert (statuses(alerts), len(channel.sent)) == (["SENT"], 1)
    assert channel.sent[0].alert_id == sent.alert.alert_id


def test_a_permanent_failure_is_final(alerts: AlertStore) -> None:
    register(Channel("ops", AuthenticationError("wrong key")))
    raise_alert()
    assert statuses(alerts) == ["FAILED"]
    assert alert_registry.flush(everything=True) == []


def test_retry_after_is_kept_to(alerts: AlertStore) -> None:
    register(Channel("ops", RateLimitError(retry_after=900)))
    raise_alert()
    [delivery] = alerts.list_alerts()[0].deliveries
    assert delivery.next_retry_at is not None
    assert delivery.next_retry_at >= alerts.now() + timedelta(seconds=890)


def test_retries_end(alerts: AlertStore) -> None:
    register(Channel("ops", *[NetworkError("down")] * MOST_ATTEMPTS))
    raise_alert()
    for _ in range(MOST_ATTEMPTS):
        alert_registry.flush(everything=True)
    assert statuses(alerts) == ["FAILED"]


def test_what_a_dead_sender_had_claimed_is_sent_when_the_claim_ends(alerts: AlertStore) -> None:
    class Dead(Channel):
        def send(self, alert: Alert) -> DeliveryResult:
            [sent] = alerts.list_alerts()
            seen.extend(delivery.status for delivery in sent.deliveries)
            return super().send(alert)

    seen: list[DeliveryStatus] = []
    register(Dead())
    raise_alert()
    assert seen == [DeliveryStatus.PENDING]  # it is there before anything is sent


def test_two_senders_do_not_get_the_same_delivery(alerts: AlertStore) -> None:
    register(Channel("ops", NetworkError("down")))
    raise_alert()
    until = alerts.now() + timedelta(seconds=60)
    assert len(alerts.claim(until, due_at=alerts.now() + timedelta(hours=1))) == 1
    assert alerts.claim(until, due_at=alerts.now()) == []


def test_500_alerts_of_one_cause_make_two_messages_and_are_all_kept(alerts: AlertStore) -> None:
    channel = register(Channel(throttle_minutes=0.05))
    for number in range(20 if isinstance(alerts, SqlAlertStore) else 500):
        raise_alert(metadata={"n": number})
    count = len(alerts.list_alerts())
    assert len(channel.sent) == 1
    [held] = alerts.throttles()
    assert held.suppressed == count - 1
    while alerts.now() < held.expires_at:
        pass
    alert_registry.flush()
    assert len(channel.sent) == 2
    assert statuses(alerts).count("THROTTLED") == count - 1
    alert_registry.flush()
    assert len(channel.sent) == 2


def test_alerts_of_other_problems_are_not_throttled(alerts: AlertStore) -> None:
    channel = register(Channel(throttle_minutes=10))
    for title in ("a", "b", "a"):
        raise_alert(title)
    assert [alert.title for alert in channel.sent] == ["a", "b"]


def test_a_silence_keeps_what_matches_from_being_sent_until_it_ends(alerts: AlertStore) -> None:
    channel = register(Channel())
    alerts.add_silence(Silence({"domain": "finra.*", "severity": "ERROR"}, alerts.now() + timedelta(hours=1)))
    alerts.add_silence(Silence({"title": "*"}, alerts.now() - timedelta(seconds=1)))
    raise_alert("quiet", domain="finra.otc")
    raise_alert("loud", domain="nyse")
    assert [alert.title for alert in channel.sent] == ["loud"]
    assert sorted(statuses(alerts)) == ["SENT", "SILENCED"]


def test_an_incident_counts_its_alerts_and_ends_with_a_resolution(alerts: AlertStore) -> None:
    channel = register(Channel())
    for _ in range(3):
        raise_alert(fingerprint="f")
    incident = alerts.incident("f")
    assert incident is not None
    assert incident.alert_count == 3
    assert [result.success for result in alert_registry.resolve("f")] == [True]
    assert [alert.alert_id for alert in channel.resolved] == [channel.sent[0].alert_id]
    assert alerts.incident("f") is None
    assert alert_registry.resolve("f") == []
    raise_alert(fingerprint="f")
    opened = alerts.incident("f")
    assert opened is not None
    assert opened.alert_count == 1


def test_no_resolution_goes_to_a_channel_that_did_not_deliver_the_firing(alerts: AlertStore) -> None:
    dead = register(Channel("dead", AuthenticationError("x")))
    well = register(Channel("well"))
    raise_alert(fingerprint="f")
    alert_registry.resolve("f")
    assert (len(dead.resolved), len(well.resolved)) == (0, 1)


def test_a_channel_that_is_gone_fails_its_pending_deliveries(alerts: AlertStore) -> None:
    register(Channel("ops", NetworkError("down")))
    raise_alert()
    alert_registry.unregister("ops")
    [result] = alert_registry.flush(everything=True)
    assert "no channel 'ops' any more" in str(result.message)
    assert statuses(alerts) == ["FAILED"]
