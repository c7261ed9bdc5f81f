"""The calendar: every day but those that are listed."""

from __future__ import annotations

from datetime import date

from attrs import field, frozen


@frozen
class ToyDaysConfig:
    closed: list[str] = field(factory=list, metadata={"help": "Days that are no business days, as 2026-11-27."})


class ToyDays:
    def __init__(self, name: str, closed: list[str] | None = None) -> None:
        self.name = name
        self._closed = {date.fromisoformat(day) for day in closed or ()}

    def is_business_day(self, day: date) -> bool:
        return day not in self._closed
