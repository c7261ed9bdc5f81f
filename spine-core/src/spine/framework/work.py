"""Current work: the step or pipeline being executed, and its staged data."""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from datetime import datetime
from itertools import count
from operator import attrgetter
from typing import Any, NoReturn, ParamSpec, TypeVar

from attrs import define, evolve, field, fields

from spine.core.errors import WorkflowError
from spine.core.scope import current_scope


@define
class Work:
    """Attempt of a step, or execution of a pipeline outside of a workflow.

    Captures and rejects made inside it are `staged`: they become visible together when it completes, and never if it
    fails or the process dies. `sources_read` names the sources that it used, `cursors` are the stored cursors that it
    has read, by source, `edges` the keys of its lineage.
    `visit` is the same in each attempt of one visit to the step, `item` is the key of an item of a map step, and
    `scheduled_at` the time of the tick that the run stands for. `loads` has the numbers of loads that are alike, and
    `locks` the locks of `in_turn`. `outer` is the step or pipeline that a pipeline runs in: it gets what that has
    staged when it completes.
    """

    run_id: str | None = None
    execution_id: str | None = None
    workflow: str | None = None
    workflow_version: int = 1
    step: str | None = None
    attempt: int = 1
    visit: str = "1"
    item: str | None = None
    scheduled_at: datetime | None = None
    pipeline: str | None = None
    domain: str | None = None
    partition: Mapping[str, Any] = field(factory=dict)
    outputs: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    refresh: bool = False
    dry_run: bool = False
    staged: list[Any] = field(factory=list)
    sources_read: list[str] = field(factory=list)
    cursors: dict[str, Any] = field(factory=dict)
    edges: set[tuple[Any, ...]] = field(factory=set)
    loads: defaultdict[Hashable, set[int]] = field(factory=lambda: defaultdict(set))
    locks: defaultdict[Hashable, threading.RLock] = field(factory=lambda: defaultdict(threading.RLock))
    process: int = field(factory=os.getpid)
    outer: Work | None = None
    has_ended: bool = False

    def of_pipeline(self, execution_id: str, pipeline: str) -> Work:
        """Return the work of a pipeline that runs in this one, with staged data of its own."""
        return evolve(
            self,
            execution_id=execution_id,
            pipeline=pipeline,
            staged=[],
            edges=set(),
            locks=defaultdict(threading.RLock),
            outer=self,
            has_ended=False,
        )

    def of_item(self, key: str) -> Work:
        """Return the work of an item of a map step, with staged data of its own."""
        work = Work(*_values(self))
        work.item, work.staged, work.edges, work.loads = key, [], set(), defaultdict(set)
        work.locks, work.outer, work.has_ended = defaultdict(threading.RLock), None, False
        return work

    def stage(self, records: Iterable[Any]) -> None:
        """Stage records; WorkflowError if the work has ended, since they would be lost."""
        with _counting:
            self.refuse_late("data was written")
            self.staged.extend(records)

    def refuse_late(self, what: str) -> None:
        """Raise WorkflowError if the work has ended."""
        if self.has_ended:
            name = f"step {self.step!r}" if self.step else f"pipeline {self.pipeline!r}"
            raise WorkflowError(
                f"{what} in a thread that goes on after the end of {name}, and is not kept: let it wait for its "
                "threads, as with Thread.join()"
            )

    def visible(self) -> list[Any]:
        """Return what it sees staged, oldest first: the records of the step that a pipeline runs in, and its own."""
        return [*(self.outer.visible() if self.outer else ()), *self.staged]

    def end(self) -> None:
        """Stage nothing from now on."""
        with _counting:
            self.has_ended = True

    @contextmanager
    def in_turn(self, what: Hashable) -> Iterator[None]:
        """Let one thread of the work at a time into the blocks for `what`."""
        with _counting:
            lock = self.locks[what]
        with lock:
            yield

    @contextmanager
    def numbered_load(self, alike: Hashable) -> Iterator[int]:
        """Yield the number of a load among those that are alike, from 1; one that fails frees its number."""
        with _counting:
            taken = self.loads[alike]
            number = next(number for number in count(1) if number not in taken)
            taken.add(number)
        try:
            yield number
        except BaseException:
            taken.discard(number)
            raise


_values = attrgetter(*(item.name for item in fields(Work)))

P = ParamSpec("P")
T = TypeVar("T")

_current: ContextVar[Work | None] = ContextVar("spine_work", default=None)
_counting = threading.Lock()
_active: set[object] = set()  # one for each block of `use_work` that runs now, in any thread


def current_work() -> Work | None:
    """Return the current work, None in a plain script."""
    return _current.get()


def staging_work(what: str, store: type[Any]) -> Work | None:
    """Return the work that a write belongs to, None in a plain script; `store` is the port that would take it there.

    Raises WorkflowError in a thread or process that a step started and that does not know the step, or goes on after
    its end: what it writes would be visible although the step fails, or be lost.
    """
    work = _current.get()
    if work is None and _active and threading.current_thread() is not threading.main_thread():
        raise WorkflowError(
            f"{what} in a thread that does not know its step: pass spine.orchestration.bound(function) to the thread"
        )
    is_elsewhere = work.process != os.getpid() if work else _is_child() and current_scope().find(store) is None
    if is_elsewhere:
        raise WorkflowError(
            f"{what} in a process that a step started: return the data to the step, or use a map step on an executor"
        )
    if work is not None:
        work.refuse_late(what)
    return work


def bound(function: Callable[P, T]) -> Callable[P, T]:
    """Return `function` for a thread that a step starts, with the project and the step of the caller of `bound`.

    Its captures, rejects, cursors and log lines are then those of the step.
    """
    context = copy_context()

    @functools.wraps(function)
    def in_context(*args: P.args, **options: P.kwargs) -> T:
        return context.copy().run(function, *args, **options)  # a context can be entered by one thread at a time

    return in_context


def _is_child() -> bool:
    """Return True in a process that Python's multiprocessing started."""
    module = sys.modules.get("multiprocessing.process")
    return module is not None and module.parent_process() is not None


def note_source(name: str) -> None:
    """Record that the current work, if any, uses this source."""
    work = _current.get()
    if work is not None and name not in work.sources_read:
        work.sources_read.append(name)


@contextmanager
def use_work(work: Work) -> Iterator[Work]:
    """Make `work` current inside the block, and end it; a child process that the block forked ends with it."""
    token, process, entered = _current.set(work), os.getpid(), object()
    _active.add(entered)
    try:
        yield work
    except BaseException as error:
        if os.getpid() != process:
            _end_fork(error)
        raise
    finally:
        if os.getpid() != process:
            _end_fork(None)
        work.end()
        _active.discard(entered)
        _current.reset(token)


def _end_fork(error: BaseException | None) -> NoReturn:
    """End a forked child that came to the end of its parent's work: what follows is the parent's."""
    code = 0
    if isinstance(error, SystemExit):
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    elif error is not None:
        import traceback  # rarely needed

        traceback.print_exception(error)
        code = 1
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    os._exit(code)
