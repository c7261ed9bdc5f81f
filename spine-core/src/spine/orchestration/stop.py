"""Requests to stop a run, from another thread or a signal handler."""

from __future__ import annotations

from enum import Enum
from threading import Event

from spine.core.clock import Clock, current_clock
from spine.core.interrupts import Interrupt


class StopReason(str, Enum):
    """Reason to stop a run before its end."""

    CANCEL = "cancel"  # it ends as CANCELLED
    PARK = "park"  # this process ends; the run continues elsewhere
    TIMEOUT = "timeout"  # it took longer than its workflow allows
    LOST = "lost"  # another process has taken it over


class RunStopped(Interrupt):
    """Interrupt of a run that is to stop."""

    def __init__(self, reason: StopReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Stop:
    """Request to stop a run, with an interruptible sleep. It applies to the child runs too."""

    def __init__(self, parent: Stop | None = None) -> None:
        self._event = Event()
        self._parent = parent
        self._clock: Clock = parent._clock if parent is not None else current_clock()
        self._reason: StopReason | None = None
        self._deadline: float | None = None

    @property
    def reason(self) -> StopReason | None:
        """Reason to stop; None to continue."""
        if self._reason is not None:
            return self._reason
        if self._deadline is not None and self._clock.monotonic() >= self._deadline:
            return StopReason.TIMEOUT
        return self._parent.reason if self._parent is not None else None

    def request(self, reason: StopReason) -> None:
        """Request the run to stop; the first reason counts, but for PARK, which any other one replaces."""
        if self._reason in (None, StopReason.PARK):
            self._reason = reason
        self._event.set()

    def after(self, seconds: float) -> None:
        """Request the run to stop after `seconds`."""
        self._deadline = self._clock.monotonic() + seconds

    def end_deadline(self) -> None:
        """Withdraw the deadline of `after`: the run ends already."""
        self._deadline = None

    def clear(self) -> None:
        """Withdraw the request, so that cleanup steps are not stopped."""
        self._event.clear()
        self._reason, self._deadline, self._parent = None, None, None

    def check(self) -> None:
        """Raise RunStopped if there is a reason to stop."""
        reason = self.reason
        if reason is not None:
            raise RunStopped(reason)

    def check_step(self) -> None:
        """Raise RunStopped if a step is to stop that works; a run is parked after its step."""
        if self.reason is not StopReason.PARK:
            self.check()

    def sleep(self, seconds: float) -> None:
        """Sleep, and raise RunStopped as soon as there is a reason to stop."""
        end = self._clock.monotonic() + seconds
        while True:
            self.check()
            left = end - self._clock.monotonic()
            if left <= 0:
                return
            self._clock.wait(min(left, self._longest_wait()), self._event)

    def _longest_wait(self) -> float:
        if self._parent is not None:
            return 0.1  # the parent's event does not wake this thread
        if self._deadline is None:
            return 3600.0
        return max(self._deadline - self._clock.monotonic(), 0.001)
