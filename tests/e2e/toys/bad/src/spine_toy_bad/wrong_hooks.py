"""Hooks that return what they must not."""

from __future__ import annotations

from typing import Any

from spine.plugins import CalendarSpec, hookimpl


@hookimpl
def spine_register_listeners() -> Any:
    return [CalendarSpec("wrong", "spine_toy_bad.calendars:BadDays")]


@hookimpl
def spine_register_commands() -> Any:
    return {"wrong": "spine_toy_bad.commands:bad_end"}
