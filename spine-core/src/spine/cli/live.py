"""Live display of work on stderr: lines that are redrawn in place, with all other output above them.

In a file, a pipe, or on a terminal that cannot move its cursor, the lines are printed every ten seconds.
"""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TextIO

import click

from spine.cli.screen import is_dumb, terminal_columns

if TYPE_CHECKING:
    from rich.live import Live

Lines = Callable[[int | None], list[str]]  # for a number of columns, None in a pipe

_TERMINAL_SECONDS = 0.5
_PIPED_SECONDS = 10.0


class Display:
    """Display of the lines that `lines` returns, until it is stopped; `above` prints a line that stays."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._stream = sys.stderr
        self.is_drawn = self._stream.isatty() and not is_dumb()
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._live: Live | None = None
        self._thread = threading.Thread(target=copy_context().run, args=(self._draw,), daemon=True)

    def start(self) -> None:
        """Begin to draw, in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Remove the lines, and draw no more."""
        self._over.set()
        self._thread.join()
        with self._lock:
            if self._live is not None:
                self._live.stop()
                self._live = None

    def above(self, text: str) -> None:
        """Print a line above the others."""
        click.echo(text, err=True)

    def write(self, text: str) -> None:
        """Print whole lines of any code of this process above the lines of this display."""
        with self._lock:
            if self._live is None:
                self._stream.write(text)
                self._stream.flush()
            else:
                self._live.console.out(text, end="", highlight=False)

    def _draw(self) -> None:
        seconds = _TERMINAL_SECONDS if self.is_drawn else _PIPED_SECONDS
        while not self._over.wait(seconds):
            if self.is_drawn:
                self._redraw(self._lines(terminal_columns(self._stream)))
            else:
                for line in self._lines(None):
                    self.above(line)

    def _redraw(self, lines: list[str]) -> None:
        from rich.text import Text

        with self._lock:
            if self._live is None:
                if not lines:
                    return
                self._live = _live(self._stream)
                self._live.start()
            self._live.update(Text.from_ansi("\n".join(lines), no_wrap=True, overflow="crop"), refresh=True)


@contextmanager
def displayed(lines: Lines) -> Iterator[Display]:
    """Show a display inside the block; what the process writes to stderr meanwhile is above it."""
    display = Display(lines)
    before = sys.stdout, sys.stderr
    if display.is_drawn:
        above: Any = _Above(before[1], display)
        sys.stderr = above
        if before[0] is before[1]:
            sys.stdout = above
    display.start()
    try:
        yield display
    finally:
        display.stop()
        sys.stdout, sys.stderr = before
        if display.is_drawn:
            above.end()


def _live(stream: TextIO) -> Live:
    from rich.console import Console
    from rich.live import Live

    class _Console(Console):
        """A console that leaves the cursor: a process that is killed could not bring it back."""

        def show_cursor(self, show: bool = True) -> bool:
            return False

    console = _Console(file=stream, force_terminal=True, highlight=False, soft_wrap=True)
    return Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False)


class _Above(io.TextIOBase):
    """Replacement of stderr that passes whole lines to a display; a child that was forked writes to stderr itself."""

    def __init__(self, stream: TextIO, display: Display) -> None:
        self._stream = stream
        self._display = display
        self._part = ""
        self._process = os.getpid()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # read-only here; click writes to the buffer without it
        return getattr(self._stream, "encoding", None) or "utf-8"

    @property
    def errors(self) -> str | None:  # type: ignore[override]  # read-only here
        return getattr(self._stream, "errors", None)

    def write(self, text: str) -> int:
        if os.getpid() != self._process:
            return self._stream.write(text)
        lines, newline, self._part = (self._part + text).rpartition("\n")
        if newline:
            self._display.write(lines + newline)
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def end(self) -> None:
        """Write the part of a line that has no end."""
        if self._part:
            self._stream.write(f"{self._part}\n")
            self._stream.flush()
            self._part = ""

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        self.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
