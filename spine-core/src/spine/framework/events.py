"""Committed events: published by the stores after a commit, and handed to the listeners of the project.

Each listener has a thread and a bounded queue of its own: it never delays a commit or another listener. What does not
fit into its queue is dropped and counted. Events of runs and steps are in `spine.orchestration.events`, those of ticks
in `spine.scheduling.tick`.
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

CAPACITY = 10_000  # events that wait for one listener
CLOSE_SECONDS = 5.0  # how long the end of a project waits for its listeners


class Event(Protocol):
    """Something that was committed, at `timestamp` (UTC)."""

    @property
    def event_type(self) -> str:
        """The type, such as `run.started` or `capture.committed`."""
        ...

    @property
    def timestamp(self) -> datetime: ...

    @property
    def payload(self) -> Mapping[str, Any]:
        """Facts by name; JSON values and times."""
        ...


@runtime_checkable
class Listener(Protocol):
    """Is told of each committed event, one after the other, in a thread of its own.

    It is made with `name` and its options. An exception is logged, and the next event comes. A method `close()`, if it
    has one, is called at the end of the project.
    """

    @property
    def name(self) -> str: ...

    def on_event(self, event: Event) -> None:
        """Take note of `event`; what takes long makes later events wait, and be dropped when the queue is full."""
        ...


@frozen
class CaptureCommitted:
    """A capture has a new revision."""

    event_type: ClassVar[str] = "capture.committed"

    capture: Capture
    timestamp: datetime = field(factory=utc_now)

    @property
    def payload(self) -> Mapping[str, Any]:
        return self.capture.to_dict()


@frozen
class FetchRecorded:
    """A source was fetched, or could not be."""

    event_type: ClassVar[str] = "fetch.recorded"

    fetch: FetchRecord
    timestamp: datetime = field(factory=utc_now)

    @property
    def payload(self) -> Mapping[str, Any]:
        fetch = self.fetch
        figures = {name: getattr(fetch, name) for name in ("record_count", "byte_count", "content_hash", "duration_ms")}
        place = {"source_name": fetch.source_name, "source_locator": fetch.source_locator, "run_id": fetch.run_id}
        return {**place, "status": fetch.status.name, **figures, "error": fetch.error}


@frozen
class AlertRaised:
    """An alert was written to the outbox."""

    event_type: ClassVar[str] = "alert.raised"

    alert: Alert
    timestamp: datetime = field(factory=utc_now)

    @property
    def payload(self) -> Mapping[str, Any]:
        return self.alert.to_dict()


@frozen
class DeliveryTried:
    """A channel delivered an alert, or failed to."""

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


class EventHub:
    """Hands the events of one project to its listeners, which have the names that `spine.toml` gives them."""

    def __init__(self, listeners: Mapping[str, Listener], capacity: int = CAPACITY) -> None:
        context = copy_context()  # of the project: that of the step which publishes first is none of a listener's
        self._mailboxes = [_Mailbox(name, listener, capacity, context.copy()) for name, listener in listeners.items()]

    def publish(self, events: Iterable[Event]) -> None:
        """Put events into the queue of each listener, at once."""
        for event in events:
            for mailbox in self._mailboxes:
                mailbox.put(event)

    def dropped(self) -> dict[str, int]:
        """Return how many events each listener was not told of, by name."""
        return {mailbox.name: mailbox.dropped for mailbox in self._mailboxes}

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Wait until each listener was told of everything and is closed, but no longer than `seconds` for all of them.

        What is published later is dropped.
        """
        until = time.monotonic() + seconds
        for mailbox in self._mailboxes:
            mailbox.end()
        for mailbox in self._mailboxes:
            mailbox.join(max(until - time.monotonic(), 0.0))


class _Mailbox:
    """The queue of one listener, and the thread that calls it."""

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
            logger.warning("%s was not told of %d events: it is too slow", self._where, self.dropped)
        elif thread.is_alive():
            logger.warning("%s goes on and is not waited for any longer: it is too slow", self._where)

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
    """Tell the listeners of the current project of events that were committed; nothing happens without any."""
    hub = current_scope().find(EventHub)
    if hub is not None:
        hub.publish(events)
