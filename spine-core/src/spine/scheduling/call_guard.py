"""Guard of calls of project code that end the scheduler's process, as a crash of a C library does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from attrs import frozen

from spine.core.errors import ScheduleError
from spine.orchestration.lease import process_name
from spine.scheduling.store import ScheduleStore

MOST_ENDED = 3

T = TypeVar("T")


class EndedProcessError(ScheduleError):
    """Project code is not called, since it ended the processes that called it."""


@frozen
class CallGuard:
    """Records in `store` which schedules this process calls project code for, so that a crash loop ends."""

    store: ScheduleStore

    def call(self, schedule_id: str, name: str, what: str, function: Callable[[], T]) -> T:
        """Return the result of `function`; EndedProcessError, which names `what`, if it ended too many processes."""
        if self.store.begin_call(schedule_id, process_name()) >= MOST_ENDED:
            raise EndedProcessError(
                f"{what} was not called: {MOST_ENDED} processes ended while it worked; correct it, then run "
                f"spine schedules resume {name}"
            )
        try:
            return function()
        finally:
            self.store.end_calls(schedule_id)
