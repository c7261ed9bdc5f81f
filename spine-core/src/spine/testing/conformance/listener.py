"""Rules for every listener."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve, field, frozen

from spine.core.names import validate_name
from spine.framework.alerts import Alert, AlertSeverity
from spine.framework.captures.revision import Capture
from spine.framework.events import (
    ActionTaken,
    AlertRaised,
    CaptureCommitted,
    DeliveryTried,
    Event,
    EventHub,
    FetchRecorded,
    Listener,
)
from spine.framework.sources import SourceType
from spine.framework.sources.fetches import FetchRecord, FetchStatus
from spine.orchestration.events import EVENT_TYPES, event_of
from spine.scheduling.tick import TickDecided, TickRecord, TickStatus

HOSTILE = ("two\nlines", "\x1b[31mred", "NUL \0", "\ud800", "naïve 日本語 \U0001f4a5", "x" * 100_000, "")

_NOW = datetime(2026, 1, 1, 6, tzinfo=UTC)
_DEADLINE_SECONDS = 30.0


def _of_the_moon() -> dict[str, Any]:
    return {"phase": {"name": "full", "since": _NOW}, "seen_by": ["a", None, 1.5, True]}


@frozen
class UnknownEvent:
    """An event of an unknown type, as a later version of Spine may publish."""

    event_type: str = "moon.rose"
    timestamp: datetime = _NOW
    payload: Mapping[str, Any] = field(factory=_of_the_moon)


class ListenerConformance:
    """Subclass it as `Test...`, define `make_listener`, and set the flags of the listener's capabilities.

    `shows_events`: `seen` returns the types of the events that arrived at the receiver, in order.
    """

    shows_events = False

    def make_listener(self) -> Any:
        """Return a listener whose receiver works."""
        raise NotImplementedError("define make_listener(self)")

    def seen(self) -> list[str]:
        """Return the `event_type` of each event that has arrived at the receiver since the test began."""
        raise NotImplementedError("shows_events is on: define seen(self)")

    def secrets(self) -> Sequence[str]:
        """Return the secret texts, which must not show."""
        return ()

    def test_it_is_a_listener(self) -> None:
        """It has a name that follows the rule for names, and `on_event`."""
        listener = self.make_listener()
        assert isinstance(listener, Listener), "define name and on_event(event) in the class"
        validate_name(listener.name, "the listener's name")

    def test_it_takes_every_event_of_spine(self) -> None:
        """Events of runs, steps, captures, fetches, alerts, deliveries and ticks are accepted without an error."""
        listener = self.make_listener()
        for event in events():
            self.tell(listener, event)

    def test_it_takes_an_event_that_it_does_not_know(self) -> None:
        """An event type of a later Spine, with new kinds of values, is not an error: it may be skipped."""
        self.tell(self.make_listener(), UnknownEvent())

    def test_it_takes_any_text(self) -> None:
        """Line breaks, control codes, NUL, lone surrogates and long texts in a payload are not an error."""
        listener = self.make_listener()
        for text in HOSTILE:
            self.tell(listener, DeliveryTried("alert", "channel", 1, success=False, error=text))

    def test_an_event_stays_as_it_is(self) -> None:
        """The payload is not changed: other listeners get the same event."""
        listener = self.make_listener()
        event = UnknownEvent()
        self.tell(listener, event)
        assert event == UnknownEvent(), "copy the payload before changing it"

    def test_it_works_in_another_thread_than_its_maker(self) -> None:
        """The project makes and closes it; another thread calls `on_event`."""
        listener = self.make_listener()
        with ThreadPoolExecutor(1) as pool:
            error = pool.submit(_error, listener, events()[0]).result()
        assert error is None, f"on_event() in a thread raised {error!r}: open its resources in on_event()"
        self.close(listener)

    def test_closing_twice_is_harmless(self) -> None:
        """`close`, if defined, does nothing the second time, and works without any event."""
        listener = self.make_listener()
        self.close(listener)
        self.close(listener)

    def test_events_arrive_in_order_and_none_is_lost(self) -> None:
        """After the project has closed the listener, every event has arrived, in order."""
        self.need("shows_events")
        told = events()
        hub = EventHub({"suite": self.make_listener()})
        hub.publish(told)
        hub.close(_DEADLINE_SECONDS)
        expected = [event.event_type for event in told]
        found = [name for name in self.seen() if name in expected]
        assert found == expected, "send buffered events in close(), and keep the order"

    def test_no_secret_shows(self) -> None:
        """`repr` and `str` of the listener contain no secret."""
        listener = self.make_listener()
        for secret in self.secrets():
            assert secret not in f"{listener!r} {listener}", "a secret shows: keep it in a spine.core.secrets.Secret"

    def tell(self, listener: Any, event: Event) -> None:
        """Pass an event to the listener, and fail if it raises."""
        error = _error(listener, event)
        assert error is None, f"on_event() raised {error!r} for {event.event_type}: handle it, or skip it"

    def close(self, listener: Any) -> None:
        """Close the listener as the project does."""
        try:
            getattr(listener, "close", lambda: None)()
        except Exception as error:  # noqa: BLE001 - any error breaks the rule
            pytest.fail(f"close() raised {error!r}: it must do nothing if there is nothing to close")

    def need(self, flag: str) -> None:
        """Skip the test if the listener does not claim a capability."""
        if not getattr(self, flag):
            pytest.skip(f"{flag} is off")


def events() -> list[Event]:
    """Return an event of each type that Spine publishes."""
    alert = Alert(AlertSeverity.ERROR, "Ingest failed", "The disk is full", source="ingest", run_id="run-1")
    url = "https://example.com/feed"
    fetch = FetchRecord("feed", SourceType.HTTP, url, FetchStatus.SUCCESS, _NOW, _NOW, 7, record_count=3)
    tick = TickRecord("schedule-1", "nightly", _NOW, TickStatus.RUNNING, run_id="run-1", started_at=_NOW)
    of_runs: list[Event] = [event_of(name, _payload(name), "run-1", "step-1", _NOW) for name in EVENT_TYPES]
    return [
        *of_runs,
        CaptureCommitted(Capture("trades", {"week": "7"}, 1, "0" * 64, [["id", "text"]], 3, 120, "trades/1.parquet")),
        FetchRecorded(fetch),
        AlertRaised(alert),
        DeliveryTried(alert.alert_id, "console", 1, success=True),
        ActionTaken("runs cancel", "run-1", "ada", "run-1"),
        TickDecided(tick),
        TickDecided(evolve(tick, status=TickStatus.SKIPPED, skip_reason="2026-01-01 is a holiday")),
    ]


def _error(listener: Any, event: Event) -> BaseException | None:
    try:
        listener.on_event(event)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - any error breaks the rule
        return error
    return None


def _payload(event_type: str) -> dict[str, Any]:
    of_step = {"step": "ingest", "attempt": 1, "wake_at": _NOW.isoformat(), "note": {"rows": 3}, "retry_in": 2.5}
    of_run = {"workflow": "weekly", "domain": "finra", "params": {"week": "2026-01-01"}, "partition": {}}
    return of_step if event_type.startswith("step.") else of_run
