"""Alerts that no channel has delivered are counted by the reason, on both dialects."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from spine.core.adapters.database import DatabaseAdapter
from spine.core.clock import utc_now
from spine.core.errors import AuthenticationError, NetworkError, RateLimitError
from spine.framework.alerts import AlertSeverity
from spine.framework.alerts.outbox import DeliveryStatus
from spine.framework.alerts.route import RoutedAlert
from spine.framework.alerts.silence import Silence
from spine.storage.alerts.store import SqlAlertStore
from spine.storage.alerts.unsent import UnsentCounts, count_unsent
from spine.storage.history import History
from spine.testing import FixedClock
from tests.storage.alerting import Listed, add, declare, failure, sender


@pytest.fixture
def outbox(adapter: DatabaseAdapter, fixed_clock: FixedClock) -> SqlAlertStore:
    return SqlAlertStore(History(adapter))


def counts(adapter: DatabaseAdapter) -> UnsentCounts:
    return count_unsent(History(adapter), utc_now() - timedelta(days=7))


@pytest.mark.slow
def test_each_reason_is_counted(outbox, adapter):
    channel = Listed()
    channel.errors = [AuthenticationError("who are you")]
    add(outbox, channel, alert=failure("lost"))
    add(outbox, channel, alert=failure("sent"))
    sender(outbox, channel).flush()
    for _ in range(2):
        add(outbox, channel, alert=failure("sent"))
    outbox.silence(Silence({"title": "quiet"}, utc_now() + timedelta(hours=1)))
    add(outbox, channel, alert=failure("quiet"))
    for severity in AlertSeverity:
        outbox.add(RoutedAlert(evolve(failure(severity.value), severity=severity), (), unrouted="no channel takes it"))
    assert counts(adapter) == UnsentCounts(failed=1, unrouted=2, minor=2, throttled=2, silenced=1)


def test_an_unsent_alert_is_overdue_after_a_minute(outbox, adapter, fixed_clock):
    add(outbox, Listed())
    assert counts(adapter) == UnsentCounts(waiting=1)
    fixed_clock.advance(59)
    assert counts(adapter).overdue == 0
    fixed_clock.advance(2)
    assert counts(adapter).overdue == 1


def test_a_delivery_that_waits_for_a_paused_channel_is_not_overdue(outbox, adapter, fixed_clock):
    channel = Listed()
    declare(outbox, channel)
    channel.errors = [RateLimitError("slow down", retry_after=3600)]
    for title in ("first", "second"):
        add(outbox, channel, alert=failure(title))
    sender(outbox, channel).flush()
    fixed_clock.advance(3599)
    assert counts(adapter) == UnsentCounts(waiting=2)


def test_an_alert_whose_channel_could_not_be_reached_waits_until_it_is_overdue(outbox, adapter, fixed_clock):
    channel = Listed()
    channel.errors = [NetworkError("connection refused")]
    add(outbox, channel)
    sender(outbox, channel).flush()
    assert counts(adapter) == UnsentCounts(waiting=1)
    fixed_clock.advance(3600)
    assert counts(adapter) == UnsentCounts(overdue=1)


def test_an_alert_that_the_fallback_delivered_is_not_lost(outbox, adapter):
    broken, other = Listed("broken", fallback="other"), Listed("other")
    broken.errors = [AuthenticationError("who are you")]
    add(outbox, broken)
    for _ in range(2):
        sender(outbox, broken, other).flush()
    assert counts(adapter) == UnsentCounts()


def test_older_alerts_are_not_counted(outbox, adapter, fixed_clock):
    outbox.add(RoutedAlert(failure(), (), unrouted="no channel takes it"))
    fixed_clock.advance(8 * 86_400)
    assert counts(adapter) == UnsentCounts()


def test_a_delivered_alert_ranks_before_one_that_waits_or_was_held_back() -> None:
    names = [status.value for status in sorted(DeliveryStatus, key=lambda status: status.rank)]
    assert names == ["SENT", "PENDING", "FAILED", "THROTTLED", "SILENCED"]
