"""Shows a run while it proceeds, on stderr: a line a step, rewritten in place on a terminal."""

from __future__ import annotations

import os
import sys
from threading import Lock, Timer

import click

from spine.cli.output import plain, seconds
from spine.orchestration.records import RunEvent

_SLOW_SECONDS = 2.0
_ENDINGS = ("completed", "failed", "skipped", "retrying")
_COLORS = {"completed": "green", "failed": "red", "skipped": "bright_black", "retrying": "yellow"}


class Progress:
    """A run listener. Where stderr is no terminal, a step is one line when it ends, and one after 2 s if it is slow."""

    def __init__(self, step_names: list[str]) -> None:
        self._width = max((len(name) for name in step_names), default=0)
        self._terminal = sys.stderr.isatty()
        self._colors = {} if os.environ.get("NO_COLOR") else _COLORS
        self._lock = Lock()
        self._timer: Timer | None = None

    def on_event(self, event: RunEvent) -> None:
        noun, _, state = event.event_type.partition(".")
        if noun == "run":
            self._cancel_timer()
        elif state == "started":
            self._announce(event.payload["step"])
        elif state in _ENDINGS:
            self._cancel_timer()
            self._write(self._line(event.payload["step"], state, event), end="\n")

    def _announce(self, step: str) -> None:
        if self._terminal:
            self._write(self._line(step, "running", None), end="")
        else:
            self._timer = Timer(_SLOW_SECONDS, lambda: self._write(self._line(step, "running", None), end="\n"))
            self._timer.daemon = True
            self._timer.start()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _line(self, step: str, state: str, event: RunEvent | None) -> str:
        parts = [f"  {step.ljust(self._width)}", click.style(state.ljust(9), fg=self._colors.get(state))]
        if event is not None:
            details = event.payload
            parts.append(seconds(details.get("duration_ms")).rjust(9))
            if details.get("row_count") is not None:
                parts.append(f"{details['row_count']:,} rows")
            if details.get("retry_in") is not None:
                parts.append(f"again in {details['retry_in']:.1f} s:")
            if text := details.get("error") or details.get("reason"):
                parts.append(plain(str(text)))
        return "  ".join(parts).rstrip()

    def _write(self, line: str, end: str) -> None:
        with self._lock:
            if self._terminal:
                click.echo(f"\r\x1b[2K{line}{end}", nl=False, err=True)
            else:
                click.echo(line, err=True)
