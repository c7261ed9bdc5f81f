"""Executor of APScheduler for the beats of one project."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from queue import SimpleQueue
from threading import Thread

from apscheduler.executors.base import BaseExecutor, run_job
from apscheduler.job import Job
from apscheduler.schedulers.base import BaseScheduler


class BeatExecutor(BaseExecutor):  # type: ignore[misc]  # APScheduler ships no types
    """Runs jobs one after the other in a thread of its own, whatever fills or blocks the application's executors.

    The thread is a daemon, and `shutdown` does not wait for its job: APScheduler holds its locks meanwhile.
    """

    def __init__(self) -> None:
        super().__init__()
        self._given: SimpleQueue[tuple[Job, Sequence[datetime]] | None] = SimpleQueue()

    def start(self, scheduler: BaseScheduler, alias: str) -> None:
        """Start the thread, without APScheduler's two lines in the log for each job: there is a beat every second."""
        super().start(scheduler, alias)
        self._logger.setLevel(logging.WARNING)
        Thread(target=self._work, name=f"spine-beat-{alias}", daemon=True).start()

    def shutdown(self, wait: bool = True) -> None:
        """End the thread after its current job."""
        self._given.put(None)

    def _do_submit_job(self, job: Job, run_times: Sequence[datetime]) -> None:
        self._given.put((job, run_times))

    def _work(self) -> None:
        while (given := self._given.get()) is not None:
            job, run_times = given
            events = run_job(job, job._jobstore_alias, run_times, self._logger.name)
            self._run_job_success(job.id, events)
