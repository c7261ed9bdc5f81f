"""Calendars that fail."""

from __future__ import annotations

from datetime import date


class BadDays:
    def __init__(self, name: str) -> None:
        self.name = name

    def is_business_day(self, day: date) -> bool:
        raise RuntimeError("no days")


class UnmadeDays(BadDays):
    def __init__(self, name: str) -> None:
        raise RuntimeError("no calendar")
