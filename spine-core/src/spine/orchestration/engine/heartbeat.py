"""Heartbeat: renews the leases of the runs of this process, and detects requests to cancel them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from threading import Event, Lock, Thread

from spine.core.clock import current_clock
from spine.orchestration.lease import Lease
from spine.orchestration.run_store import RunStore
from spine.orchestration.stop import Stop, StopReason

logger = logging.getLogger("spine.orchestration")

LONGEST_BEAT = 0.5  # seconds; the maximum delay of a cancellation


class Heartbeat:
    """Heartbeat thread shared by all runs of a runner; it exists only while there are runs."""

    def __init__(self, store: RunStore, lease: Lease) -> None:
        self._store = store
        self._lease = lease
        self._held: dict[str, tuple[int, Stop]] = {}
        self._lock = Lock()
        self._idle = Event()
        self._running = False

    @contextmanager
    def holding(self, run_id: str, fence: int, stop: Stop) -> Iterator[None]:
        """Renew the lease of a run inside the block; request `stop` when it is lost or the run is cancelled."""
        with self._lock:
            self._held[run_id] = (fence, stop)
            self._idle.clear()
            if not self._running:
                self._running = True
                Thread(target=copy_context().run, args=(self._beat,), name="spine-heartbeat", daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                del self._held[run_id]
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
            except Exception as error:  # noqa: BLE001 - the store may be available at the next beat
                logger.warning("the leases of %d runs could not be renewed: %s", len(held), error)

    def _renew(self, held: dict[str, tuple[int, Stop]]) -> None:
        found = self._store.renew({run_id: fence for run_id, (fence, _stop) in held.items()}, self._lease)
        for run_id, state in found.items():
            stop = held[run_id][1]
            if not state.held and run_id in self._held:
                stop.request(StopReason.LOST)
            elif state.cancel_requested:
                stop.request(StopReason.CANCEL)
