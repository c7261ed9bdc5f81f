"""Jobs: what takes longer than a request, in threads of the board."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotDone
from contextvars import copy_context
from threading import Event, Lock
from typing import Any

from spine.core.errors import ConfigError
from spine.orchestration.stop import Stop, StopReason

logger = logging.getLogger(__name__)

_MOST = 8  # at once; more wait
_MOST_WAITING = 100
_ANSWER_SECONDS = 1.0


class Jobs:
    """Threads for runs that the board executes; they park when the board ends."""

    def __init__(self) -> None:
        self._stop = Stop()
        self.stopped = Event()
        self._threads = ThreadPoolExecutor(_MOST, thread_name_prefix="spine-board-job")
        self._lock = Lock()
        self._open: set[Future[Any]] = set()

    def start(self, name: str, call: Callable[[], object]) -> bool:
        """Call in a thread, and return True if it has ended already.

        An error within the first second is raised; a later one is logged, as the run has it too.
        """
        with self._lock:
            if len(self._open) >= _MOST_WAITING:
                raise ConfigError(f"{name} cannot begin: {_MOST_WAITING} others wait in this board: try again later")
            job = self._threads.submit(copy_context().run, call)
            self._open.add(job)
        try:
            job.result(_ANSWER_SECONDS)
        except NotDone:
            job.add_done_callback(lambda ended: self._note(name, ended))
            return False
        finally:
            job.add_done_callback(self._forget)
        return True

    def new_stop(self) -> Stop:
        """Return the stop of one run: to cancel that run is not to cancel the others."""
        return Stop(self._stop)

    def close(self) -> None:
        """Park what is executed: any process may resume it. Wait until it has."""
        self._stop.request(StopReason.PARK)
        self.stopped.set()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _forget(self, job: Future[Any]) -> None:
        with self._lock:
            self._open.discard(job)

    def _note(self, name: str, job: Future[Any]) -> None:
        if not job.cancelled() and (error := job.exception()) is not None:
            logger.warning("%s ended with an error: %s", name, error)
