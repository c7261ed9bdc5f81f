"""The schedules of the project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding

if TYPE_CHECKING:
    from spine.app.application import Application


def check_schedules(project: Application) -> Iterator[Finding]:
    """Count the schedules; an invalid one raises an error when they are opened."""
    found = project.schedules.list_schedules()
    paused = sum(record.paused_at is not None for record in found)
    yield Finding("schedules", True, f"{len(found)} are valid, {paused} of them paused")
