"""Committed events: published by the stores after a commit, and passed to the listeners of the project.

Each listener has its own thread and bounded queue: it never delays a commit or another listener. Events that do not
fit into the queue are dropped and counted. Events of runs and steps are in `spine.orchestration.events`, those of
ticks in `spine.scheduling.tick`.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextvars import Context, copy_context
from datetime import datetime
from threading import Condition, Thread
from typing import Any, ClassVar, Protocol, runtime_checkable

from attrs import field, frozen

from spine.core.clock import utc_now
from spine.core.scope import current_scope
from spine.framework.alerts.alert import Alert
from spine.framework.captures.revision import Capture
from spine.framework.sources.fetches import FetchRecord

logger = logging.getLogger("spine.listeners")

CAPACITY = 10_000  # queued events of one listener
CLOSE_SECONDS = 5.0  # closing a project waits this long for its listeners


class Event(Protocol):
    """Committed event, at `timestamp` (UTC)."""

    @property
    def event_type(self) -> str:
        """Type, such as `run.started` or `capture.committed`."""
        ...

    @property
    def timestamp(self) -> datetime: ...

    @property
    def payload(self) -> Mapping[str, Any]:
        """Facts by name; JSON values and times."""
        ...


@runtime_checkable
class Listener(Protocol):
    """Listener to committed events, called for one event at a time in its own thread.

    It is created with `name` and its options. An exception is logged, and the next event follows. A method `close()`,
    if it has one, is called when the project closes.
    """

    @property
    def name(self) -> str: ...

    def on_event(self, event: Event) -> None:
        """Handle `event`; while this runs, later events wait, and are dropped when the queue is full."""
        ...


@frozen
class CaptureCommitted:
    """New revision of a capture."""

    event_type: ClassVar[str] = "capture.committed"

    capture: Capture
    timestamp: datetime = field(factory=utc_now)

    @property
    def payload(self) -> Mapping[str, Any]:
        return self.capture.to_dict()


@frozen
class FetchRecorded:
    """Fetch of a source, successful or failed."""

    event_type: ClassVar[str] = "fetch.recorded"

    fetch: FetchRecord
    timestamp: datetime = field(factory=utc_now)
    step: str | None = None
    attempt: int | None = None

    @property
    def payload(self) -> Mapping[str, Any]:
        fetch = self.fetch
        figures = {name: getattr(fetch, name) for name in ("record_count", "byte_count", "content_hash", "duration_ms")}
        place = {"source_name": fetch.source_name, "source_locator": fetch.source_locator, "run_id": fetch.run_id}
        times = {"started_at": fetch.started_at, "completed_at": fetch.completed_at}
        work = {"step": self.step, "attempt": self.attempt}
        return {**place, **work, **times, "status": fetch.status.name, **figures, "error": fetch.error}


@frozen
class AlertRaised:
    """Alert written to the outbox."""

    event_type: ClassVar[str] = "alert.raised"

    alert: Alert
    timestamp: datetime = field(factory=utc_now)

    @property
    def payload(self) -> Mapping[str, Any]:
        return self.alert.to_dict()


@frozen
class DeliveryTried:
    """Attempt of a channel to deliver an alert, successful or failed."""

    event_type: ClassVar[str] = "alert.delivery"

    alert_id: str
    channel_name: str
    attempt: int
    success: bool
    error: str | None = None
    timestamp: datetime = field(factory=utc_now)

    @property
    def payload(self) -> Mapping[str, Any]:
        names = ("alert_id", "channel_name", "attempt", "success", "error")
        return {name: getattr(self, name) for name in names}


@frozen
class ActionTaken:
    """Action of a person or a program, such as through the board."""

    event_type: ClassVar[str] = "action.taken"

    action: str
    target: str
    by: str
    run_id: str | None = None
    timestamp: datetime = field(factory=utc_now)

    @property
    def payload(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("action", "target", "by")}


class EventHub:
    """Hub that passes the events of one project to its listeners, named as in `spine.toml`."""

    def __init__(self, listeners: Mapping[str, Listener], capacity: int = CAPACITY) -> None:
        context = copy_context()  # of the project, not of the step that publishes first
        self._mailboxes = [_Mailbox(name, listener, capacity, context.copy()) for name, listener in listeners.items()]

    def publish(self, events: Iterable[Event]) -> None:
        """Put events into the queue of each listener, without waiting."""
        for event in events:
            for mailbox in self._mailboxes:
                mailbox.put(event)

    def dropped(self) -> dict[str, int]:
        """Return the number of dropped events by listener name."""
        return {mailbox.name: mailbox.dropped for mailbox in self._mailboxes}

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Wait until each listener has handled its queue and is closed, at most `seconds` for all of them.

        Events published later are dropped.
        """
        until = time.monotonic() + seconds
        for mailbox in self._mailboxes:
            mailbox.end()
        for mailbox in self._mailboxes:
            mailbox.join(max(until - time.monotonic(), 0.0))


class _Mailbox:
    """Queue of one listener, and the thread that calls it."""

    def __init__(self, name: str, listener: Listener, capacity: int, context: Context) -> None:
        self.name = name
        self.dropped = 0
        self._listener = listener
        self._capacity = capacity
        self._context = context
        self._events: deque[Event] = deque()
        self._changed = Condition()
        self._is_full = False
        self._is_ending = False
        self._thread: Thread | None = None

    @property
    def _where(self) -> str:
        return f"listener {self.name!r} ([listeners.{self.name}] in spine.toml)"

    def put(self, event: Event) -> None:
        with self._changed:
            if not self._is_ending and len(self._events) < self._capacity:
                self._events.append(event)
                self._wake()
                return
            self.dropped += 1
            is_news, self._is_full = not (self._is_full or self._is_ending), True
        if is_news:
            logger.warning("%s is too slow: with %d events waiting, others are dropped", self._where, self._capacity)

    def end(self) -> None:
        with self._changed:
            if not self._is_ending:
                self._is_ending = True
                self._wake()

    def join(self, seconds: float) -> None:
        thread, self._thread = self._thread, None
        if thread is None:
            return
        thread.join(seconds)
        with self._changed:
            self.dropped += len(self._events)
            self._events.clear()
        if self.dropped:
            logger.warning("%s missed %d events: it is too slow", self._where, self.dropped)
        elif thread.is_alive():
            logger.warning("%s has not finished, closing without it: it is too slow", self._where)

    def _wake(self) -> None:
        if self._thread is None:
            name = f"spine-listener-{self.name}"
            self._thread = Thread(target=self._context.run, args=(self._work,), name=name, daemon=True)
            self._thread.start()
        self._changed.notify()

    def _work(self) -> None:
        while (event := self._next()) is not None:
            self._guarded(lambda: self._listener.on_event(event))
        self._guarded(lambda: getattr(self._listener, "close", lambda: None)())

    def _next(self) -> Event | None:
        with self._changed:
            while not self._events and not self._is_ending:
                self._is_full = False
                self._changed.wait()
            return self._events.popleft() if self._events else None

    def _guarded(self, call: Callable[[], object]) -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - sys.exit() in a listener must not end its thread either
            logger.warning("%s failed: %s: %s", self._where, type(error).__name__, error)


def publish(events: Iterable[Event]) -> None:
    """Pass committed events to the listeners of the current project, if any."""
    hub = current_scope().find(EventHub)
    if hub is not None:
        hub.publish(events)
