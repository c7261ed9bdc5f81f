"""The executor: tasks for the workers of a Dask cluster."""

from __future__ import annotations

import json
from collections import deque
from concurrent.futures import Future
from functools import partial
from threading import Condition
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from attrs import define, field

from spine.core.configured import configured_by
from spine.orchestration.executors.base import Limits, Task, check_open, check_workers
from spine.orchestration.isolation.project_address import current_address, with_environment_there
from spine_executor_dask.config import DaskConfig
from spine_executor_dask.project_code import ProjectCode
from spine_executor_dask.sent_error import error_from_json

if TYPE_CHECKING:
    from spine_executor_dask.cluster import Cluster


class _Future(Future[Any]):
    """Future whose task is told when it runs and is to be cancelled."""

    def __init__(self, executor: DaskExecutor) -> None:
        super().__init__()
        self._executor = executor

    def cancel(self) -> bool:
        if super().cancel():
            return True
        self._executor._tell(self)
        return False


@define(eq=False)
class _Item:
    future: _Future
    reference: str
    arguments: str
    limits: Limits | None
    is_batch: bool = False
    key: str = field(factory=lambda: f"spine-{uuid4().hex}")
    deaths: int = 0  # of workers that had it


class DaskExecutor:
    """Executor on a Dask cluster, to which it connects at the first task, or which it starts then.

    Arguments and results are passed as JSON. An item whose worker dies is tried again alone, after the others, as it
    may have waited behind the one that did it.
    """

    name = "dask"

    @configured_by(DaskConfig)
    def __init__(self, options: DaskConfig) -> None:
        self.max_workers = check_workers(options.max_workers)
        self.config = options
        self._cluster: Cluster | None = None
        self._closed = False
        self._waiting: deque[_Item] = deque()
        self._suspects: deque[_Item] = deque()
        self._handed: dict[Future[Any], _Item] = {}
        self._changed = Condition()

    def submit(self, task: Task) -> Future[Any]:
        """Start the task, now or when a worker is free; see Executor.submit.

        Raises NetworkError if the cluster cannot be reached, and ConfigError for workers that cannot be used.
        """
        check_open(self._closed, self.name)
        arguments = task.checked_arguments()
        if self.config.address and arguments.get("project"):
            arguments["project"] = with_environment_there(arguments["project"])
        text = json.dumps(arguments, allow_nan=False)
        item = _Item(_Future(self), task.reference, text, task.limits, task.is_batch)
        if self._cluster is None:
            from spine_executor_dask.cluster import Cluster  # not for `spine plugins list`

            self._cluster = Cluster.connected(self.config, _code())
        with self._changed:
            self._waiting.append(item)
        self._hand_out()
        return item.future

    def close(self) -> None:
        self._closed = True
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting and not self._suspects and not self._handed)
            cluster, self._cluster = self._cluster, None
        if cluster is not None:
            cluster.close()

    def abandon(self, future: Future[Any]) -> None:
        """Restart the worker of a task that does not return; the task fails as if its process had died."""
        item = self._handed.get(future)
        if item is not None and self._cluster is not None:
            self._cluster.start(self._cluster.abandon(item.key))

    def _tell(self, future: Future[Any]) -> None:
        item = self._handed.get(future)
        if item is not None and self._cluster is not None:
            self._cluster.start(self._cluster.tell(item.key))

    def _hand_out(self) -> None:
        """Hand out tasks while there is room; also called by the thread that ended a task."""
        while (item := self._next()) is not None:
            if item.deaths or item.future.set_running_or_notify_cancel():
                self._start(item)
            else:
                self._release(item)

    def _next(self) -> _Item | None:
        with self._changed:
            cluster = self._cluster
            if cluster is None or any(item.deaths for item in self._handed.values()):
                return None
            if self._waiting:
                item = self._waiting.popleft() if len(self._handed) < cluster.room else None
            else:
                item = self._suspects.popleft() if self._suspects and not self._handed else None
            if item is not None:
                self._handed[item.future] = item
            return item

    def _start(self, item: _Item) -> None:
        cluster = self._cluster
        if cluster is not None:
            answered = cluster.start(cluster.result(item.key, item.reference, item.arguments, item.limits))
            answered.add_done_callback(partial(self._ended, item))

    def _ended(self, item: _Item, answered: Future[dict[str, Any]]) -> None:
        from spine_executor_dask.cluster import WorkerDied, died

        error = answered.exception()
        if isinstance(error, WorkerDied) and self._may_try_again(item):
            self._release(item, is_suspect=True)
        else:
            _pass_on(answered, item.future, died() if isinstance(error, WorkerDied) else error)
            self._release(item)
        self._hand_out()

    def _may_try_again(self, item: _Item) -> bool:
        """Count a death; a cluster of an address has tried again by itself, and the last try is alone."""
        item.deaths += 1
        return not item.is_batch and item.deaths <= (1 if self.config.address else self.config.allowed_failures)

    def _release(self, item: _Item, *, is_suspect: bool = False) -> None:
        with self._changed:
            del self._handed[item.future]
            if is_suspect:
                item.key = f"spine-{uuid4().hex}"
                self._suspects.append(item)
            self._changed.notify_all()


def _code() -> ProjectCode | None:
    """Return the code of the current project; None without one."""
    address = current_address()
    return ProjectCode.imported(address["root"]) if address is not None else None


def _pass_on(answered: Future[dict[str, Any]], future: Future[Any], error: BaseException | None) -> None:
    """Give a task's future its JSON value, or the task's own error, or that of the cluster."""
    answer = {} if error is not None else answered.result()
    if "error" in answer:
        error = error_from_json(answer["error"])
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(answer["result"])
