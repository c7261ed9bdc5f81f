"""Current work: the step or pipeline being executed, and its staged data."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, NoReturn

from attrs import define, field


@define
class Work:
    """Attempt of a step, or execution of a pipeline outside of a workflow.

    Captures and rejects made inside it are `staged`: they become visible together when it completes, and never if it
    fails or the process dies. `sources_read` names the sources that it used, `failed_fetches` has name and error of
    those that failed.
    """

    run_id: str | None = None
    execution_id: str | None = None
    workflow: str | None = None
    workflow_version: int = 1
    step: str | None = None
    attempt: int = 1
    pipeline: str | None = None
    domain: str | None = None
    partition: Mapping[str, Any] = field(factory=dict)
    outputs: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    refresh: bool = False
    dry_run: bool = False
    staged: list[Any] = field(factory=list)
    sources_read: list[str] = field(factory=list)
    failed_fetches: list[tuple[str, Exception]] = field(factory=list)


_current: ContextVar[Work | None] = ContextVar("spine_work", default=None)


def current_work() -> Work | None:
    """Return the current work, None in a plain script."""
    return _current.get()


def note_source(name: str) -> None:
    """Record that the current work, if any, uses this source."""
    work = _current.get()
    if work is not None and name not in work.sources_read:
        work.sources_read.append(name)


@contextmanager
def use_work(work: Work) -> Iterator[Work]:
    """Make `work` current inside the block; a child process that the block forked ends with it."""
    token, process = _current.set(work), os.getpid()
    try:
        yield work
    except BaseException as error:
        if os.getpid() != process:
            _end_fork(error)
        raise
    finally:
        if os.getpid() != process:
            _end_fork(None)
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
