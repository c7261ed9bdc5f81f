"""The service of a worker: fetches jobs of Procrastinate, and comes back when the database does."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import define, field
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from psycopg import Error as DriverError
from psycopg_pool import PoolTimeout
from sqlalchemy import make_url

from spine_executor_procrastinate.jobs import AT_ONCE, TASK, ComeAgain
from spine_executor_procrastinate.queue_name import queue_of
from spine_executor_procrastinate.schema import SCHEMA

if TYPE_CHECKING:
    from spine.core.adapters.database import DatabaseAdapter
    from spine.orchestration.run_queue import QueueWorker
    from spine.project import Project
    from spine_executor_procrastinate.config import ProcrastinateConfig

logger = logging.getLogger("spine.scheduling")

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0  # seconds between two attempts to connect
_CONNECT_SECONDS = 10.0
_LONGEST_ID = 200  # characters
_RETRY_SECONDS = 1.0  # before a job that raised comes again
_AWAY = (ConnectorException, DriverError, PoolTimeout, OSError)


def serve(worker: QueueWorker, project: Project, options: ProcrastinateConfig) -> None:
    """Pass jobs to the worker until it stops and its runs have ended."""
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)  # what it says of a lost connection is said below
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    asyncio.run(_Service(worker, project, options).run())


class _BusyError(Exception):
    """There is no thread for a run now; its job comes again."""


@define(eq=False)
class _Service:
    worker: QueueWorker
    project: Project
    options: ProcrastinateConfig
    _threads: ThreadPoolExecutor = field(init=False)
    _active: set[asyncio.Future[None]] = field(factory=set, init=False)

    @_threads.default
    def _as_many_as_runs(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.worker.concurrency, thread_name_prefix="spine-run")

    async def run(self) -> None:
        """Serve until the worker stops and its runs have ended.

        A lost connection is opened again after pauses that grow; the runs of this process go on meanwhile.
        """
        asyncio.get_running_loop().set_exception_handler(_tell)
        stopped = asyncio.create_task(asyncio.to_thread(self.worker.stopping.wait))
        pause = _SHORTEST_PAUSE
        while not stopped.done():
            began = asyncio.get_running_loop().time()
            reason = await self._connected(stopped)
            if stopped.done():
                break
            if asyncio.get_running_loop().time() - began > _LONGEST_PAUSE:
                pause = _SHORTEST_PAUSE
            logger.warning("the queue is away, and is asked again in %g s: %s", pause, reason)
            await asyncio.wait([stopped], timeout=pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        await asyncio.gather(*self._active, return_exceptions=True)

    async def _connected(self, stopped: asyncio.Task[Any]) -> str:
        """Serve over one connection, and return why it ended."""
        app = self._app()
        try:
            async with app.open_async():
                work = asyncio.create_task(self._fetch(app))
                reap = asyncio.create_task(self._reap(app))
                await asyncio.wait([work, reap, stopped], return_when=asyncio.FIRST_COMPLETED)
                for task in (reap, work):
                    task.cancel()
                ends = await asyncio.gather(work, reap, return_exceptions=True)
        except _AWAY as error:
            return _in_one_line(error)
        errors = [end for end in ends if isinstance(end, Exception)]
        unexpected = [error for error in errors if not isinstance(error, _AWAY)]
        if unexpected:
            raise unexpected[0]
        return _in_one_line(errors[0]) if errors else "the connection was lost"

    async def _fetch(self, app: App) -> None:
        """Fetch and execute jobs until cancelled; a job ends then, and its run goes on under its lease."""
        queues = [queue_of(self.project.history_name, queue) for queue in self.worker.queues]
        await app.run_worker_async(
            queues=queues,
            concurrency=self.worker.concurrency,
            delete_jobs="always",
            install_signal_handlers=False,
            shutdown_graceful_timeout=0,
            fetch_job_polling_interval=self.options.poll_seconds,
            update_heartbeat_interval=self.options.heartbeat_seconds,
            stalled_worker_timeout=self.options.stalled_seconds,
        )

    async def _reap(self, app: App) -> None:
        """Retry the jobs whose worker is gone, as long as the service runs."""
        while True:
            await asyncio.sleep(self.options.heartbeat_seconds)
            found = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=self.options.stalled_seconds)
            for job in found:
                with suppress(ConnectorException):  # another worker was faster
                    await app.job_manager.retry_job(job, retry_at=AT_ONCE)

    async def _execute(self, **arguments: Any) -> None:
        """Execute the run that a job names, which goes on in its thread if the connection of this task is lost.

        A job that is none of Spine's ends: it would come again forever, before those of runs.
        """
        run_id = arguments.get("run_id")
        if len(arguments) > 1 or not isinstance(run_id, str) or len(run_id) > _LONGEST_ID:
            logger.warning("a job that names no run is taken out of the queue")
            return
        if len(self._active) >= self.worker.concurrency:  # with runs of an earlier connection
            await asyncio.sleep(_RETRY_SECONDS)
            raise _BusyError(run_id)
        work = partial(copy_context().run, self.worker.execute, run_id)
        run = asyncio.get_running_loop().run_in_executor(self._threads, work)
        self._active.add(run)
        run.add_done_callback(partial(self._ended, run_id))
        try:
            await asyncio.shield(run)
        except Exception:
            await asyncio.sleep(_RETRY_SECONDS)
            raise

    def _ended(self, run_id: str, run: asyncio.Future[None]) -> None:
        self._active.discard(run)
        if not run.cancelled() and (error := run.exception()) is not None:
            logger.warning("run %s comes again: %s", run_id, _in_one_line(error))

    def _app(self) -> App:
        app = App(connector=PsycopgConnector(**_pool_arguments(self.project.database, self.worker.concurrency)))
        app.task(name=TASK, retry=ComeAgain())(self._execute)
        return app


def _pool_arguments(database: DatabaseAdapter, concurrency: int) -> dict[str, Any]:
    """Return the arguments of the driver's pool: the connection of the adapter, in the schema of the queue."""
    url, options = database.engine_arguments()
    connect = make_url(url).translate_connect_args(database="dbname", username="user") | options["connect_args"]
    connect["options"] = f"{connect.get('options', '')} -c search_path={SCHEMA},pg_temp"
    connect["application_name"] = f"{connect.get('application_name') or 'spine'} worker"
    sizes = {"min_size": 1, "max_size": concurrency + 3, "timeout": _CONNECT_SECONDS}
    return {"kwargs": connect, **sizes}


def _tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log an error that no task awaits, unless it is that of a connection which is opened again anyway."""
    if not isinstance(context.get("exception"), _AWAY):
        loop.default_exception_handler(context)


def _in_one_line(error: BaseException) -> str:
    lines = str(error.__cause__ or error).splitlines()
    return lines[0] if lines else type(error).__name__
