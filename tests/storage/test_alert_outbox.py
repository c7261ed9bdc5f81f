"""The outbox of alerts on both dialects: kept first, grouped, sent, and resolved."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from spine.core.adapters.database import DatabaseAdapter
from spine.core.clock import utc_now
from spine.core.errors import AuthenticationError, NetworkError, RateLimitError
from spine.framework.alerts import Alert, DeliveryResult, alert_registry
from spine.framework.alerts.backoff import MAX_AGE
from spine.framework.alerts.outbox import AlertOutbox
from spine.framework.alerts.route import RoutedAlert, route_of
from spine.framework.alerts.sender import AlertSender
from spine.framework.alerts.silence import Silence
from spine.storage.alerts.store import SqlAlertStore
from spine.storage.history import History
from spine.storage.migrate import downgrade, upgrade
from spine.storage.retention import prune
from spine.storage.tables.alerts import alert_deliveries, alert_incidents, alerts
from spine.testing.clock import FixedClock
from tests.storage.alerting import Listed, add, failure, sender


@pytest.fixture
def outbox(adapter: DatabaseAdapter) -> SqlAlertStore:
    return SqlAlertStore(History(adapter))


def statuses(adapter: DatabaseAdapter) -> list[str]:
    return sorted(row["status"] for row in adapter.query(select(alert_deliveries.c.status)))


def pass_time(adapter: DatabaseAdapter) -> None:
    """Make every time of a next attempt come."""
    past = utc_now() - timedelta(seconds=1)
    due = update(alert_deliveries).where(alert_deliveries.c.next_retry_at.is_not(None)).values(next_retry_at=past)
    with adapter.engine.begin() as connection:
        connection.execute(due)


def test_an_alert_is_kept_before_it_is_sent_and_sent_once(outbox, adapter):
    channel = Listed()
    add(outbox, channel)
    assert (statuses(adapter), channel.sent) == (["PENDING"], [])
    sender(outbox, channel).flush()
    sender(outbox, channel).flush()
    assert (statuses(adapter), len(channel.sent)) == (["SENT"], 1)


@pytest.mark.slow
def test_500_failures_of_one_cause_are_two_messages_and_all_are_in_the_log(outbox, adapter):
    channel = Listed()
    for _ in range(500):
        add(outbox, channel)
        if len(channel.sent) == 0:
            sender(outbox, channel).flush()
    assert len(channel.sent) == 1
    pass_time(adapter)
    sender(outbox, channel).flush(force=True)
    sender(outbox, channel).flush(force=True)
    assert [alert.metadata.get("suppressed_count") for alert in channel.sent] == [None, 498]
    assert adapter.query_one(select(func.count().label("n")).select_from(alerts))["n"] == 500
    assert adapter.query(select(alert_incidents.c.alert_count)) == [{"alert_count": 500}]


def test_a_retryable_failure_is_tried_again_later_and_a_permanent_one_is_final(outbox, adapter):
    flaky, wrong = Listed("flaky"), Listed("wrong")
    flaky.errors, wrong.errors = [NetworkError("away")], [AuthenticationError("who are you")]
    add(outbox, flaky, wrong)
    sending = sender(outbox, flaky, wrong)
    sending.flush()
    assert statuses(adapter) == ["FAILED", "PENDING"]
    assert sending.flush() == []
    assert [result.success for result in sending.flush(force=True)] == [True]


def test_the_fallback_takes_over_when_a_channel_fails_for_good(outbox):
    broken, other = Listed("broken", fallback="other"), Listed("other")
    broken.errors = [AuthenticationError("who are you")]
    add(outbox, broken)
    sender(outbox, broken, other).flush()
    sender(outbox, broken, other).flush()
    assert len(other.sent) == 1


def test_a_claimed_delivery_is_not_claimed_again_until_the_claim_ends(outbox, fixed_clock):
    channel = Listed()
    add(outbox, channel)
    [delivery_id] = outbox.due()["ops"]
    assert outbox.claim(delivery_id, 20) is not None
    fixed_clock.advance(19)
    assert outbox.claim(delivery_id, 20) is None
    assert outbox.due(force=True) == {}
    fixed_clock.advance(2)
    taken = outbox.claim(delivery_id, 5)
    assert taken.attempt == 2


def test_a_silenced_alert_is_logged_and_not_sent(outbox, adapter):
    channel = Listed()
    outbox.silence(Silence({"source": "load*"}, utc_now() + timedelta(hours=1)))
    add(outbox, channel)
    sender(outbox, channel).flush(force=True)
    assert (statuses(adapter), channel.sent) == (["SILENCED"], [])


def test_an_incident_that_ends_is_told_to_channels_that_delivered_its_firing_only(outbox, adapter):
    told, broken = Listed("told"), Listed("broken")
    broken.errors = [AuthenticationError("who are you")]
    alert = add(outbox, told, broken)
    sender(outbox, told, broken).flush()
    [incident] = adapter.query(select(alert_incidents.c.id))
    assert outbox.resolve(incident["id"])
    assert not outbox.resolve(incident["id"])
    sender(outbox, told, broken).flush()
    assert [[found.alert_id for found in channel.resolved] for channel in (told, broken)] == [[alert.alert_id], []]


def test_a_firing_that_arrives_after_the_end_is_followed_by_the_end(outbox, adapter):
    channel = Listed()
    add(outbox, channel)
    [incident] = adapter.query(select(alert_incidents.c.id))
    outbox.resolve(incident["id"])
    sender(outbox, channel).flush()
    sender(outbox, channel).flush()
    assert (len(channel.sent), len(channel.resolved)) == (1, 1)


def test_a_fingerprint_too_long_for_an_index_is_kept(outbox):
    channel = Listed()
    add(outbox, channel, alert=failure("x" * 10_000))
    sender(outbox, channel).flush()
    assert len(channel.sent) == 1


def test_processes_that_fail_at_once_send_one_message(outbox, adapter):
    channel = Listed()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: add(outbox, channel), range(24)))
    assert statuses(adapter) == ["PENDING"] + ["THROTTLED"] * 23
    assert adapter.query(select(alert_incidents.c.alert_count)) == [{"alert_count": 24}]
    pass_time(adapter)
    sender(outbox, channel).flush()
    assert sorted(alert.metadata.get("suppressed_count", 0) for alert in channel.sent) == [0, 22]


def test_senders_at_once_deliver_each_alert_once(outbox, adapter):
    channel = Listed()
    for number in range(20):
        add(outbox, channel, alert=failure(f"number {number}"))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: sender(outbox, channel).flush(), range(4)))
    assert sorted(alert.title for alert in channel.sent) == sorted(f"number {number}" for number in range(20))


def test_the_claim_of_a_process_that_is_gone_ends_with_it(outbox, adapter):
    channel = Listed()
    add(outbox, channel)
    [delivery_id] = outbox.due()["ops"]
    assert outbox.claim(delivery_id, 3600) is not None
    dead = subprocess.run([sys.executable, "-c", WHO], capture_output=True, text=True, check=True).stdout.strip()
    with adapter.engine.begin() as connection:
        connection.execute(update(alert_deliveries).values(claimed_by=dead))
    sender(outbox, channel).flush()
    assert len(channel.sent) == 1


def die_while_sending(outbox: SqlAlertStore, channel: str, fixed_clock: FixedClock) -> None:
    [delivery_id] = outbox.due(force=True)[channel]
    assert outbox.claim(delivery_id, 20) is not None
    fixed_clock.advance(21)


def test_a_delivery_that_ends_three_processes_is_set_aside_with_an_alert(outbox, adapter, own_scope, fixed_clock):
    own_scope.provide(AlertOutbox, outbox)  # type: ignore[type-abstract]
    poisoned, other = Listed("poisoned", fallback="other"), Listed("other")
    for channel in (poisoned, other):
        alert_registry.register(channel)
    poison = add(outbox, poisoned)
    add(outbox, poisoned, alert=failure("behind it"))
    for _ in range(3):
        [first, _] = outbox.due(force=True)["poisoned"]
        assert outbox.claim(first, 20) is not None
        fixed_clock.advance(21)
    set_aside, *others = alert_registry.flush(force=True)
    assert "3 attempts in a row have no result" in str(set_aside.error)
    assert all(result.success for result in others)
    about_it = "an alert could not be delivered by poisoned"
    assert {alert.title for alert in poisoned.sent} == {"behind it", about_it}
    assert {alert.title for alert in other.sent} == {poison.title, about_it}
    assert outbox.due(force=True) == {}


def test_a_sender_that_ends_when_it_has_set_a_delivery_aside_leaves_the_alert_about_it(outbox, fixed_clock):
    channel = Listed()
    add(outbox, channel)
    for _ in range(3):
        die_while_sending(outbox, "ops", fixed_clock)
    routed = RoutedAlert(failure("set aside"), (route_of(channel),))
    AlertSender(outbox, {"ops": channel}.get, lambda _: routed).send(outbox.due(force=True))
    sender(outbox, channel).flush()
    assert [alert.title for alert in channel.sent] == ["set aside"]


def test_attempts_without_a_result_count_only_one_after_another(outbox, fixed_clock):
    channel = Listed()
    channel.errors = [NetworkError("away")]
    add(outbox, channel)
    die_while_sending(outbox, "ops", fixed_clock)
    die_while_sending(outbox, "ops", fixed_clock)
    sender(outbox, channel).flush(force=True)
    die_while_sending(outbox, "ops", fixed_clock)
    die_while_sending(outbox, "ops", fixed_clock)
    assert [result.success for result in sender(outbox, channel).flush(force=True)] == [True]


def test_the_alert_about_a_delivery_that_was_set_aside_makes_no_further_one(outbox, own_scope, fixed_clock):
    own_scope.provide(AlertOutbox, outbox)  # type: ignore[type-abstract]
    alert_registry.register(Listed("poisoned"))
    add(outbox, Listed("poisoned"))
    for _ in range(2):
        for _ in range(3):
            die_while_sending(outbox, "poisoned", fixed_clock)
        assert [result.success for result in alert_registry.flush(force=True)] == [False]
    assert outbox.due(force=True) == {}


def test_a_delivery_whose_claim_fails_does_not_hold_up_the_others(outbox, adapter):
    channel = Listed()
    damaged = add(outbox, channel)
    add(outbox, channel, alert=failure("behind it"))
    with adapter.engine.begin() as connection:
        connection.execute(update(alerts).where(alerts.c.id == damaged.alert_id).values(severity="LOUD"))
    sender(outbox, channel).flush()
    assert [alert.title for alert in channel.sent] == ["behind it"]


def test_a_retry_after_of_any_length_is_kept_as_a_time(outbox, adapter):
    channel = Listed()
    channel.errors = [RateLimitError("slow down", retry_after=10**15)]
    add(outbox, channel)
    sender(outbox, channel).flush()
    [row] = adapter.query(select(alert_deliveries.c.next_retry_at, alert_deliveries.c.attempted_at))
    assert row["next_retry_at"] - row["attempted_at"] <= MAX_AGE + timedelta(minutes=1)


WHO = "from spine.orchestration.lease import process_name; print(process_name())"


def test_a_channel_that_fails_three_times_is_left_to_the_next_flush_and_delays_no_other(outbox):
    broken, well = Listed("broken"), Listed("well")
    broken.errors = [NetworkError("away")] * 100
    for number in range(5):
        add(outbox, broken, well, alert=failure(f"number {number}"))
    results = sender(outbox, broken, well).flush()
    assert [result.success for result in results] == [False] * 3 + [True] * 5


def test_retry_after_is_kept_to_and_retries_end(outbox, adapter):
    channel = Listed()
    channel.errors = [RateLimitError("slow down", retry_after=900)] + [NetworkError("away")] * 100
    add(outbox, channel)
    sending = sender(outbox, channel)
    sending.flush()
    [row] = adapter.query(select(alert_deliveries))
    assert 890 < (row["next_retry_at"] - row["attempted_at"]).total_seconds() < 910
    for _ in range(20):
        sending.flush(force=True)
    assert statuses(adapter) == ["PENDING"]
    with adapter.engine.begin() as connection:
        connection.execute(update(alerts).values(created_at=utc_now() - MAX_AGE))
    sending.flush(force=True)
    assert statuses(adapter) == ["FAILED"]


def test_a_channel_that_is_gone_says_what_to_add_to_the_settings(outbox, adapter):
    add(outbox, Listed())
    [result] = sender(outbox).flush()
    assert "add [channels.ops] again" in str(result.message)
    assert statuses(adapter) == ["FAILED"]


def test_an_acknowledgement_is_told_once(outbox, adapter):
    class Acknowledging(Listed):
        def acknowledge(self, alert: Alert) -> DeliveryResult:
            acknowledged.append(alert.alert_id)
            return DeliveryResult.ok(self.name)

    acknowledged: list[str] = []
    channel = Acknowledging()
    alert = add(outbox, channel)
    sender(outbox, channel).flush()
    [incident] = adapter.query(select(alert_incidents.c.id))
    assert outbox.acknowledge(incident["id"])
    assert not outbox.acknowledge(incident["id"])
    sender(outbox, channel).flush()
    assert acknowledged == [alert.alert_id]


def test_a_database_of_the_version_before_keeps_its_alerts(empty: DatabaseAdapter):
    upgrade(empty)
    outbox, channel = SqlAlertStore(History(empty)), Listed()
    add(outbox, channel)
    sender(outbox, channel).flush()
    [incident] = empty.query(select(alert_incidents.c.id))
    outbox.resolve(incident["id"])
    downgrade(empty, "0004")
    upgrade(empty)
    kinds = empty.query(select(alert_deliveries.c.kind).order_by(alert_deliveries.c.kind))
    assert [row["kind"] for row in kinds] == ["FIRING", "RESOLVED"]


@pytest.mark.slow
def test_open_alerts_are_not_pruned(outbox, adapter):
    channel = Listed()
    add(outbox, channel)
    sender(outbox, channel).flush()
    later = utc_now() + timedelta(days=1)
    assert prune(History(adapter), later)["core_alerts"] == 0
    outbox.silence(Silence({"source": "x"}, utc_now() + timedelta(seconds=1)))
    [incident] = adapter.query(select(alert_incidents.c.id))
    outbox.resolve(incident["id"])
    sender(outbox, channel).flush()
    gone = prune(History(adapter), later)
    assert [gone[f"core_{name}"] for name in ("alerts", "alert_incidents", "alert_silences")] == [1, 1, 1]
