"""Occurrences that trigger a schedule: new revisions of a capture, ends of runs, files, and emitted events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from attrs import frozen

from spine.core.errors import ScheduleError

if TYPE_CHECKING:
    from spine.scheduling.record import ScheduleRecord


class OccurrenceKind(str, Enum):
    """The kind of occurrence that a schedule waits for, with the named values that its parameters may use."""

    CAPTURE = "capture"
    WORKFLOW = "workflow"
    FILE = "file"
    EVENT = "event"

    @property
    def values(self) -> tuple[str, ...]:
        """Names of the values that an occurrence has."""
        return _VALUES[self]


_VALUES = {
    OccurrenceKind.CAPTURE: ("capture", "capture_id", "revision"),
    OccurrenceKind.WORKFLOW: ("run_id", "outcome"),
    OccurrenceKind.FILE: ("file", "file_name", "file_stem"),
    OccurrenceKind.EVENT: ("event", "event_key"),
}


class RunEnd(str, Enum):
    """End of a run, as `when` names it: completed with new results, unchanged, or failed."""

    COMPLETED = "completed"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@frozen
class OccurrenceTrigger:
    """Trigger that no time fires: occurrences of `kind`, of the capture, workflow, files or event called `name`."""

    kind: OccurrenceKind
    name: str
    when: tuple[RunEnd, ...] = ()

    def next_after(self, moment: datetime) -> datetime | None:
        """Return None: it has no time."""
        return None


@frozen
class Occurrence:
    """One occurrence: `cause` identifies it, `chain` names the schedules that led to it, the first one first.

    `partition` is that of the capture or run, which the run that starts is about, too.
    """

    cause: str
    at: datetime
    values: Mapping[str, str]
    partition: Mapping[str, str]
    chain: Sequence[str] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, which its tick keeps."""
        return {"values": dict(self.values), "partition": dict(self.partition), "chain": list(self.chain)}

    def check_cycle(self, schedule: str) -> None:
        """Raise ScheduleError if the run that it starts has been caused by a run of the same schedule."""
        if schedule in self.chain:
            cycle = " -> ".join([*self.chain[self.chain.index(schedule) :], schedule])
            raise ScheduleError(
                f"triggers form a cycle, and it ends here: {cycle}; change on_capture or on_workflow of one of them"
            )


class Occurrences(Protocol):
    """Store of occurrences."""

    def waiting(self) -> Sequence[ScheduleRecord]:
        """Return the schedules that occurrences trigger and that are active."""
        ...

    def undecided(self, record: ScheduleRecord, trigger: OccurrenceTrigger, limit: int) -> Sequence[Occurrence]:
        """Return the oldest occurrences since the schedule counts that it has no tick of."""
        ...

    def open_ticks(self, schedule_id: str) -> int:
        """Return the number of ticks of a schedule that run or wait for room."""
        ...

    def emit(self, name: str, key: str, values: Mapping[str, str]) -> bool:
        """Record an event once for each name and key; return False if it was recorded before."""
        ...
