"""Work in a process of the cluster: `answer` is the one function that is sent, with JSON text in and out."""

from __future__ import annotations

import json
import logging
import platform
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar, copy_context
from functools import cache
from importlib.metadata import version
from typing import Any

from attrs import field, frozen

from spine.core.errors import ConfigError, OrchestrationError
from spine.orchestration.definition.references import resolve_reference
from spine.orchestration.executors.base import Limits, call
from spine.orchestration.isolation.project_address import close_kept_project, keep_project_open
from spine_executor_dask.project_code import ProjectCode
from spine_executor_dask.sent_error import error_to_json

_BEFORE_PROJECT = 1000  # the project is closed where it was opened, and not by the process's own end


@frozen(eq=False)
class _Task:
    key: str
    began: float = field(factory=time.monotonic)
    is_cancelled: threading.Event = field(factory=threading.Event)


_current: ContextVar[_Task | None] = ContextVar("spine_dask_task", default=None)
_running: dict[str, _Task] = {}
_context = copy_context()  # of all tasks of this process: the project stays open in it
_busy = threading.Lock()


def is_cancelled() -> bool:
    """Return True in an item whose cancellation was asked for: it may end early, by raising an error."""
    task = _current.get()
    return task is not None and task.is_cancelled.is_set()


def answer(request: str) -> str:
    """Do what a request asks for, and return the answer as JSON text."""
    message = json.loads(request)
    return json.dumps(_ANSWERS[message["do"]](message), allow_nan=False)


@cache
def versions() -> str:
    """Return the versions that must be the same here and there."""
    python = ".".join(platform.python_version_tuple()[:2])
    names = ("spine-core", "spine-executor-dask", "distributed")
    return ", ".join((f"Python {python}", *(f"{name} {version(name)}" for name in names)))


def check_worker(here: str, there: str, worker: str, *, same_code: bool) -> None:
    """Raise ConfigError if a worker has other versions, which it names, or other code of the project."""
    if here != there:
        raise ConfigError(
            f"the Dask worker {worker} has {there}, and this process has {here}: install the same on both"
        )
    if not same_code:
        raise ConfigError(
            f"the Dask worker {worker} has other code of the project than this process: bring its folder up to date "
            "there, and restart the workers"
        )


def _run(message: Mapping[str, Any]) -> dict[str, Any]:
    """Run a task: import its function and call it."""
    task = _Task(message["key"])
    if not _busy.acquire(blocking=False):
        several = ConfigError("a Dask worker runs several items at once: start it with --nthreads 1")
        return {"error": error_to_json(several)}
    _running[task.key] = task
    try:
        _begin()
        return _context.run(_outcome, task, message)
    finally:
        del _running[task.key]
        _busy.release()


def _outcome(task: _Task, message: Mapping[str, Any]) -> dict[str, Any]:
    _current.set(task)
    reference = message["reference"]
    try:
        same_code = _has_code(message, keep=True)
        check_worker(message["versions"], versions(), platform.node(), same_code=same_code)
        limits = Limits(**message["limits"]) if message["limits"] is not None else None
        return {"result": call(resolve_reference(reference), json.loads(message["arguments"]), limits)}
    except SystemExit as error:
        left = OrchestrationError(f"the module of {reference} called sys.exit({error.code!r})")
        return {"error": error_to_json(left)}
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - the caller gets it as the task's own
        return {"error": error_to_json(error)}


@cache
def _begin() -> None:
    """Prepare this process, before its first task."""
    from multiprocessing.util import Finalize  # for a worker only

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # its lines would be in the log of the run
    keep_project_open()
    Finalize(None, _end, exitpriority=_BEFORE_PROJECT)


def _end() -> None:
    with suppress(RuntimeError):  # a task is still in the context, as its worker is restarted
        _context.run(close_kept_project)


def _has_code(message: Mapping[str, Any], *, keep: bool = False) -> bool:
    code = message["code"]
    return code is None or ProjectCode(**code).is_same_here(keep=keep)


def _facts(message: Mapping[str, Any]) -> dict[str, Any]:
    return {"versions": versions(), "same_code": _has_code(message)}


def _seconds(_message: Mapping[str, Any]) -> dict[str, float]:
    """Return the tasks that run here, with the seconds since they began."""
    return {key: time.monotonic() - task.began for key, task in list(_running.items())}


def _cancel(message: Mapping[str, Any]) -> bool:
    task = _running.get(message["key"])
    if task is not None:
        task.is_cancelled.set()
    return task is not None


_ANSWERS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "run": _run,
    "facts": _facts,
    "seconds": _seconds,
    "cancel": _cancel,
}
