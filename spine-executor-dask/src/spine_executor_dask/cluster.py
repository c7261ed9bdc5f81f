"""Connection to a Dask cluster, which is started here or is that of an address."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import tempfile
from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

import dask
from attrs import define, field
from distributed import Client, KilledWorker, LocalCluster
from distributed import Future as DaskFuture
from distributed.security import Security

from spine.core.errors import ConfigError, NetworkError, OrchestrationError, SpineError
from spine.core.errors import TimeoutError as SpineTimeoutError
from spine.orchestration.isolation.spawned import keep_script_out
from spine_executor_dask.config import DaskConfig
from spine_executor_dask.project_code import ProjectCode
from spine_executor_dask.worker import answer, check_worker, versions

if TYPE_CHECKING:
    from spine.orchestration.executors.base import Limits

T = TypeVar("T")

_AHEAD = 3  # items handed to each worker, so that the next one is there when one ends
_ASK_SECONDS = 10.0  # for a worker that says what it does
_RESTART_SECONDS = 30.0
_WORKER = "Dask Worker process"  # what a nanny calls it
_LONGEST_WAIT = _AHEAD + 1  # items and restarts, for one that no worker takes
_LOCAL: dict[str, Any] = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": 1.0,
}


class WorkerDied(Exception):
    """The worker of a task died, while it ran this one or another one that this one waited behind."""


def died() -> OrchestrationError:
    """Return the error of a task whose worker died."""
    return OrchestrationError(
        "a worker process died (killed, or out of memory) before the task was done", retryable=True
    )


@define(eq=False)
class Cluster:
    """Connected cluster; its coroutines run on the client's loop, in a thread of its own."""

    client: Client
    options: DaskConfig
    code: ProjectCode | None
    workers: int = field(default=0, init=False)
    _open: ExitStack = field(factory=ExitStack, init=False)
    _lost: OrchestrationError | None = field(default=None, init=False)
    _futures: dict[str, DaskFuture] = field(factory=dict, init=False)
    _stopped: dict[str, SpineError] = field(factory=dict, init=False)

    @classmethod
    def connected(cls, options: DaskConfig, code: ProjectCode | None) -> Cluster:
        """Connect to the cluster, started here if the options name no address; its workers must have the same `code`.

        Raises NetworkError if there is no scheduler or no worker in time, and ConfigError for workers that cannot be
        used.
        """
        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what they say arrives as an error
        with ExitStack() as stack:
            place = options.address or _started(options, stack)
            cluster = cls(_connect(place, options, stack), options, code)
            cluster.workers = cluster.start(cluster._usable_workers()).result()
            cluster._open = stack.pop_all()
        return cluster

    @property
    def room(self) -> int:
        """Number of items to hand out at once.

        Each worker that was started here has the next ones before the last one ends. Elsewhere, more workers may come,
        and each takes an item.
        """
        return self.options.max_workers if self.options.address else _AHEAD * self.workers

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start a coroutine on the client's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.client.loop.asyncio_loop)

    async def result(self, key: str, reference: str, arguments: str, limits: Limits | None) -> dict[str, Any]:
        """Run a task in a worker and return its answer.

        Raises TimeoutError when it is late, WorkerDied, and OrchestrationError if the cluster is lost.
        """
        if self._lost is not None:
            raise self._lost
        request = {
            "do": "run",
            "key": key,
            "versions": versions(),
            "code": self._code,
            "reference": reference,
            "arguments": arguments,
            "limits": limits.to_dict() if limits is not None else None,
        }
        self._futures[key] = self.client.submit(answer, json.dumps(request), key=key, pure=False)
        try:
            found: dict[str, Any] = json.loads(await self._in_time(key, limits))
        except KilledWorker as error:
            raise WorkerDied from error
        except (CancelledError, OSError) as error:
            raise self._stopped.pop(key, None) or self._loss(error) from error
        except (ImportError, AttributeError) as error:
            raise ConfigError(f"a Dask worker cannot import spine_executor_dask, install it there: {error}") from error
        finally:
            del self._futures[key]
        return found

    async def stop(self, key: str, error: SpineError) -> None:
        """End a task with an error, and restart its worker if it runs."""
        place, _ = await self._running(key)
        future = self._futures.get(key)
        if future is None:  # it has ended
            return
        self._stopped[key] = error
        await future.cancel(force=True)
        if place is not None:
            await self.client.restart_workers([place], timeout=_RESTART_SECONDS, raise_for_error=False)

    async def abandon(self, key: str) -> None:
        """End a task as if its worker had died, which is restarted."""
        await self.stop(key, died())

    async def tell(self, key: str) -> None:
        """Tell a task that it was cancelled."""
        place, _ = await self._running(key)
        if place is not None:
            await self._ask(place, do="cancel", key=key)

    def close(self) -> None:
        """Disconnect, and end the workers that were started here."""
        self._open.close()

    async def _usable_workers(self) -> int:
        """Wait for a worker, and return how many there are; ConfigError for one that cannot be used."""
        try:
            await self.client.wait_for_workers(1, timeout=self.options.connect_seconds)
        except OSError as error:  # TimeoutError is one
            raise NetworkError(f"the Dask cluster at {self._name} has no worker: start dask worker") from error
        found = (await self.client.scheduler.identity(n_workers=-1))["workers"]
        for address, worker in found.items():
            if worker["nthreads"] != 1 or worker["nanny"] is None:
                raise ConfigError(
                    f"the Dask worker {address} runs several items at once or has no nanny: start it with "
                    "dask worker --nthreads 1 --nanny"
                )
        request = json.dumps({"do": "facts", "code": self._code})
        answers = await self.client.run(answer, request, on_error="return")
        for address, said in answers.items():
            if not isinstance(said, str):
                raise ConfigError(
                    f"the Dask worker {address} cannot import spine_executor_dask, install it there: {said}"
                )
            facts = json.loads(said)
            check_worker(versions(), facts["versions"], address, same_code=facts["same_code"])
        return len(found)

    async def _in_time(self, key: str, limits: Limits | None) -> str:
        """Return the answer of a task; after its timeout it is stopped. Time before it began does not count."""
        seconds, late = self._timeout(limits)
        began = monotonic()
        longest = _LONGEST_WAIT * (seconds + _RESTART_SECONDS)
        waiting = asyncio.ensure_future(_text_of(self._futures[key]))
        left = seconds
        while not await self._ends_within(left, waiting):
            _, running = await self._running(key)
            left = seconds - running
            if left <= 0 or monotonic() - began > longest:
                await self.stop(key, late)
                left = seconds
        return waiting.result()

    async def _ends_within(self, seconds: float, waiting: asyncio.Future[str]) -> bool:
        """Wait for a task up to so many seconds, and return True if it has ended.

        Raises OrchestrationError if the cluster has had no worker for `connect_seconds`.
        """
        until = monotonic() + seconds
        while True:
            look = min(max(until - monotonic(), 0.0), self.options.connect_seconds)
            if (await asyncio.wait([waiting], timeout=look))[0]:
                return True
            if monotonic() >= until:
                return False
            try:
                await self.client.wait_for_workers(1, timeout=self.options.connect_seconds)
            except TimeoutError as error:
                waiting.cancel()
                raise self._deserted() from error

    def _deserted(self) -> OrchestrationError:
        """Return the error of this task and all others, for a cluster whose workers have ended."""
        start = "start dask worker, and resume" if self.options.address else "resume"
        deserted = f"the Dask cluster at {self._name} has no worker left: {start} the run, which keeps what has ended"
        self._lost = OrchestrationError(deserted, retryable=True)
        return self._lost

    def _timeout(self, limits: Limits | None) -> tuple[float, SpineTimeoutError]:
        """Return the seconds that a task may take, its own or those of the executor, and the error of a late one."""
        seconds = self.options.timeout
        if limits is not None and limits.seconds is not None and limits.seconds <= seconds:
            return limits.seconds, limits.late()
        late = f"no result after {seconds:g} s, and the worker is restarted: raise the timeout of the executor"
        return seconds, SpineTimeoutError(late)

    async def _running(self, key: str) -> tuple[str | None, float]:
        """Return the address of the worker that runs a task, and for how many seconds; None and 0 if none does.

        A worker that does not answer is taken to run forever what it got first.
        """
        handed = await self.client.processing()
        place = next((address for address, keys in handed.items() if key in keys), None)
        if place is None:
            return None, 0.0
        running = await self._ask(place, do="seconds")
        if running is None:
            first = next((each for each in self._futures if each in handed[place]), key)
            running = {first: math.inf}
        return (place, running[key]) if key in running else (None, 0.0)

    async def _ask(self, place: str, **request: str) -> Any:
        """Return the answer of a worker to a request, an empty one if it is gone, and None if it does not answer."""
        asked = self.client.run(answer, json.dumps(request), workers=[place], on_error="ignore")
        try:
            found = await asyncio.wait_for(asked, _ASK_SECONDS)
        except TimeoutError:
            return None
        return json.loads(found[place]) if place in found else {}

    def _loss(self, error: BaseException) -> OrchestrationError:
        """Return the error of a task that the cluster does not know any more, or whose result cannot be fetched."""
        if self.client.status == "running" and isinstance(error, CancelledError):
            return OrchestrationError(f"the Dask cluster at {self._name} dropped the task: {error}", retryable=True)
        lost = (
            f"the Dask cluster at {self._name} was lost: start it again, and resume the run, which keeps what has ended"
        )
        self._lost = OrchestrationError(lost, retryable=True)
        return self._lost

    @property
    def _code(self) -> dict[str, object] | None:
        return self.code.to_dict() if self.code is not None else None

    @property
    def _name(self) -> str:
        return self.options.address or "this machine"


async def _text_of(future: DaskFuture) -> str:
    text: str = await future
    return text


def _started(options: DaskConfig, stack: ExitStack) -> LocalCluster:
    """Start a cluster that listens on the loopback only."""
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="spine-dask-", ignore_cleanup_errors=True))
    keep_script_out(_WORKER)
    with dask.config.set(_LOCAL):
        cluster = LocalCluster(
            n_workers=min(options.workers or options.max_workers, options.max_workers),
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            protocol="tcp://",
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0", "dashboard": False, "allowed_failures": 0},
            silence_logs=logging.CRITICAL,
            security=Security(),
            memory_limit=options.max_memory,
            local_directory=folder,
            preload=["spine_executor_dask.preload"],
        )
    return stack.enter_context(cluster)


def _connect(place: LocalCluster | str, options: DaskConfig, stack: ExitStack) -> Client:
    security = Security()
    if options.address is not None and options.address.startswith("tls://"):
        security = Security(
            require_encryption=True,
            tls_ca_file=options.tls_ca_file,
            tls_client_cert=options.tls_cert,
            tls_client_key=options.tls_key,
        )
    try:
        client = Client(
            place,
            security=security,
            timeout=options.connect_seconds,
            set_as_default=False,
            direct_to_workers=False,
            name="spine",
        )
    except (OSError, ValueError) as error:  # of a certificate, too
        raise NetworkError(f"the Dask cluster at {options.address} cannot be reached: {error}", cause=error) from error
    return stack.enter_context(client)
