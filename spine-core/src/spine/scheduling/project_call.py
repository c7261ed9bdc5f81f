"""Calls of project code by a scheduler: in threads beside its loop, each with a deadline."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, TypeVar

from attrs import define, field, frozen

from spine.core.clock import current_clock
from spine.core.errors import ScheduleError

logger = logging.getLogger("spine.scheduling")

T = TypeVar("T")
_LOOK_SECONDS = 0.05  # between looks at a call that is waited for


class HungCallError(ScheduleError):
    """Project code did not return in time."""


@define(eq=False)
class _Call:
    token: object
    since: float
    done: threading.Event = field(factory=threading.Event)
    is_late: bool = False
    result: Any = None
    error: BaseException | None = None


@frozen(eq=False)
class ProjectCalls:
    """Calls that are going, one at a time for each key; one that takes longer than `seconds` is abandoned.

    The thread of an abandoned call cannot be ended. Until it ends, further calls for its key fail at once.
    """

    seconds: float
    _calls: dict[str, _Call] = field(factory=dict, init=False)

    @property
    def hung(self) -> int:
        """The number of abandoned calls whose threads have not ended."""
        return sum(call.is_late and not call.done.is_set() for call in self._calls.values())

    def result(self, key: str, token: object, what: str, function: Callable[[], T]) -> T | None:
        """Return the result of `function`, or raise its error; None while it works. The first call starts it.

        `token` identifies the call: the result of an earlier one is not returned. Raises HungCallError, which names
        `what`, when the time is over.
        """
        call = self._calls.get(key)
        if call is None or (call.done.is_set() and (call.is_late or call.token != token)):
            self._start(key, token, what, function)
            return None
        if not call.done.is_set():
            self._check_time(call, what)
            return None
        del self._calls[key]
        if call.error is not None:
            raise call.error
        result: T = call.result
        return result

    def wait(self, what: str, function: Callable[[], T]) -> T:
        """Return the result of `function`, which is not None, or raise its error; HungCallError if it is late."""
        token = object()
        while (found := self.result(what, token, what, function)) is None:
            self._calls[what].done.wait(_LOOK_SECONDS)
        return found

    def close(self, seconds: float) -> None:
        """Wait up to `seconds` for the calls that are going."""
        clock = current_clock()
        deadline = clock.monotonic() + seconds
        for call in self._calls.values():
            call.done.wait(max(deadline - clock.monotonic(), 0))

    def _check_time(self, call: _Call, what: str) -> None:
        passed = current_clock().monotonic() - call.since
        if call.is_late:
            raise HungCallError(f"{what} was not called: an earlier call of it has not returned for {passed:.0f} s")
        if passed >= self.seconds:
            call.is_late = True
            raise HungCallError(f"{what} did not return within {self.seconds:g} s ([scheduler] call_seconds)")

    def _start(self, key: str, token: object, what: str, function: Callable[[], Any]) -> None:
        call = self._calls[key] = _Call(token, current_clock().monotonic())

        def work() -> None:
            try:
                call.result = function()
            except BaseException as error:  # noqa: BLE001 - also an exit or a panic is an error of the project's code
                call.error = error
            finally:
                call.done.set()
            if call.is_late:
                logger.warning("%s returned, too late", what)

        threading.Thread(target=copy_context().run, args=(work,), name=f"spine-call-{key[:20]}", daemon=True).start()
