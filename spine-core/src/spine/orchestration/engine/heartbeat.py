"""Heartbeat: renews the leases of the runs of this process, and detects requests to cancel them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from threading import Event, Lock, Thread

from attrs import define

from spine.core.clock import current_clock, given_clock
from spine.orchestration.lease import Lease
from spine.orchestration.run_store import RunStore
from spine.orchestration.stop import Stop, StopReason

logger = logging.getLogger("spine.orchestration")

LONGEST_BEAT = 0.5  # seconds; the maximum delay of a cancellation
_IDLE_BEATS = 10  # without a run, before the thread ends: a new one costs as much as a short run
_GRACES = {StopReason.TIMEOUT: 1, StopReason.CANCEL: 2}  # a cancelled run has it for its `always_run` steps again
_LATER_SECONDS = 2 * LONGEST_BEAT  # after the grace, so that an interrupted step can end first


@define(eq=False)
class Held:
    """Run of this process, which has been stored if `is_stored` says so.

    `end_hung` records the end of the run while its step still works, and is called at most once.
    """

    fence: int
    stop: Stop
    is_stored: Callable[[], bool] = lambda: True
    end_hung: Callable[[StopReason], object] | None = None
    reason: StopReason | None = None
    since: float = 0.0


class Heartbeat:
    """Heartbeat thread shared by all runs of a runner; it stays for some seconds after the last one.

    It also ends a run whose step does not stop `grace_seconds` after it was cancelled or out of time.
    """

    def __init__(self, store: RunStore, lease: Lease, grace_seconds: float = 10.0) -> None:
        self.store = store
        self._lease = lease
        self._grace = grace_seconds
        self._held: dict[str, Held] = {}
        self._lock = Lock()
        self._idle = Event()
        self._thread: Thread | None = None

    @contextmanager
    def holding(self, run_id: str, held: Held) -> Iterator[None]:
        """Renew the lease of a run inside the block; request its stop when it is lost or the run is cancelled."""
        with self._lock:
            self._held[run_id] = held
            self._idle.clear()
            if self._thread is None or not self._thread.is_alive():  # a fork leaves the thread behind
                beat = copy_context().run
                self._thread = Thread(target=beat, args=(self._beat,), name="spine-heartbeat", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._held.pop(run_id, None)
                if not self._held and given_clock() is not None:  # a test's clock: nothing waits for it afterwards
                    self._idle.set()

    def _beat(self) -> None:
        clock, pause, beats_left = current_clock(), min(self._lease.seconds / 3, LONGEST_BEAT), _IDLE_BEATS
        while True:
            clock.wait(pause, self._idle)
            with self._lock:
                held = dict(self._held)
                beats_left = _IDLE_BEATS if held else beats_left - 1
                if not held and (self._idle.is_set() or not beats_left):
                    self._thread = None
                    return
            stored = {run_id: run for run_id, run in held.items() if run.is_stored()}
            if stored:
                self._look_at(stored)

    def _look_at(self, held: dict[str, Held]) -> None:
        try:
            self._renew(held)
            self._end_hung(held)
        except Exception as error:  # noqa: BLE001 - the store may be available at the next beat
            logger.warning("the leases of %d runs could not be renewed: %s", len(held), error)

    def _end_hung(self, held: dict[str, Held]) -> None:
        now = current_clock().monotonic()
        for run_id, run in held.items():
            reason = run.stop.reason
            if reason is not run.reason:
                run.reason, run.since = reason, now
            if run.end_hung is None or reason is None or reason not in _GRACES:
                continue
            if now - run.since < _GRACES[reason] * self._grace + _LATER_SECONDS:
                continue
            logger.warning("run %s ends although its step still works: it did not stop in time", run_id)
            run.end_hung(reason)
            with self._lock:
                self._held.pop(run_id, None)

    def _renew(self, held: dict[str, Held]) -> None:
        found = self.store.renew({run_id: run.fence for run_id, run in held.items()}, self._lease)
        for run_id, state in found.items():
            stop = held[run_id].stop
            if not state.held and run_id in self._held:
                stop.request(StopReason.LOST)
            elif state.cancel_requested:
                stop.request(StopReason.CANCEL)
            elif state.park_requested:
                stop.request(StopReason.PARK)
