"""Tap of what code logs and prints in this process, for the logs of the active runs."""

from __future__ import annotations

import io
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

from spine.framework.work import Work, current_work

Keep = Callable[[str, str], None]  # "stdout" or "stderr", and a text; an empty text asks to keep what is not a line yet

_MARK = "spine_run"  # of records that are kept, also after a queue has brought them from another process


class Log(Protocol):
    """Log of one run."""

    run_id: str

    def keep_record(self, work: Work, record: logging.LogRecord) -> None:
        """Keep a log record."""
        ...

    def keep_output(self, work: Work, stream: str, text: str) -> None:
        """Keep what was written to `stream`; an empty text asks to keep what is not a whole line yet."""
        ...


active: dict[str, Log] = {}
_installed: ExitStack | None = None
_lock = threading.Lock()
_is_enabled, _handle_record = logging.Logger.isEnabledFor, logging.Logger.handle


class _Thread(threading.local):
    """State of a thread: whether it is inside a log handler, and the record that only the tap wants."""

    handling = False
    only_kept: tuple[str, int] | None = None


_thread = _Thread()


@contextmanager
def tapped(log: Log) -> Iterator[None]:
    """Pass what the steps of a run log and print inside the block to `log`.

    Two methods of `logging.Logger` are replaced while runs are active. A handler of the root logger would not do:
    whatever a step configures, such as `basicConfig(force=True)`, `dictConfig`, which disables existing loggers,
    or a logger that does not propagate, takes its lines away.
    """
    _begin(log)
    try:
        yield
    finally:
        _end(log)


def _begin(log: Log) -> None:
    global _installed
    with _lock:
        active[log.run_id] = log
        if _installed is None:
            _installed = ExitStack()
            _installed.enter_context(_step_streams(_keep_output))
            logging.Logger.isEnabledFor = _is_wanted  # type: ignore[method-assign, assignment]
            logging.Logger.handle = _handle  # type: ignore[method-assign, assignment]


def _end(log: Log) -> None:
    global _installed
    with _lock:
        del active[log.run_id]
        if _installed is not None and not active:
            logging.Logger.isEnabledFor = _is_enabled  # type: ignore[method-assign]
            logging.Logger.handle = _handle_record  # type: ignore[method-assign]
            _installed.close()
            _installed = None


def _is_wanted(logger: logging.Logger, level: int) -> bool:
    if _is_enabled(logger, level):
        _thread.only_kept = None
        return True
    if level < logging.INFO or level < _own_level(logger) or _find(logger.name) is None:
        return False
    _thread.only_kept = (logger.name, level)
    return True


def _own_level(logger: logging.Logger) -> int:
    """Return the level that was set for a logger or one above it; the root's is for the process's own output."""
    found: logging.Logger | None = logger
    while found is not None and found.parent is not None:
        if found.level:
            return found.level
        found = found.parent
    return logging.INFO


def _handle(logger: logging.Logger, record: logging.LogRecord) -> None:
    only_kept, _thread.only_kept = _thread.only_kept == (logger.name, record.levelno), None
    allowed: bool | logging.LogRecord = logger.filter(record)
    if not allowed:
        return
    if isinstance(allowed, logging.LogRecord):  # since Python 3.12 a filter may replace the record
        record = allowed
    if record.levelno >= logging.INFO and _MARK not in record.__dict__:
        found = _find(record.name)
        if found is not None:
            setattr(record, _MARK, found[0].run_id)
            found[0].keep_record(found[1], record)
    if only_kept or logger.disabled:
        return
    before, _thread.handling = _thread.handling, True
    try:
        logger.callHandlers(record)
    finally:
        _thread.handling = before


def _find(name: str) -> tuple[Log, Work] | None:
    """Return the log and the work for a record of the logger `name` in this thread."""
    work = current_work()
    if work is None:
        if len(active) != 1 or name.startswith("spine"):
            return None
        run_id = next(iter(active))
        work = Work(run_id)  # a thread started by a step, in a process with one run
    log = active.get(work.run_id) if work.run_id is not None else None
    return None if log is None else (log, work)


def _keep_output(stream: str, text: str) -> None:
    work = current_work()
    if work is None or work.run_id is None or _thread.handling:  # handlers print records that are kept already
        return
    log = active.get(work.run_id)
    if log is not None:
        log.keep_output(work, stream, text)


class StepStream(io.TextIOBase):
    """A replacement of stdout or stderr. Closing it has no effect: the process needs the stream after the step."""

    def __init__(self, name: str, stream: Any, keep: Keep) -> None:
        self._name = name
        self._stream = stream
        self._keep = keep

    @property
    def encoding(self) -> str:  # type: ignore[override]  # read-only here
        return getattr(self._stream, "encoding", None) or "utf-8"

    @property
    def errors(self) -> str | None:  # type: ignore[override]  # read-only here
        return getattr(self._stream, "errors", None)

    @property
    def buffer(self) -> _Bytes:
        """Binary form; an AttributeError where the stream has none."""
        return _Bytes(self._stream.buffer, self._name, self._keep)

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() takes a str, not {type(text).__name__}")
        if not getattr(self._stream, "closed", self._stream is None):
            self._stream.write(text)
        if text:
            self._keep(self._name, text)
        return len(text)

    def flush(self) -> None:
        if not getattr(self._stream, "closed", self._stream is None):
            self._stream.flush()
        self._keep(self._name, "")

    def close(self) -> None:
        self.flush()

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._stream is not None and bool(self._stream.isatty())

    def fileno(self) -> int:
        if self._stream is None:
            raise io.UnsupportedOperation("fileno")
        return int(self._stream.fileno())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Bytes(io.BufferedIOBase):
    def __init__(self, stream: Any, name: str, keep: Keep) -> None:
        self._stream = stream
        self._name = name
        self._keep = keep

    def write(self, data: Any) -> int:
        written = int(self._stream.write(data))
        self._keep(self._name, bytes(data).decode("utf-8", "replace"))
        return written

    def flush(self) -> None:
        self._stream.flush()

    def close(self) -> None:
        self.flush()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self._stream.fileno())


@contextmanager
def _step_streams(keep: Keep) -> Iterator[None]:
    """Replace stdout and stderr inside the block."""
    before = sys.stdout, sys.stderr
    out, err = StepStream("stdout", before[0], keep), StepStream("stderr", before[1], keep)
    sys.stdout, sys.stderr = out, err
    try:
        yield
    finally:
        if sys.stdout is out:  # not where other code replaced it meanwhile
            sys.stdout = before[0]
        if sys.stderr is err:
            sys.stderr = before[1]
