"""A scheduler of a project inside a program that drives it: an application's own scheduler, or a loop."""

from __future__ import annotations

import logging
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import asdict

from spine.app.health_file import HealthFile
from spine.core.errors import ScheduleError, SpineError
from spine.core.plain_text import counted
from spine.core.scope import use_scope

if TYPE_CHECKING:
    from spine.app import Application
    from spine.scheduling.scheduler import Status

logger = logging.getLogger("spine.scheduling")

_lock = threading.Lock()
_driven: dict[Path, int] = {}
"""The process of the scheduler by its project's folder; a process that was forked has the entries of its parent."""


class ProjectScheduler:
    """Starts the runs of a project's schedules whenever `beat` is called, in threads of its own or by its executor.

    It does what `spine scheduler run` does, beside any number of others. There is one for each project in a process.
    The methods may be called by any thread. A project that is closed parks it.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._root = application.settings.root
        self._process = os.getpid()
        self._require_open()
        self._claim()
        try:
            with use_scope(application.scope):
                self._health = HealthFile(self._root)
                self._scheduler = application.scheduler(self._note)
        except BaseException:
            self._release()
            raise
        self._status: Status | None = None
        self._is_started = False
        self._is_parked: bool | None = None
        self._turn = threading.Lock()  # of the thread that beats or parks
        self._ending = threading.Lock()
        application.on_close(self._park_at_close)

    @property
    def is_over(self) -> bool:
        """True once it was parked: it starts nothing any more."""
        return self._is_parked is not None

    @property
    def status(self) -> dict[str, Any]:
        """The state at the last beat, as the columns of `spine scheduler run --status`; empty before the first one."""
        return {} if self._status is None else asdict(self._status)

    def beat(self) -> float:
        """Start what is due, and return the seconds until the next beat is wanted, one at most.

        Errors of the database are logged once, and the next beat tries again. Raises ScheduleError once it is parked or
        the project is closed, and DatabaseError if the database file was deleted or replaced; it is then of no use.
        """
        with self._turn:
            self._require_open()
            self._require_same_process()
            if self.is_over:
                raise ScheduleError(f"the scheduler of {self._place} is parked: make another one")
            with use_scope(self._application.scope):
                if not self._is_started:
                    self._scheduler.start()
                    self._is_started = True
                return self._scheduler.beat()

    def park(self, grace_seconds: float | None = None) -> bool:
        """Ask the active runs to park, start no more, and return True if all parked before the grace is over.

        The grace defaults to that of `[runs]`. Another scheduler resumes the runs, also those that did not park in
        time, whose steps work on in this process. No effect when parked, and in a process that was forked.
        """
        if self._process != os.getpid():
            return True
        seconds = self._application.settings.runs.grace_seconds if grace_seconds is None else grace_seconds
        with self._ending:
            if self._is_parked is None:
                self._is_parked = self._park(seconds)
            return self._is_parked

    def _park(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        is_free = self._turn.acquire(timeout=seconds)  # a beat may wait for a database that is away
        try:
            with use_scope(self._application.scope):
                is_parked = self._scheduler.park(max(deadline - time.monotonic(), 0))
        except SpineError as error:  # the database is away, and another scheduler will miss this one's signs of life
            logger.warning("the scheduler of %s could not leave its database: %s", self._place, error)
            is_parked = not len(self._scheduler.pool)
        finally:
            if is_free:
                self._turn.release()
            self._health.path.unlink(missing_ok=True)
            self._release()
        if not is_parked:
            left = counted(len(self._scheduler.pool), "run")
            logger.warning("%s did not stop within %g s: the next scheduler resumes them", left, seconds)
        return is_parked

    def _park_at_close(self) -> None:
        if self.is_over or self._process != os.getpid():
            return
        logger.warning(
            "%s is closed while a scheduler of this process starts its runs, which are parked: stop the scheduler "
            "before the open_project() block ends",
            self._place,
        )
        self.park()

    def _note(self, status: Status) -> None:
        self._status = status
        self._health.write(status)

    @property
    def _place(self) -> str:
        return f"the project in {self._root}"

    def _require_open(self) -> None:
        if self._application.is_closed:
            raise ScheduleError(
                f"{self._place} is closed: make its scheduler, and use it, inside the open_project() block"
            )

    def _require_same_process(self) -> None:
        if self._process != os.getpid():
            raise ScheduleError(
                f"the scheduler of {self._place} was made before process {os.getpid()} was forked: open the project "
                "and make its scheduler in each process"
            )

    def _claim(self) -> None:
        with _lock:
            if _driven.get(self._root) == os.getpid():
                raise ScheduleError(
                    f"{self._place} has a scheduler in this process already: one starts all of its schedules; use "
                    "that one, or stop it first"
                )
            _driven[self._root] = os.getpid()

    def _release(self) -> None:
        with _lock:
            _driven.pop(self._root, None)
