"""Schedules for the tests of this folder."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from spine.scheduling.schedule import Schedule


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def schedule(**options: Any) -> Schedule:
    """Return an hourly schedule of the workflow `w`, but for what `options` says."""
    if not {"cron", "every", "at"} & options.keys():
        options["cron"] = "@hourly"
    if "pipeline" not in options:
        options.setdefault("workflow", "w")
    return Schedule(**{"name": "s", **options})
