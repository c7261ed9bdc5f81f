"""Routing, and independence of the channels."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from threading import Event

import pytest

from spine.core import errors
from spine.core.scope import Scope, current_scope, use_scope
from spine.framework.alerts import (
    Alert,
    AlertRegistry,
    AlertSeverity,
    BaseChannel,
    ChannelType,
    DeliveryResult,
    alert_registry,
    send_alert,
)
from spine.framework.alerts.store import AlertStore
from spine.framework.work import Work, current_work, use_work
from spine.testing import FixedClock
from tests.clocks import moving

PATIENCE = 600  # seconds that only a broken implementation waits for


class Channel(BaseChannel):
    """Answers with whatever `action` does."""

    def __init__(self, name, action=lambda alert: None, channel_type=ChannelType.WEBHOOK, **options):
        super().__init__(name, channel_type, **options)
        self.action = action
        self.sent = []

    def send(self, alert):
        self.sent.append(alert)
        self.action(alert)
        return DeliveryResult.ok(self.name)


def an_alert(severity=AlertSeverity.ERROR, **fields):
    return Alert(severity, "t", "m", "s", **fields)


def fail(error):
    def action(_alert):
        raise error

    return action


def test_channels_are_registered_found_listed_and_removed_by_name():
    registry = AlertRegistry()
    b = registry.register(Channel("b", channel_type=ChannelType.SLACK))
    a = registry.register(Channel("a"))
    assert registry.get("a") is a
    assert registry.list_channels() == ["a", "b"]
    assert registry.list_by_type(ChannelType.SLACK) == ["b"]
    assert registry.unregister("b") is b
    assert registry.get("b") is None
    assert registry.unregister("b") is None


def test_a_name_is_taken_once_unless_replaced():
    registry = AlertRegistry()
    registry.register(Channel("ops"))
    with pytest.raises(ValueError, match="'ops' is already registered"):
        registry.register(Channel("ops"))
    second = registry.register(Channel("ops"), replace=True)
    assert registry.get("ops") is second


def test_an_object_that_is_no_channel_is_refused():
    with pytest.raises(errors.ValidationError, match="is not an alert channel"):
        AlertRegistry().register(object())  # type: ignore[arg-type]


def test_the_global_registry_belongs_to_the_current_project():
    alert_registry.register(Channel("outer"))
    with use_scope(Scope()):
        assert alert_registry.list_channels() == []
        alert_registry.register(Channel("inner"))
    with use_scope(Scope(current_scope())):
        assert alert_registry.list_channels() == ["outer"]
    assert alert_registry.list_channels() == ["outer"]


def test_an_alert_goes_to_every_channel_that_takes_it_and_results_come_in_name_order():
    registry = AlertRegistry()
    for name, options in {
        "c": {},
        "a": {"min_severity": AlertSeverity.CRITICAL},
        "b": {"domains": ["finra.*"]},
        "d": {"domains": ["nyse"]},
        "e": {"enabled": False},
    }.items():
        registry.register(Channel(name, **options))
    results = registry.send_to_all(an_alert(domain="finra.otc"))
    assert [(result.channel_name, result.success) for result in results] == [("b", True), ("c", True)]


def test_sending_to_a_type_asks_the_channels_of_that_type_only():
    registry = AlertRegistry()
    registry.register(Channel("slack", channel_type=ChannelType.SLACK))
    registry.register(Channel("picky", channel_type=ChannelType.SLACK, min_severity=AlertSeverity.CRITICAL))
    registry.register(Channel("hook"))
    assert [result.channel_name for result in registry.send_to_type(an_alert(), ChannelType.SLACK)] == ["slack"]


def test_a_channel_that_is_addressed_by_name_gets_the_alert_whatever_it_filters():
    registry = AlertRegistry()
    channel = Channel("ops", min_severity=AlertSeverity.CRITICAL, domains=["nyse"])
    registry.register(channel)
    assert registry.send(an_alert(AlertSeverity.INFO), "ops").success
    assert len(channel.sent) == 1


def test_an_unknown_or_disabled_channel_is_a_failed_result():
    registry = AlertRegistry()
    registry.register(Channel("ops", enabled=False))
    unknown = registry.send(an_alert(), "opps")
    assert not unknown.success
    assert isinstance(unknown.error, errors.ConfigError)
    assert unknown.message == "alert channel 'opps' not found; did you mean 'ops'?"
    assert registry.send(an_alert(), "ops").message == "alert channel 'ops' is disabled"


@pytest.mark.parametrize(
    "error", [OSError("down"), errors.NetworkError("refused"), TimeoutError("late"), SystemExit(3)]
)
def test_a_channel_that_raises_is_a_failed_result_and_the_others_deliver(error):
    registry = AlertRegistry()
    registry.register(Channel("a-broken", fail(error)))
    healthy = Channel("b-healthy")
    registry.register(healthy)
    broken, fine = registry.send_to_all(an_alert())
    assert (broken.success, broken.error) == (False, error)
    assert fine.success
    assert len(healthy.sent) == 1


def test_a_filter_that_raises_is_a_failed_result_and_the_others_deliver():
    class Broken(Channel):
        def should_send(self, alert):
            raise ValueError("no filter")

    registry = AlertRegistry()
    registry.register(Channel("b"))
    registry.register(Broken("a"))
    assert [(r.channel_name, r.success) for r in registry.send_to_all(an_alert())] == [("a", False), ("b", True)]


def test_a_channel_that_answers_nonsense_is_a_failed_result():
    class Silent(Channel):
        def send(self, alert):
            return None

    registry = AlertRegistry()
    registry.register(Silent("silent"))
    [result] = registry.send_to_all(an_alert())
    assert not result.success
    assert result.message == "alert channel 'silent' returned None, not a DeliveryResult"


def test_channels_deliver_at_the_same_time():
    """Each waits for the other to have started, which one after the other they never would."""
    here, there = Event(), Event()
    registry = AlertRegistry()

    def meet(mine, other):
        def action(_alert):
            mine.set()
            if not other.wait(PATIENCE):
                raise OSError("the other channel did not start")

        return action

    registry.register(Channel("a", meet(here, there), deadline_seconds=2 * PATIENCE))
    registry.register(Channel("b", meet(there, here), deadline_seconds=2 * PATIENCE))
    assert all(result.success for result in registry.send_to_all(an_alert()))


def test_a_hanging_channel_fails_at_its_deadline_and_the_others_deliver(fixed_clock: FixedClock):
    release, delivered = Event(), Event()
    registry = AlertRegistry()
    registry.register(Channel("a-hangs", lambda alert: release.wait(PATIENCE), deadline_seconds=2))
    registry.register(Channel("b-fine", lambda alert: delivered.set()))
    try:
        with moving(fixed_clock, 1, 1, when=delivered.is_set):
            late, fine = registry.send_to_all(an_alert())
        assert not release.is_set()
    finally:
        release.set()
    assert fine.success
    assert isinstance(late.error, errors.TimeoutError)
    assert late.message == "alert channel 'a-hangs' did not answer within 2 seconds"
    assert fixed_clock.monotonic() == 2


def test_a_hanging_channel_does_not_keep_the_process_alive():
    script = """
        from threading import Event
        from spine.framework.alerts import BaseChannel, ChannelType, alert_registry, send_alert

        class Hangs(BaseChannel):
            def send(self, alert):
                Event().wait()

        alert_registry.register(Hangs("hangs", ChannelType.WEBHOOK, deadline_seconds=0.05))
        print(send_alert("ERROR", "t", "m", "s")[0].success)
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "False\n", "")


def test_a_channel_sees_the_project_and_the_work_of_the_sender():
    seen = []
    alert_registry.register(Channel("ops", lambda alert: seen.append((current_scope(), current_work()))))
    with use_work(Work(run_id="r1")) as work:
        send_alert("ERROR", "t", "m", "s")
    assert seen == [(current_scope(), work)]


def test_an_alert_is_recorded_with_its_results_also_when_no_channel_takes_it(store):
    send_alert(AlertSeverity.ERROR, "nobody listens", "m", "s")
    alert_registry.register(Channel("ops", fail(OSError("down"))))
    send_alert(AlertSeverity.ERROR, "one does", "m", "s", run_id="r1")
    first, second = store.list_alerts()
    assert (first.alert.title, first.deliveries) == ("nobody listens", ())
    assert [(d.channel_name, d.success) for d in second.deliveries] == [("ops", False)]
    assert [sent.alert.title for sent in store.list_alerts("r1")] == ["one does"]


def test_a_store_that_fails_costs_no_delivery_and_raises_nothing(caplog):
    class Full:
        def record(self, alert, results):
            raise errors.DatabaseError("disk I/O error")

    current_scope().provide(AlertStore, Full())  # type: ignore[type-abstract]
    channel = Channel("ops")
    alert_registry.register(channel)
    assert [result.success for result in send_alert("ERROR", "t", "m", "s")] == [True]
    assert "could not be recorded" in caplog.text


def test_send_alert_takes_what_it_is_not_told_from_the_work_it_runs_in(store):
    with use_work(Work(run_id="r1", execution_id="x1", domain="finra.otc")):
        send_alert("WARNING", "t", "m", "s")
        send_alert("WARNING", "t", "m", "s", domain="nyse", run_id=None)
    send_alert("WARNING", "t", "m", "s")
    fields = [(sent.alert.run_id, sent.alert.execution_id, sent.alert.domain) for sent in store.list_alerts()]
    assert fields == [("r1", "x1", "finra.otc"), ("r1", "x1", "nyse"), (None, None, None)]


def test_send_alert_refuses_a_field_that_alerts_do_not_have():
    with pytest.raises(TypeError, match="colour"):
        send_alert("ERROR", "t", "m", "s", colour="red")


def test_an_alert_of_a_step_says_the_step_and_the_partition():
    channel = alert_registry.register(Channel("c"))
    with use_work(Work(run_id="r", step="load", partition={"day": "1"})):
        send_alert("ERROR", "t", "m", "s", metadata={"rows": 3, "step": "mine"})
    [sent] = channel.sent
    assert sent.metadata == {"step": "mine", "partition": {"day": "1"}, "rows": 3}
