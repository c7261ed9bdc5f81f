"""Committed events: published by the stores after a commit, and handed to the listeners of the project.

Each listener has a thread and a bounded queue of its own: it never delays a commit or another listener. What does not
fit into its queue is dropped and counted. Events of runs and steps are in `spine.orchestration.events`, those of ticks
in `spine.scheduling.tick`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import copy_context
from datetime import datetime
from queue import Empty, Full, Queue
from threading import Event as Flag
from threading import Lock, Thread
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
        """What is known of it, by name; JSON values and times."""
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
    """Hands the events of one project to its listeners."""

    def __init__(self, listeners: Sequence[Listener], capacity: int = CAPACITY) -> None:
        self._mailboxes = [_Mailbox(listener, capacity) for listener in listeners]

    def publish(self, events: Iterable[Event]) -> None:
        """Put events into the queue of each listener, at once."""
        for event in events:
            for mailbox in self._mailboxes:
                mailbox.put(event)

    def dropped(self) -> dict[str, int]:
        """Return how many events each listener was not told of, by name."""
        return {mailbox.listener.name: mailbox.dropped for mailbox in self._mailboxes}

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Wait until every listener was told of everything, but no longer than `seconds` for each."""
        for mailbox in self._mailboxes:
            mailbox.ending.set()
        for mailbox in self._mailboxes:
            mailbox.close(seconds)


class _Mailbox:
    def __init__(self, listener: Listener, capacity: int) -> None:
        self.listener = listener
        self.dropped = 0
        self.ending = Flag()
        self._queue: Queue[Event] = Queue(capacity)
        self._context = copy_context()  # of the project; whoever publishes first may be in the middle of a step
        self._thread: Thread | None = None
        self._starting = Lock()

    def put(self, event: Event) -> None:
        if self._thread is None:
            self._start()
        try:
            self._queue.put_nowait(event)
        except Full:
            self.dropped += 1

    def _start(self) -> None:
        with self._starting:  # two threads may publish their first event at once
            if self._thread is None:
                name = f"spine-listener-{self.listener.name}"
                thread = Thread(target=self._context.run, args=(self._work,), name=name, daemon=True)
                thread.start()
                self._thread = thread

    def close(self, seconds: float) -> None:
        if self._thread is not None:
            self._thread.join(seconds)
        self.dropped += self._queue.qsize()
        if self.dropped:
            logger.warning("listener %r was not told of %d events: it is too slow", self.listener.name, self.dropped)
        if self._thread is None or not self._thread.is_alive():
            self._guarded(getattr(self.listener, "close", lambda: None))

    def _work(self) -> None:
        while True:
            try:
                event = self._queue.get(timeout=0.1)
            except Empty:
                if self.ending.is_set():
                    return
                continue
            self._guarded(self.listener.on_event, event)

    def _guarded(self, call: Callable[..., object], *arguments: object) -> None:
        try:
            call(*arguments)
        except BaseException as error:  # noqa: BLE001 - sys.exit() in a listener must not end its thread either
            logger.warning("listener %r failed: %s: %s", self.listener.name, type(error).__name__, error)


def publish(events: Iterable[Event]) -> None:
    """Tell the listeners of the current project of events that were committed; nothing happens without any."""
    hub = current_scope().find(EventHub)
    if hub is not None:
        hub.publish(events)
