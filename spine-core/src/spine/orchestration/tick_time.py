"""Logical time of a run that a schedule started: the time of its tick, and the interval that it stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from attrs import field, frozen


@frozen
class TickTime:
    """Time of a tick of schedule `name`, and its data interval, from the tick before it up to the tick, exclusive.

    All three are timezone-aware, in the zone of the schedule. A schedule that fires once has an empty interval.
    A tick that something else caused has it in `cause`, such as `{"file": "incoming/a.csv"}`, an empty interval, and in
    `chain` the schedules that led to it, its own the last one.
    """

    name: str
    scheduled_at: datetime
    interval_start: datetime
    interval_end: datetime
    cause: Mapping[str, str] = field(factory=dict)
    chain: Sequence[str] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, which the context of a run keeps: moments in UTC, and the zone."""
        caused = {"cause": dict(self.cause), "chain": list(self.chain)} if self.chain else {}
        return {
            "name": self.name,
            "timezone": str(self.scheduled_at.tzinfo),
            "interval_start": _text(self.interval_start),
            "interval_end": _text(self.interval_end),
            **caused,
        }

    def execution(self) -> dict[str, Any]:
        """Return the facts that the execution context of a run holds."""
        return {"scheduled_at": _text(self.scheduled_at), "schedule": self.to_dict()}

    @classmethod
    def of_execution(cls, execution: Mapping[str, Any]) -> TickTime | None:
        """Return the time that an execution context holds, None for a run that no schedule started."""
        kept = execution.get("schedule")
        if kept is None:
            return None
        zone = ZoneInfo(kept["timezone"])
        texts = (execution["scheduled_at"], kept["interval_start"], kept["interval_end"])
        at, start, end = (datetime.fromisoformat(text).astimezone(zone) for text in texts)
        return cls(kept["name"], at, start, end, kept.get("cause", {}), kept.get("chain", ()))


def _text(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo("UTC")).isoformat()
