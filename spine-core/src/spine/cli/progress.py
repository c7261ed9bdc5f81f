"""Progress of runs on stderr: a line for each step that has ended, and below them one for each that is open."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from threading import Lock
from typing import Protocol

from attrs import define, field

from spine.cli.amounts import amount, pace, size
from spine.cli.cells import cut_end, pad, plain, width
from spine.cli.live import Display, displayed
from spine.cli.moments import span
from spine.cli.output import seconds
from spine.cli.screen import Screen, on_stderr
from spine.core.plain_text import counted
from spine.framework.progress import StepProgress, watched_progress
from spine.orchestration.engine.listener import RunListener
from spine.orchestration.events import (
    RunBegan,
    RunEnded,
    RunEvent,
    RunParked,
    StepCancelled,
    StepCompleted,
    StepEnded,
    StepEvent,
    StepFailed,
    StepRetrying,
    StepSkipped,
    StepStarted,
)

_COLORS = {"completed": "green", "failed": "red", "skipped": "bright_black", "retrying": "yellow", "running": "cyan"}
_MOST_OPEN = 12  # lines of open steps
_LONGEST_NAME = 40


class Progressing(Protocol):
    """Source of the progress of the step of a run."""

    def get(self, place: tuple[str | None, str | None]) -> StepProgress | None: ...


@define
class _Open:
    """An attempt that has begun."""

    step: str
    step_type: str
    depth: int
    began: float = field(factory=time.monotonic)


class Progress:
    """A run listener with the lines of a display. A step gets a line at its end, and one while it is open.

    Of the runs that a map step starts, only failures get a line at their end.
    """

    def __init__(self, step_names: Sequence[str] = (), found: Progressing | None = None) -> None:
        self._width = max(map(width, step_names), default=0)
        self._found: Progressing = {} if found is None else found
        self._screen = on_stderr()
        self._lock = Lock()
        self._runs: dict[str, tuple[str, str | None, int]] = {}  # what stands before its steps, parent, depth
        self._open: dict[tuple[str, str], _Open] = {}
        self.display: Display | None = None

    def on_event(self, event: RunEvent) -> None:
        if isinstance(event, RunBegan):
            self._begin(event)
        elif isinstance(event, (RunEnded, RunParked)):
            self._end(event.run_id)
        elif isinstance(event, StepStarted):
            depth = self._runs.get(event.run_id, ("", None, 0))[2]
            with self._lock:
                self._open[event.run_id, event.step] = _Open(event.step, event.step_type, depth)
        elif isinstance(event, StepCancelled):
            self._close(event)
        elif isinstance(event, (StepEnded, StepSkipped)):
            found = self._close(event)
            if not self._is_of_map(event):
                self._tell(event, found)

    def lines(self, columns: int | None) -> list[str]:
        """Return a line for each open step, with what it has done."""
        with self._lock:
            found = list(self._open.items())
        shown = [self._open_line(run_id, step, columns) for (run_id, _), step in found[:_MOST_OPEN]]
        more = len(found) - _MOST_OPEN
        return [*shown, *([f"  {counted(more, 'more step')} ..."] if more > 0 else [])]

    def _begin(self, event: RunBegan) -> None:
        parent = self._runs.get(event.parent_run_id or "")
        if parent is None:
            self._runs[event.run_id] = ("", None, 0)
            return
        name = event.workflow.rpartition(".")[2]
        self._runs[event.run_id] = (f"{parent[0]}{name}.", event.parent_run_id, parent[2] + 1)

    def _end(self, run_id: str) -> None:
        self._runs.pop(run_id, None)
        with self._lock:
            for place in [place for place in self._open if place[0] == run_id]:
                del self._open[place]

    def _close(self, event: StepEvent) -> StepProgress | None:
        with self._lock:
            self._open.pop((event.run_id, event.step), None)
        return self._found.get((event.run_id, event.step))

    def _is_of_map(self, event: StepEvent) -> bool:
        """Return True for the success of a step of one of the many runs that a map step starts."""
        if isinstance(event, StepFailed):
            return False
        parent = self._runs.get(event.run_id, ("", None, 0))[1]
        with self._lock:
            return any(run_id == parent and step.step_type == "map" for (run_id, _), step in self._open.items())

    def _tell(self, event: StepEnded | StepSkipped, found: StepProgress | None) -> None:
        state = event.event_type.removeprefix("step.")
        details = [*_result(event, found), *_reason(event)]
        line = self._line(self._name(event.run_id, event.step), state, details)
        (self.display or _Stderr()).above(line)

    def _name(self, run_id: str, step: str) -> str:
        return plain(self._runs.get(run_id, ("", None, 0))[0] + step)

    def _open_line(self, run_id: str, step: _Open, columns: int | None) -> str:
        passed = time.monotonic() - step.began
        details = [span(timedelta(seconds=passed)), *_done(self._found.get((run_id, step.step)), passed)]
        name = "  " * step.depth + self._name(run_id, step.step)
        return self._line(name, "running", details, columns)

    def _line(self, name: str, state: str, details: Sequence[str], columns: int | None = None) -> str:
        self._width = max(self._width, min(width(name), _LONGEST_NAME))
        head, rest = f"  {pad(name, self._width)}", "  ".join(details)
        if columns is not None:
            head = cut_end(head, columns // 2)
            rest = cut_end(rest, max(columns - width(head) - 14, 0))
        return f"{head}  {_styled(self._screen, state)}  {rest}".rstrip()


class _Stderr:
    def above(self, text: str) -> None:
        import click

        click.echo(text, err=True)


@contextmanager
def shown_progress(step_names: Sequence[str] = (), *, quiet: bool) -> Iterator[list[RunListener]]:
    """Show the progress of the runs of this process inside the block; yield the listener for it, none if `quiet`."""
    if quiet:
        yield []
        return
    with watched_progress() as found, followed(Progress(step_names, found)) as progress:
        yield [progress]


@contextmanager
def followed(progress: Progress) -> Iterator[Progress]:
    """Show the lines of `progress` inside the block."""
    with displayed(progress.lines) as progress.display:
        yield progress


def _styled(screen: Screen, state: str) -> str:
    return screen.styled(state.ljust(9), fg=_COLORS[state]) if state in _COLORS else state.ljust(9)


def _done(found: StepProgress | None, passed: float) -> list[str]:
    """Return what an open step has done: items with failures, rows, bytes, speed and time left."""
    if found is None:
        return []
    parts = []
    if found.items or found.total is not None:
        parts += [amount(found.items, found.total, "item"), *_failed(found.failed)]
        parts += pace(found.items, found.total, passed)
    return [*parts, *data_done(found, passed)] if not found.items else parts


def data_done(found: StepProgress, passed: float) -> list[str]:
    """Return the rows and bytes that something has worked on, and how fast: `1,200 rows loaded  3.4 MB  400/s`."""
    if found.rows:
        amounts = [f"{counted(found.rows, 'row')} {found.doing}", *([size(found.bytes)] if found.bytes else [])]
        return [*amounts, *pace(found.rows, None, passed)]
    return (
        [f"{size(found.bytes)} {found.doing}", *pace(found.bytes, None, passed, in_bytes=True)] if found.bytes else []
    )


def _failed(count: int) -> list[str]:
    return [f"{count:,} failed"] if count else []


def _items(event: StepEvent, found: StepProgress | None) -> list[str]:
    if found is None or not found.items or not isinstance(event, StepCompleted):
        return []
    return [counted(found.items, "item"), *_failed(found.failed)]


def _result(event: StepEnded | StepSkipped, found: StepProgress | None) -> list[str]:
    """Return the duration of an attempt, its items, rows and losses."""
    if isinstance(event, StepSkipped):
        return [" " * 9]
    parts = [seconds(event.duration_ms).rjust(9), *_items(event, found)]
    if event.row_count is not None:
        parts.append(counted(event.row_count, "row"))
    if event.reject_count:
        parts.append(f"{event.reject_count:,} rejected")
    if event.warning_count:
        parts.append(counted(event.warning_count, "warning"))
    return parts


def _reason(event: StepEnded | StepSkipped) -> list[str]:
    """Return the reason of a skip, or the error of a failure."""
    if isinstance(event, StepSkipped):
        return [plain(event.reason)]
    parts = [f"again in {event.retry_in:.1f} s:"] if isinstance(event, StepRetrying) else []
    return [*parts, plain(event.error)] if isinstance(event, StepFailed) and event.error else parts
