"""Log of a run: the lines logged and printed by its code, stored with the run."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from attrs import define

from spine.core.kept_text import kept_text, log_text
from spine.framework.work import Work
from spine.orchestration.engine import log_tap
from spine.orchestration.records import LogRecord
from spine.orchestration.run_store import RunStore, run_store

if TYPE_CHECKING:
    from spine.orchestration.engine.forked_lines import ForkedLines

MAX_LINES = 10_000  # below ERROR, of one attempt of a step in one process
MAX_CHARACTERS = 8_000  # of one line
_FLUSH_LINES = 100
_FLUSH_SECONDS = 1.0  # after the first line, so that the log is visible while the run continues
_MAX_PENDING = 20_000  # lines that wait for a store that refuses them
_LEVEL_CHARACTERS = 16
_NAME_CHARACTERS = 200  # of a logger

Place = tuple[str | None, int]  # a step and its attempt


@contextmanager
def run_log(store: RunStore, run_id: str) -> Iterator[None]:
    """Store what the steps of the run log at INFO and above, and what they print, inside the block."""
    log = RunLog(store, run_id)
    with log_tap.tapped(log):
        try:
            yield
        finally:
            log.stop()


@contextmanager
def child_log(run_id: str | None) -> Iterator[None]:
    """Store the lines of the block, in a child process that executes a part of the run."""
    if run_id is None or run_id in log_tap.active:
        yield
        return
    with run_log(run_store(), run_id):
        yield


@contextmanager
def lines_to_commit(run_id: str) -> Iterator[Sequence[LogRecord]]:
    """Give the lines of a run that are not stored yet, for a commit inside the block; if it fails they stay pending."""
    log = log_tap.active.get(run_id)
    if not isinstance(log, RunLog):
        yield ()
        return
    with log.committing() as lines:
        yield lines


@define
class _Partial:
    """Text written to a stream that is not a whole line yet, and the characters left out of it."""

    text: str = ""
    left_out: int = 0

    def add(self, text: str) -> None:
        room = 2 * MAX_CHARACTERS - len(self.text)
        self.text += text[:room]
        self.left_out += max(len(text) - room, 0)

    def line(self) -> str:
        """Return what a terminal would show: the text after the last carriage return."""
        shown = self.text.rstrip("\r\n").rpartition("\r")[2]
        return kept_text(shown, MAX_CHARACTERS, left_out=self.left_out)


@define
class _Count:
    kept: int = 0
    cut: int = 0


class RunLog:
    """Lines of one run in this process, stored every second or 100 lines, and with each step's end.

    A forked child writes its lines to a file, which the parent reads: the child has the parent's connections, and may
    end by os._exit.
    """

    def __init__(self, store: RunStore, run_id: str) -> None:
        self.run_id = run_id
        self._store = store
        self._pending: list[LogRecord] = []
        self._counts: dict[Place, _Count] = {}
        self._partial: dict[tuple[Place, str, int], _Partial] = {}
        self._timer: threading.Timer | None = None
        self._refused = False  # by the store, at the last try
        self._of_children: ForkedLines | None = None
        self._is_child = False
        self._new_locks()

    def _new_locks(self) -> None:
        self._lock = threading.RLock()  # of the lines; never held while the other one is acquired
        self._writing = threading.Lock()
        self._writer: int | None = None  # the thread that stores lines: what it logs meanwhile waits

    def keep_record(self, work: Work, record: logging.LogRecord) -> None:
        if self._has_room(work, record.levelno):
            text = log_text(record, MAX_CHARACTERS)
            self._add(work, record.created, record.levelname, record.name, text)

    def keep_output(self, work: Work, stream: str, text: str) -> None:
        key = ((work.step, work.attempt), stream, threading.get_ident())
        *whole, last = text.split("\n")
        lines = []
        with self._lock:
            partial = self._partial.pop(key, None) or _Partial()
            for part in whole:
                partial.add(part)
                lines.append(partial.line())
                partial = _Partial()
            partial.add(last)
            if not text and self._is_child:  # flushed: a child may end without notice
                lines.append(partial.line())
            elif partial.text:
                self._partial[key] = partial
        for line in lines:
            self._keep_line(work, stream, line)

    def stop(self) -> None:
        """Store the rest."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
        self._flush(last=True)
        if self._of_children is not None and not self._is_child:
            self._of_children.close()

    @contextmanager
    def committing(self) -> Iterator[Sequence[LogRecord]]:
        """Give the pending lines, with those that have no end yet; if the block fails they stay pending."""
        with self._exclusive():
            lines = self._take(last=True)
            try:
                yield lines
            except BaseException:
                self._put_back(lines)
                raise

    def before_fork(self) -> None:
        """Open the file for the lines of children."""
        if self._of_children is None:
            from spine.orchestration.engine.forked_lines import ForkedLines  # few steps fork

            self._of_children = ForkedLines()

    def after_fork_in_parent(self) -> None:
        """Look for lines of children each second from now on."""
        if not self._is_child:
            with self._lock:
                self._schedule()

    def after_fork_in_child(self) -> None:
        """Begin anew: what is pending is the parent's."""
        self._is_child = True
        self._new_locks()
        self._pending, self._partial, self._timer = [], {}, None

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        with self._writing:
            self._writer = threading.get_ident()
            try:
                yield
            finally:
                self._writer = None

    def _keep_line(self, work: Work, stream: str, line: str) -> None:
        if line.strip() and self._has_room(work, logging.INFO):
            self._add(work, datetime.now(UTC).timestamp(), "INFO", stream, line)

    def _has_room(self, work: Work, level: int) -> bool:
        """Count a line, and return whether it is kept."""
        if level >= logging.ERROR:
            return True
        with self._lock:
            count = self._count((work.step, work.attempt))
            if count.kept < MAX_LINES:
                count.kept += 1
                return True
            count.cut += 1
        if self._is_child and self._of_children is not None:
            self._of_children.write_cut(work.step, work.attempt)
        return False

    def _count(self, place: Place) -> _Count:
        return self._counts.setdefault(place, _Count())

    def _record(self, work: Work, created: float, level: str, name: str, text: str) -> LogRecord:
        moment = datetime.fromtimestamp(created, UTC)
        level, name = level[:_LEVEL_CHARACTERS], name[:_NAME_CHARACTERS]
        return LogRecord(self.run_id, work.step, work.attempt, moment, level, name, text)

    def _add(self, work: Work, created: float, level: str, name: str, text: str) -> None:
        record = self._record(work, created, level, name, text)
        if self._is_child and self._of_children is not None:
            self._of_children.write(record)
            return
        with self._lock:
            self._pending.append(record)
            self._schedule()
            is_full = len(self._pending) >= _FLUSH_LINES and not self._refused
        if is_full and self._writer != threading.get_ident():
            self._flush()

    def _schedule(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(_FLUSH_SECONDS, self._tick)
            self._timer.name, self._timer.daemon = "spine-run-log", True
            self._timer.start()

    def _tick(self) -> None:
        with self._lock:
            self._timer = None
        self._flush()
        with self._lock:
            if self._pending or self._of_children is not None:
                self._schedule()

    def _flush(self, *, last: bool = False) -> None:
        with self._exclusive():
            lines = self._take(last=last)
            if not lines:
                return
            try:
                self._store.add_logs(lines)
                self._refused = False
            except Exception:  # noqa: BLE001 - a log line must not fail a step; the timer tries again
                self._refused = True
                self._put_back(lines)

    def _take(self, *, last: bool) -> list[LogRecord]:
        """Return the pending lines; with `last`, also output without a line end, and how many lines were cut."""
        if last:
            self._end_lines()
        with self._lock:
            lines, self._pending = self._pending, []
            lines = self._with_children(lines)
            return lines + (self._markers() if last else [])

    def _with_children(self, lines: list[LogRecord]) -> list[LogRecord]:
        if self._of_children is None or self._is_child:
            return lines
        of_children, cuts = self._of_children.read()
        for place in cuts:
            self._count(place).cut += 1
        return sorted([*lines, *of_children], key=lambda line: line.timestamp) if of_children else lines

    def _end_lines(self) -> None:
        with self._lock:
            partial, self._partial = self._partial, {}
        for ((step, attempt), stream, _thread), part in partial.items():
            self._keep_line(Work(self.run_id, step=step, attempt=attempt), stream, part.line())

    def _markers(self) -> list[LogRecord]:
        found = []
        for (step, attempt), count in self._counts.items():
            if count.cut:
                text = f"{count.cut:,} lines were cut: an attempt of a step keeps {MAX_LINES:,} lines below ERROR"
                work = Work(self.run_id, step=step, attempt=attempt)
                found.append(self._record(work, datetime.now(UTC).timestamp(), "WARNING", "spine.run_log", text))
                count.cut = 0
        return found

    def _put_back(self, lines: Sequence[LogRecord]) -> None:
        with self._lock:
            kept = [*lines, *self._pending]
            self._pending = kept[:_MAX_PENDING]
            for line in kept[_MAX_PENDING:]:
                self._count((line.step_name, line.attempt or 1)).cut += 1


def _active_logs() -> list[RunLog]:
    return [log for log in log_tap.active.values() if isinstance(log, RunLog)]


def _before_fork() -> None:
    for log in _active_logs():
        log.before_fork()


def _after_fork_in_parent() -> None:
    for log in _active_logs():
        log.after_fork_in_parent()


def _after_fork_in_child() -> None:
    for log in _active_logs():
        log.after_fork_in_child()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
