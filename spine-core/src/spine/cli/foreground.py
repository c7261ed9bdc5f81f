"""A run in the foreground of a terminal or a service: Ctrl-C cancels it, SIGTERM parks it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click

from spine.cli.run_report import TERMINATED
from spine.orchestration.events import RunEvent
from spine.orchestration.stop import RunStopped, Stop, StopReason


class Foreground:
    """A run listener with the stop of the run, and its id once there is one."""

    def __init__(self) -> None:
        self.stop = Stop()
        self.run_id: str | None = None
        self._done = threading.Event()
        self._overdue = False

    def on_event(self, event: RunEvent) -> None:
        if self.run_id is None:
            self.run_id = event.run_id

    def on_terminate(self, _number: int, _frame: object) -> None:
        """Park the run at the end of its step; a step that is overdue is interrupted."""
        if self._overdue:
            raise KeyboardInterrupt
        self.stop.request(StopReason.PARK)

    def watch(self, grace_seconds: float) -> None:
        """Interrupt a run that has not stopped `grace_seconds` after the request; end the process after twice that."""
        while self.stop.reason is None:
            if self._done.wait(0.2):
                return
        if self._done.wait(grace_seconds):
            return
        self._overdue = True
        os.kill(os.getpid(), signal.SIGTERM)  # processes that a shell started in the background ignore SIGINT
        if not self._done.wait(max(grace_seconds, 1.0)):
            os._exit(TERMINATED)  # the step cannot be interrupted; its run is resumed or ended elsewhere

    def end(self) -> None:
        self._done.set()


@contextmanager
def foreground(grace_seconds: float) -> Iterator[Foreground]:
    """Handle signals for the run executed inside the block; print how to resume it if it was interrupted."""
    run = Foreground()
    previous = signal.signal(signal.SIGTERM, run.on_terminate)
    threading.Thread(target=run.watch, args=(grace_seconds,), daemon=True).start()
    try:
        yield run
    except RunStopped as stopped:  # while it waited for room: the run does not exist, or is as it was
        click.echo("stopped while it waited for room within a limit: nothing ran", err=True)
        raise SystemExit(TERMINATED if stopped.reason is StopReason.PARK else 130) from None
    except KeyboardInterrupt:
        if run.stop.reason is StopReason.PARK:
            raise SystemExit(TERMINATED) from None
        if run.run_id is not None:
            click.echo(f"cancelled; resume with: spine runs resume {run.run_id}", err=True)
        raise
    finally:
        run.end()
        signal.signal(signal.SIGTERM, previous)
