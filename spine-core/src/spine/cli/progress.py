"""Progress of a run on stderr: a line a step, rewritten in place on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from threading import Lock, Timer

import click

from spine.cli.cells import plain
from spine.cli.output import seconds
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
_COLORS = {"completed": "green", "failed": "red", "skipped": "bright_black", "retrying": "yellow"}


class Progress:
    """A run listener. If stderr is not a terminal, a step gets one line at its end, and one after 2 s if it is slow."""

    def __init__(self, step_names: list[str]) -> None:
        self._width = max((len(name) for name in step_names), default=0)
        self._terminal = sys.stderr.isatty()
        self._colors = {} if os.environ.get("NO_COLOR") else _COLORS
        self._lock = Lock()
        self._timer: Timer | None = None

    def on_event(self, event: RunEvent) -> None:
        if not isinstance(event, StepEvent):
            self._cancel_timer()
        elif isinstance(event, StepStarted):
            self._announce(event.step)
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

    def _cancel_timer(self) -> None:
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
