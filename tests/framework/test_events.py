"""Listeners of committed events: a slow or failing one affects no other."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar, copy_context
from datetime import datetime
from typing import Any

import pytest
from attrs import field, frozen

from spine.core.clock import utc_now
from spine.framework.events import CaptureCommitted, DeliveryTried, Event, EventHub
from tests.projects import wait_until

where = ContextVar("where", default="nowhere")


@frozen
class Happened:
    number: int
    event_type: str = "test.happened"
    timestamp: datetime = field(factory=utc_now)

    @property
    def payload(self) -> Mapping[str, Any]:
        return {"number": self.number}


class Calls:
    """A listener that does `do` and keeps the events."""

    def __init__(self, do: Callable[[Event], object] = lambda _event: None) -> None:
        self.name = "calls"
        self.told: list[Any] = []
        self.threads: set[str] = set()
        self.closed = 0
        self._do = do

    def on_event(self, event: Event) -> None:
        self.threads.add(f"{threading.get_ident()}")
        self._do(event)
        self.told.append(event)

    def close(self) -> None:
        self.closed += 1


class Hostile:
    """A listener that raises whatever is asked of it."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(f"no {name}")


def numbers(count: int) -> list[Happened]:
    return [Happened(number) for number in range(count)]


def test_each_listener_is_told_of_each_event_in_order_and_closed_once() -> None:
    one, other = Calls(), Calls()
    hub = EventHub({"one": one, "other": other})
    for event in numbers(500):
        hub.publish([event])
    hub.close()
    hub.close()
    assert [event.number for event in one.told] == list(range(500)) == [event.number for event in other.told]
    assert (one.closed, other.closed, len(one.threads)) == (1, 1, 1)
    assert hub.dropped() == {"one": 0, "other": 0}


def test_publishers_of_several_threads_share_the_one_thread_of_a_listener() -> None:
    for _ in range(20):
        calls = Calls()
        hub = EventHub({"calls": calls})
        threads = [threading.Thread(target=hub.publish, args=(numbers(20),)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        hub.close()
        assert (len(calls.told), len(calls.threads)) == (160, 1)


def test_a_listener_that_was_told_of_nothing_is_closed_too() -> None:
    calls = Calls()
    EventHub({"calls": calls}).close()
    assert calls.closed == 1


@pytest.mark.parametrize("failure", [ValueError("no luck"), SystemExit(3), KeyboardInterrupt()])
def test_an_exception_of_a_listener_is_a_warning_and_the_next_event_comes(
    failure: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    def fail_at_first(event: Any) -> None:
        if event.number == 0:
            raise failure

    calls = Calls(fail_at_first)
    hub = EventHub({"mine": calls})
    hub.publish(numbers(2))
    hub.close()
    assert [event.number for event in calls.told] == [1]
    [record] = caplog.records
    said = f"listener 'mine' ([listeners.mine] in spine.toml) failed: {type(failure).__name__}: {failure}"
    assert (record.levelno, record.message) == (logging.WARNING, said)


def test_a_listener_without_a_name_or_a_method_harms_neither_publisher_nor_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls = Calls()
    hub = EventHub({"hostile": Hostile(), "calls": calls})  # type: ignore[dict-item]
    hub.publish(numbers(2))
    hub.close()
    assert len(calls.told) == 2
    assert [record.message.partition("failed: ")[2] for record in caplog.records] == [
        "RuntimeError: no on_event",
        "RuntimeError: no on_event",
        "RuntimeError: no close",
    ]


def test_events_beyond_the_limit_are_dropped_counted_and_logged_at_the_first_and_at_the_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    go = threading.Event()
    calls = Calls(lambda _event: go.wait(30))
    hub = EventHub({"slow": calls}, capacity=10)
    hub.publish(numbers(1))
    wait_until(lambda: bool(calls.threads))
    begin = time.monotonic()
    hub.publish(numbers(40))
    assert time.monotonic() - begin < 1
    assert hub.dropped() == {"slow": 30}
    place = "listener 'slow' ([listeners.slow] in spine.toml)"
    assert [record.message for record in caplog.records] == [
        f"{place} is too slow: with 10 events waiting, others are dropped"
    ]
    go.set()
    hub.close()
    assert len(calls.told) == 11
    assert caplog.records[-1].message == f"{place} missed 30 events: it is too slow"


def test_listeners_that_block_are_waited_for_no_longer_than_the_bound_for_all_of_them(
    caplog: pytest.LogCaptureFixture,
) -> None:
    go = threading.Event()
    stuck = {f"stuck{number}": Calls(lambda _event: go.wait(30)) for number in range(4)}
    calls = Calls()
    hub = EventHub({**stuck, "calls": calls})
    hub.publish(numbers(3))
    begin = time.monotonic()
    hub.close(0.3)
    assert time.monotonic() - begin < 2
    assert len(calls.told) == 3
    hub.publish(numbers(1))
    assert hub.dropped() == {**dict.fromkeys(stuck, 3), "calls": 1}
    assert len(caplog.records) == 4
    go.set()


def test_a_listener_whose_close_blocks_is_waited_for_no_longer_than_the_bound() -> None:
    go = threading.Event()
    calls = Calls()
    calls.close = lambda: go.wait(30)  # type: ignore[method-assign, assignment, return-value]
    hub = EventHub({"calls": calls})
    begin = time.monotonic()
    hub.close(0.2)
    assert time.monotonic() - begin < 2
    go.set()


def test_a_listener_works_in_the_context_of_the_project_not_of_the_first_publisher() -> None:
    found: list[str] = []
    where.set("project")
    hub = EventHub({"one": Calls(lambda _event: found.append(where.get()))})

    def publish() -> None:
        where.set("step")
        hub.publish(numbers(1))

    copy_context().run(publish)
    hub.close()
    assert found == ["project"]


def test_no_thread_is_left_behind_by_listeners_that_behave() -> None:
    hub = EventHub({"a": Calls(), "b": Calls(lambda _event: sys.exit(1))})
    hub.publish(numbers(3))
    hub.close()
    wait_until(lambda: not [each for each in threading.enumerate() if each.name.startswith("spine-listener-")])


def test_types_of_events_are_told_apart_by_a_text() -> None:
    delivery = DeliveryTried("alert", "channel", 1, success=True)
    assert (CaptureCommitted.event_type, delivery.event_type) == ("capture.committed", "alert.delivery")
