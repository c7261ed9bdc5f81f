"""Progress of a run on stderr: a line a step, rewritten in place on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Lock, Timer
from typing import Any

import click

from spine.cli.output import plain, seconds
from spine.core.errors import SpineError
from spine.core.plain_text import counted
from spine.orchestration.events import (
    RunEvent,
    StepEnded,
    StepEvent,
    StepFailed,
    StepRetrying,
    StepSkipped,
    StepStarted,
)

_SLOW_SECONDS = 2.0
_ITEMS_SECONDS = 1.0  # between two looks at the items of a map, on a terminal
_ITEMS_LINE_SECONDS = 30.0  # between two lines about them elsewhere

Items = Callable[[str], Sequence[Mapping[str, Any]]]
_COLORS = {"completed": "green", "failed": "red", "skipped": "bright_black", "retrying": "yellow"}


class Progress:
    """A run listener. If stderr is not a terminal, a step gets one line at its end, and one after 2 s if it is slow.

    `items` returns how far the map steps of a run are, as `Runs.progress` does: on a terminal their line is rewritten
    every second, elsewhere there is a line every 30 s.
    """

    def __init__(self, step_names: list[str], items: Items | None = None) -> None:
        self._items = items
        self._width = max((len(name) for name in step_names), default=0)
        self._terminal = sys.stderr.isatty()
        self._colors = {} if os.environ.get("NO_COLOR") else _COLORS
        self._lock = Lock()
        self._timer: Timer | None = None
        self._looking: object | None = None

    def on_event(self, event: RunEvent) -> None:
        if not isinstance(event, StepEvent):
            self._cancel_timer()
        elif isinstance(event, StepStarted):
            self._announce(event.step)
            if event.step_type == "map" and self._items is not None:
                self._look_later(event.run_id)
        elif isinstance(event, (StepEnded, StepSkipped)):
            self._cancel_timer()
            self._write(self._line(event.step, event.event_type.removeprefix("step."), _details(event)), end="\n")

    def _announce(self, step: str) -> None:
        if self._terminal:
            self._write(self._line(step, "running"), end="")
        else:
            self._timer = Timer(_SLOW_SECONDS, lambda: self._write(self._line(step, "running"), end="\n"))
            self._timer.daemon = True
            self._timer.start()

    def _look_later(self, run_id: str) -> None:
        """Look at the items of the running map steps again and again, until the step ends."""
        looking = self._looking = object()

        def look() -> None:
            with suppress(SpineError):  # the database is busy: the next look may succeed
                for row in self._items(run_id) if self._items is not None else ():
                    if self._looking is looking:
                        line = self._line(row["step_name"], "running", items_line(row))
                        self._write(line, end="" if self._terminal else "\n")
            if self._looking is looking:
                start()

        def start() -> None:
            timer = Timer(_ITEMS_SECONDS if self._terminal else _ITEMS_LINE_SECONDS, look)
            timer.daemon = True
            timer.start()

        start()

    def _cancel_timer(self) -> None:
        self._looking = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _line(self, step: str, state: str, details: Sequence[str] = ()) -> str:
        head = (f"  {step.ljust(self._width)}", click.style(state.ljust(9), fg=self._colors.get(state)))
        return "  ".join((*head, *details)).rstrip()

    def _write(self, line: str, end: str) -> None:
        with self._lock:
            if self._terminal:
                click.echo(f"\r\x1b[2K{line}{end}", nl=False, err=True)
            else:
                click.echo(line, err=True)


def items_line(row: Mapping[str, Any]) -> list[str]:
    """Return how far a map step is: items done of all, failed ones, the rate and the time that is left."""
    done, total = row["done"], row["total"]
    parts = [counted(done, "item") if total is None else f"{done:,} of {counted(total, 'item')}"]
    if row["failed"]:
        parts.append(f"{row['failed']:,} failed")
    if row["per_second"]:
        rate = row["per_second"]
        parts.append(f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s")
    if row["seconds_left"] is not None:
        parts.append(f"{seconds(round(row['seconds_left']) * 1000)} left")
    return parts


def _details(event: StepEnded | StepSkipped) -> list[str]:
    """Return the duration of an attempt, its rows and losses, and its error or the reason of the skip."""
    if isinstance(event, StepSkipped):
        return [seconds(None).rjust(9), plain(event.reason)]
    parts = [seconds(event.duration_ms).rjust(9)]
    if event.row_count is not None:
        parts.append(counted(event.row_count, "row"))
    if event.reject_count:
        parts.append(f"{event.reject_count:,} rejected")
    if event.warning_count:
        parts.append(counted(event.warning_count, "warning"))
    if isinstance(event, StepRetrying):
        parts.append(f"again in {event.retry_in:.1f} s:")
    if isinstance(event, StepFailed) and event.error:
        parts.append(plain(event.error))
    return parts
