"""A channel whose service says Retry-After is paused: nothing is sent through it before, on both dialects."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from spine.core.adapters.database import DatabaseAdapter
from spine.core.errors import AuthenticationError, RateLimitError, TransientError
from spine.framework.alerts import DeliveryResult
from spine.framework.alerts.backoff import pause_after
from spine.storage.alerts.queries import list_channels
from spine.storage.alerts.store import SqlAlertStore
from spine.storage.history import History
from spine.storage.tables.alerts import alert_deliveries
from spine.testing import FixedClock
from tests.storage.alerting import Listed, add, declare, failure, sender


@pytest.fixture
def outbox(adapter: DatabaseAdapter, fixed_clock: FixedClock) -> SqlAlertStore:
    return SqlAlertStore(History(adapter))


def paused_channel(outbox: SqlAlertStore) -> Listed:
    """Return a channel whose service has just asked to wait 900 seconds."""
    channel = Listed()
    declare(outbox, channel)
    channel.errors = [RateLimitError("slow down", retry_after=900)]
    add(outbox, channel, alert=failure("first"))
    add(outbox, channel, alert=failure("second"))
    sender(outbox, channel).flush()
    return channel


def test_every_delivery_of_the_channel_waits_for_the_retry_after(outbox, adapter, fixed_clock):
    channel = paused_channel(outbox)
    add(outbox, channel, alert=failure("third"))
    sender(outbox, channel).flush()
    sender(outbox, channel).flush(force=True)
    fixed_clock.advance(899)
    sender(outbox, channel).flush(force=True)
    attempts = {row["attempt"] for row in adapter.query(select(alert_deliveries.c.attempt))}
    assert (channel.sent, attempts) == ([], {0, 1})
    fixed_clock.advance(2)
    sender(outbox, channel).flush()
    assert [alert.title for alert in channel.sent] == ["first", "second", "third"]


def test_a_pause_is_stored_and_outlives_the_process(outbox, adapter, fixed_clock):
    channel = paused_channel(outbox)
    again = SqlAlertStore(History(adapter))
    declare(again, channel)
    sender(again, channel).flush(force=True)
    assert channel.sent == []
    [row] = list_channels(History(adapter))
    assert row["paused_until"] == fixed_clock.now() + timedelta(seconds=900)
    fixed_clock.advance(901)
    assert [row["paused_until"] for row in list_channels(History(adapter))] == [None]


def test_a_new_alert_says_that_its_channel_is_paused(outbox, adapter):
    channel = paused_channel(outbox)
    add(outbox, channel, alert=failure("third"))
    reasons = [row["reason"] for row in adapter.query(select(alert_deliveries.c.reason))]
    assert sorted(reasons, key=str) == [None, None, "the channel is paused until 2026-01-01 00:15:00 UTC"]


def test_another_channel_is_not_paused(outbox):
    channel, other = paused_channel(outbox), Listed("other")
    declare(outbox, channel, other)
    add(outbox, channel, other, alert=failure("third"))
    sender(outbox, channel, other).flush()
    assert [alert.title for alert in other.sent] == ["third"]


def test_a_fallback_that_is_paused_waits_too(outbox, fixed_clock):
    fallback, broken = paused_channel(outbox), Listed("broken", fallback="ops")
    declare(outbox, fallback, broken)
    broken.errors = [AuthenticationError("who are you")]
    add(outbox, broken, alert=failure("third"))
    for _ in range(2):
        sender(outbox, fallback, broken).flush(force=True)
    assert fallback.sent == []
    fixed_clock.advance(901)
    sender(outbox, fallback, broken).flush()
    assert [alert.title for alert in fallback.sent] == ["first", "second", "third"]


def test_a_resolution_waits_too(outbox, fixed_clock):
    channel = Listed()
    declare(outbox, channel)
    add(outbox, channel)
    sender(outbox, channel).flush()
    channel.errors = [RateLimitError("slow down", retry_after=900)]
    second = add(outbox, channel, alert=failure("second"))
    sender(outbox, channel).flush()
    for row in outbox.list_alerts():
        outbox.resolve(_incident(outbox, row.alert.alert_id))
    sender(outbox, channel).flush(force=True)
    assert channel.resolved == []
    fixed_clock.advance(901)
    for _ in range(2):
        sender(outbox, channel).flush()
    assert [alert.alert_id for alert in channel.sent[1:]] == [second.alert_id]
    assert sorted(alert.title for alert in channel.resolved) == ["down", "second"]


def test_a_repetition_that_waits_is_held_back_when_the_incident_ends(outbox, adapter, fixed_clock):
    """Otherwise it would arrive after the resolution, and open the incident again."""
    channel = Listed()
    declare(outbox, channel)
    first = add(outbox, channel)
    sender(outbox, channel).flush()
    fixed_clock.advance(301)
    channel.errors = [RateLimitError("slow down", retry_after=900)]
    add(outbox, channel)
    sender(outbox, channel).flush()
    outbox.resolve(_incident(outbox, first.alert_id))
    fixed_clock.advance(901)
    for _ in range(2):
        sender(outbox, channel).flush()
    assert (len(channel.sent), len(channel.resolved)) == (1, 1)
    rows = adapter.query(select(alert_deliveries.c.reason).where(alert_deliveries.c.status == "THROTTLED"))
    assert rows == [{"reason": "held back: its incident was resolved before it could be sent"}]


def test_a_success_of_a_test_alert_ends_the_pause(outbox, adapter):
    channel = paused_channel(outbox)
    outbox.record(failure("test"), [DeliveryResult.ok(channel.name)])
    sender(outbox, channel).flush(force=True)
    assert [alert.title for alert in channel.sent] == ["first", "second"]
    assert [row["consecutive_failures"] for row in list_channels(History(adapter))] == [0]


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (RateLimitError("x"), 60),
        (TransientError("x", retry_after=30), 30),
        (RateLimitError("x", retry_after=86_400), 3600),
        (TransientError("x"), None),
        (AuthenticationError("x"), None),
        ("text", None),
    ],
)
def test_a_pause_is_as_long_as_the_service_asks_an_hour_at_most(error, seconds):
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert pause_after(DeliveryResult.fail("ops", error)) == expected


def _incident(outbox: SqlAlertStore, alert_id: str) -> str:
    from spine.storage.alerts.queries import find_incident

    return str(find_incident(outbox._history, alert_id)["id"])
