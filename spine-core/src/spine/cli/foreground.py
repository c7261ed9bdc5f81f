"""A run in the foreground of a terminal or a service: Ctrl-C cancels it, SIGTERM parks it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import copy_context
from typing import TYPE_CHECKING

import click

from spine.cli.run_report import TERMINATED
from spine.core.errors import SpineError
from spine.orchestration.events import RunEvent
from spine.orchestration.stop import RunStopped, Stop, StopReason

if TYPE_CHECKING:
    from spine.app import Application

_LEAST_SECONDS = 2.0  # after a step was interrupted; until then its run ends, or the heartbeat ends it


class Foreground:
    """A run listener with the stop of the run, and its id once there is one."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self.reason: StopReason | None = None
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
        self.reason = self.stop.reason
        if self._done.wait(grace_seconds):
            return
        self._overdue = True
        os.kill(os.getpid(), signal.SIGTERM)  # processes that a shell started in the background ignore SIGINT
        if self._done.wait(max(grace_seconds, _LEAST_SECONDS)):
            return
        if self.reason is StopReason.TIMEOUT:  # the heartbeat has ended the run
            click.echo(self.timed_out(), err=True)
            sys.stderr.flush()
            os._exit(1)
        self._leave()
        self.say_how_to_resume()
        sys.stderr.flush()
        os._exit(TERMINATED)  # the step cannot be interrupted

    def timed_out(self) -> str:
        return f"Error: the run took longer than its timeout; see spine runs show {self.run_id or 'latest'}"

    def say_how_to_resume(self) -> None:
        if self.run_id is not None:
            said = "stopped" if self.stop.reason is StopReason.PARK else "cancelled"
            click.echo(f"{said}; resume with: spine runs resume {self.run_id}", err=True)

    def _leave(self) -> None:
        """Leave a run that is to be parked to any process; its step counts as stopped, not as crashed."""
        if self.run_id is None or self.reason is not StopReason.PARK:
            return
        with suppress(SpineError):  # then it is found as crashed
            self._application.runner().park(self.run_id)

    def end(self) -> None:
        self._done.set()


@contextmanager
def foreground(application: Application) -> Iterator[Foreground]:
    """Handle signals for the run executed inside the block; print how to resume it if it was interrupted."""
    run = Foreground(application)
    previous = signal.signal(signal.SIGTERM, run.on_terminate)
    watch = (run.watch, application.settings.runs.grace_seconds)
    threading.Thread(target=copy_context().run, args=watch, daemon=True).start()
    try:
        yield run
    except RunStopped as stopped:  # while it waited for room: the run does not exist, or is as it was
        click.echo("stopped while it waited for room within a limit: nothing ran", err=True)
        raise SystemExit(TERMINATED if stopped.reason is StopReason.PARK else 130) from None
    except KeyboardInterrupt:
        if run.stop.reason is StopReason.PARK:
            run.say_how_to_resume()
            raise SystemExit(TERMINATED) from None
        if run.reason is StopReason.TIMEOUT:
            click.echo(run.timed_out(), err=True)
            raise SystemExit(1) from None
        run.say_how_to_resume()
        raise
    finally:
        run.end()
        signal.signal(signal.SIGTERM, previous)
