"""The host of a project's schedules: a job of an application's scheduler that starts what is due."""

from __future__ import annotations

import logging
import math
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_EXECUTED,
    EVENT_SCHEDULER_SHUTDOWN,
    JobExecutionEvent,
    SchedulerEvent,
)
from apscheduler.jobstores.base import JobLookupError
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import STATE_RUNNING, STATE_STOPPED
from apscheduler.triggers.interval import IntervalTrigger

from spine.core.errors import ConfigError, ScheduleError, SpineError
from spine_scheduler_apscheduler.executor import BeatExecutor

if TYPE_CHECKING:
    from spine.project import Project

logger = logging.getLogger("spine.scheduling")

_RETRY_SECONDS = 10.0  # until the beat after one that failed for a reason other than the database
_LONGEST_SECONDS = 3600  # for a beat, that waits for a database; APScheduler warns of one that takes longer
_LATE_SECONDS = 3.0  # after which a beat is called although the time of day, which APScheduler waits for, has not come


def host_schedules(
    project: Project, scheduler: BackgroundScheduler | AsyncIOScheduler, *, grace_seconds: float | None = None
) -> ScheduleHost:
    """Start the runs of the project's schedules inside an application, from the start of its scheduler on.

    It takes the place of `spine scheduler run`, beside any number of others and of applications: the database decides
    which of them starts a tick. `scheduler.shutdown()` parks the active runs, and so does `stop()` of the returned
    host; `grace_seconds` is how long their steps may take to end, by default that of `[runs]`.

    Raises ConfigError for a scheduler of another class, ScheduleError for a project that is closed or that has a host
    in this process already, and what opening the schedules raises.
    """
    if not isinstance(scheduler, (BackgroundScheduler, AsyncIOScheduler)):
        given = f"{type(scheduler).__module__}.{type(scheduler).__qualname__}"
        raise ConfigError(
            f"host_schedules() got a {given}: give it a BackgroundScheduler or an AsyncIOScheduler of APScheduler 3"
        )
    return ScheduleHost(project, scheduler, grace_seconds)


class ScheduleHost:
    """Host of the schedules of one project in one scheduler of APScheduler, made by `host_schedules`."""

    def __init__(
        self, project: Project, scheduler: BackgroundScheduler | AsyncIOScheduler, grace_seconds: float | None
    ) -> None:
        self.job_id = f"spine:{project.name}"
        self._scheduler = scheduler
        self._grace_seconds = grace_seconds
        self._spine = project.schedules.scheduler()
        self._stopping = Event()
        self._due_at = time.monotonic()
        try:
            self._enter()
        except BaseException:
            self._spine.park(0)
            raise
        Thread(target=self._watch, name=f"spine-watch-{self.job_id}", daemon=True).start()

    @property
    def status(self) -> dict[str, Any]:
        """The state at the last beat, as `spine scheduler run --status` shows it; empty before the first one."""
        return self._spine.status

    def stop(self, grace_seconds: float | None = None) -> bool:
        """Park the active runs and start no more; return True if all parked before the grace is over.

        The application's scheduler goes on with its other jobs. It waits for the runs: in an event loop, call
        `await asyncio.to_thread(host.stop)`. No effect when stopped.
        """
        self._stopping.set()
        is_parked = self._spine.park(self._grace_seconds if grace_seconds is None else grace_seconds)
        self._leave()
        return is_parked

    def _enter(self) -> None:
        scheduler, name = self._scheduler, self.job_id
        try:
            scheduler.add_executor(BeatExecutor(), name)
        except ValueError as error:
            raise ScheduleError(
                f"the application's scheduler has the schedules of another project as {name!r}: give one of the two "
                "another name in [spine] of its spine.toml",
                cause=error,
            ) from error
        scheduler.add_jobstore(MemoryJobStore(), name)  # the application's own may be one that pickles
        scheduler.add_listener(self._on_event, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR | EVENT_SCHEDULER_SHUTDOWN)
        scheduler.add_job(
            self._beat,
            IntervalTrigger(seconds=_LONGEST_SECONDS, timezone=UTC),
            id=name,
            name=f"schedules of {name.removeprefix('spine:')}",
            jobstore=name,
            executor=name,
            next_run_time=datetime.now(UTC),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )

    def _leave(self) -> None:
        scheduler, name = self._scheduler, self.job_id
        scheduler.remove_listener(self._on_event)
        with suppress(JobLookupError):
            scheduler.remove_job(name, name)
        with suppress(KeyError):
            scheduler.remove_jobstore(name)
        with suppress(KeyError):
            scheduler.remove_executor(name)

    def _beat(self) -> float | None:
        """Start what is due; return the seconds until the next beat, None if there is none."""
        if self._stopping.is_set():
            return None
        self._due_at = math.inf
        try:
            return self._spine.beat()
        except SpineError as error:  # of the project's end: those of a database that is away are tried again in there
            if not self._spine.is_over:
                logger.error("%s; %s is stopped", error, self.job_id)  # noqa: TRY400 - the message is sufficient
            self.stop()
            return None

    def _on_event(self, event: SchedulerEvent) -> None:
        if event.code == EVENT_SCHEDULER_SHUTDOWN:
            self._on_shutdown()
        elif isinstance(event, JobExecutionEvent) and event.job_id == self.job_id and not self._stopping.is_set():
            if event.code == EVENT_JOB_ERROR:
                self._plan(_RETRY_SECONDS)
            elif event.retval is not None:
                self._plan(event.retval)

    def _on_shutdown(self) -> None:
        self._stopping.set()
        if isinstance(self._scheduler, AsyncIOScheduler):  # it shuts down in the event loop, which must not wait
            Thread(target=self.stop, name=f"spine-park-{self.job_id}").start()
        else:
            self.stop()

    def _plan(self, seconds: float) -> None:
        """Let the scheduler call the next beat; leave a job that the application paused."""
        self._due_at = time.monotonic() + seconds
        try:
            job = self._scheduler.get_job(self.job_id, self.job_id)
            if job is not None and job.next_run_time is None:
                return
            at = datetime.now(UTC) + timedelta(seconds=seconds)
            self._scheduler.modify_job(self.job_id, self.job_id, next_run_time=at)
        except (JobLookupError, RuntimeError) as error:  # RuntimeError: the event loop is closed
            if self._scheduler.state == STATE_STOPPED or self._stopping.is_set():
                return
            logger.warning("%s is stopped, as the application's scheduler does not call it: %s", self.job_id, error)
            self.stop()

    def _watch(self) -> None:
        """Call for a beat that is late, since the clock of the machine was put back, or its job is gone."""
        while not self._stopping.wait(1.0):
            if self._scheduler.state == STATE_RUNNING and time.monotonic() - self._due_at > _LATE_SECONDS:
                self._plan(0)
