"""The hub hands committed events to each listener, one after the other, whoever publishes them."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from attrs import define, field

from spine.framework import events
from spine.framework.events import CaptureCommitted, DeliveryTried, Event, EventHub
from spine.framework.work import Work, current_work, use_work


@define
class Noting:
    """Notes what it is told, in which thread, and inside which step."""

    name: str = "noting"
    told: list[Any] = field(factory=list)
    threads: set[int] = field(factory=set)
    steps: list[Any] = field(factory=list)
    closed: int = 0
    error: BaseException | None = None

    def on_event(self, event: Event) -> None:
        self.threads.add(threading.get_ident())
        self.steps.append(current_work())
        self.told.append(event.payload["attempt"])
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.closed += 1


def tried(number: int) -> DeliveryTried:
    return DeliveryTried("alert", "channel", number, success=True)


def test_events_arrive_in_order_and_close_is_called_once() -> None:
    listener = Noting()
    hub = EventHub([listener])
    hub.publish(tried(number) for number in range(100))
    hub.close()
    assert (listener.told, listener.closed, hub.dropped()) == (list(range(100)), 1, {"noting": 0})


def test_there_is_one_thread_however_many_publish_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the first one makes the thread, seven others publish."""

    class SlowlyMade(threading.Thread):
        def __init__(self, **options: Any) -> None:
            time.sleep(0.05)
            super().__init__(**options)

    monkeypatch.setattr(events, "Thread", SlowlyMade)
    listener, barrier = Noting(), threading.Barrier(8)
    hub = EventHub([listener])

    def publish(number: int) -> None:
        barrier.wait()
        hub.publish([tried(number)])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(publish, range(8)))
    hub.close()
    assert (len(listener.threads), sorted(listener.told)) == (1, list(range(8)))


def test_a_listener_is_in_no_step_whoever_publishes() -> None:
    """Else what it logs would be kept as a log line of the step that happened to publish first."""
    listener = Noting()
    hub = EventHub([listener])
    with use_work(Work(run_id="run", workflow="w", step="s")):
        hub.publish([tried(1)])
    hub.close()
    assert listener.steps == [None]


@pytest.mark.parametrize("error", [OSError("the disk is full"), SystemExit(3)])
def test_a_failing_listener_is_told_of_the_next_event(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    listener = Noting(error=error)
    hub = EventHub([listener])
    hub.publish([tried(1), tried(2)])
    hub.close()
    assert listener.told == [1, 2]
    assert f"listener 'noting' failed: {type(error).__name__}: {error}" in caplog.messages


def test_what_does_not_fit_into_the_queue_is_dropped_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    gate, arrived = threading.Event(), threading.Event()

    class Slow(Noting):
        def on_event(self, event: Event) -> None:
            arrived.set()
            gate.wait(10)
            super().on_event(event)

    listener, other = Slow(), Noting("other")
    hub = EventHub([listener, other], capacity=2)
    hub.publish([tried(0)])
    assert arrived.wait(10)
    hub.publish([tried(1), tried(2)])
    hub.publish([tried(3)])
    gate.set()
    hub.close()
    assert listener.told == [0, 1, 2]
    assert hub.dropped()["noting"] == 1
    assert "listener 'noting' was not told of 1 events: it is too slow" in caplog.messages


def test_types_of_events_are_told_apart_by_a_text() -> None:
    assert (CaptureCommitted.event_type, tried(1).event_type) == ("capture.committed", "alert.delivery")
