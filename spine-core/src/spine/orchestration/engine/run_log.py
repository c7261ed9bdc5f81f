"""Log of a run: the lines logged by its code, stored with the run."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock, Timer

from spine.core.kept_text import kept_text
from spine.framework.work import Work, current_work
from spine.orchestration.records import LogRecord
from spine.orchestration.run_store import RunStore, run_store

MAX_LINES = 10_000  # of one run in one process
MAX_CHARACTERS = 8_000  # of one line
_FLUSH_LINES = 200
_FLUSH_SECONDS = 1.0  # after the first line, so that the log is visible while the run continues

_active: list[str] = []  # runs whose steps log in this process


@contextmanager
def run_log(store: RunStore, run_id: str) -> Iterator[None]:
    """Store the lines that the steps of the run log inside the block, at INFO and above."""
    handler = _Handler(store, run_id)
    root = logging.getLogger()
    root.addHandler(handler)
    _active.append(run_id)
    try:
        yield
    finally:
        _active.remove(run_id)
        root.removeHandler(handler)
        handler.stop()


@contextmanager
def child_log(run_id: str | None) -> Iterator[None]:
    """Store the lines logged inside the block, in a child process that executes a part of the run.

    From then on INFO is logged, unless the process has configured its logging.
    """
    pass_info()
    if run_id is None or run_id in _active:
        yield
        return
    with run_log(run_store(), run_id):
        yield


def pass_info() -> None:
    """Enable INFO in a process whose logging is not configured."""
    root = logging.getLogger()
    if not root.handlers and root.level > logging.INFO:
        root.setLevel(logging.INFO)


class _Handler(logging.Handler):
    def __init__(self, store: RunStore, run_id: str) -> None:
        super().__init__(logging.INFO)
        self._store = store
        self._run_id = run_id
        self._lines: list[LogRecord] = []
        self._count = 0
        self._writing = Lock()
        self._timer: Timer | None = None

    def emit(self, record: logging.LogRecord) -> None:
        work = current_work()
        if work is None and not record.name.startswith("spine") and _active == [self._run_id]:
            work = Work(self._run_id)  # a thread started by a step, in a process with one run
        if work is None or work.run_id != self._run_id or self._count >= MAX_LINES:
            return
        try:
            message = self.format(record)
        except Exception:  # noqa: BLE001 - a wrong format string must not fail the step
            message = str(record.msg)
        self._count += 1
        moment = datetime.fromtimestamp(record.created, UTC)
        text = kept_text(message, MAX_CHARACTERS)
        self._lines.append(
            LogRecord(self._run_id, work.step, work.attempt, moment, record.levelname, record.name, text)
        )
        if len(self._lines) >= _FLUSH_LINES:
            self.flush()
        elif self._timer is None:
            self._timer = Timer(_FLUSH_SECONDS, self.flush)
            self._timer.daemon = True
            self._timer.start()

    def stop(self) -> None:
        if (timer := self._timer) is not None:
            timer.cancel()
        self.flush()

    def _take(self) -> list[LogRecord]:
        self.acquire()  # blocks logging from other threads
        try:
            self._timer = None
            lines, self._lines = self._lines, []
            return lines
        finally:
            self.release()

    def flush(self) -> None:
        with self._writing:
            lines = self._take()
            if not lines:
                return
            try:
                self._store.add_logs(lines)
            except Exception:  # noqa: BLE001 - a lost log line must not fail a step
                self._count = MAX_LINES
