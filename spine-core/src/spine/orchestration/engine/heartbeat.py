"""Heartbeat: renews the leases of the runs of this process, and detects requests to cancel them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from threading import Event, Lock, Thread

from attrs import define

from spine.core.clock import current_clock
from spine.orchestration.lease import Lease
from spine.orchestration.run_store import RunStore
from spine.orchestration.stop import Stop, StopReason

logger = logging.getLogger("spine.orchestration")

LONGEST_BEAT = 0.5  # seconds; the maximum delay of a cancellation
_GRACES = {StopReason.TIMEOUT: 1, StopReason.CANCEL: 2}  # a cancelled run has it for its `always_run` steps again
_LATER_SECONDS = 2 * LONGEST_BEAT  # after the grace, so that an interrupted step can end first


@define(eq=False)
class _Held:
    fence: int
    stop: Stop
    end_hung: Callable[[StopReason], object] | None
    reason: StopReason | None = None
    since: float = 0.0


class Heartbeat:
    """Heartbeat thread shared by all runs of a runner; it exists only while there are runs.

    It also ends a run whose step does not stop `grace_seconds` after it was cancelled or out of time.
    """

    def __init__(self, store: RunStore, lease: Lease, grace_seconds: float = 10.0) -> None:
        self._store = store
        self._lease = lease
        self._grace = grace_seconds
        self._held: dict[str, _Held] = {}
        self._lock = Lock()
        self._idle = Event()
        self._running = False

    @contextmanager
    def holding(
        self, run_id: str, fence: int, stop: Stop, end_hung: Callable[[StopReason], object] | None = None
    ) -> Iterator[None]:
        """Renew the lease of a run inside the block; request `stop` when it is lost or the run is cancelled.

        `end_hung` records the end of the run while its step still works, and is called at most once.
        """
        with self._lock:
            self._held[run_id] = _Held(fence, stop, end_hung)
            self._idle.clear()
            if not self._running:
                self._running = True
                Thread(target=copy_context().run, args=(self._beat,), name="spine-heartbeat", daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                self._held.pop(run_id, None)
                if not self._held:
                    self._idle.set()

    def _beat(self) -> None:
        clock, pause = current_clock(), min(self._lease.seconds / 3, LONGEST_BEAT)
        while True:
            clock.wait(pause, self._idle)
            with self._lock:
                if not self._held:
                    self._running = False
                    return
                held = dict(self._held)
            try:
                self._renew(held)
                self._end_hung(held)
            except Exception as error:  # noqa: BLE001 - the store may be available at the next beat
                logger.warning("the leases of %d runs could not be renewed: %s", len(held), error)

    def _end_hung(self, held: dict[str, _Held]) -> None:
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

    def _renew(self, held: dict[str, _Held]) -> None:
        found = self._store.renew({run_id: run.fence for run_id, run in held.items()}, self._lease)
        for run_id, state in found.items():
            stop = held[run_id].stop
            if not state.held and run_id in self._held:
                stop.request(StopReason.LOST)
            elif state.cancel_requested:
                stop.request(StopReason.CANCEL)
            elif state.park_requested:
                stop.request(StopReason.PARK)
