"""The last deliveries of the alert channels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from spine.app.checks.check import Finding
from spine.storage.alerts.queries import list_channels

if TYPE_CHECKING:
    from spine.app.application import Application


def check_channels(project: Application) -> Iterator[Finding]:
    """Yield a finding for each channel."""
    project.sync_channels()
    for row in list_channels(project.adapter):
        yield Finding(f"channel {row['name']}", row["consecutive_failures"] == 0, _describe(row))


def _describe(row: dict[str, Any]) -> str:
    if row["paused_until"]:
        return f"paused until {row['paused_until']:%Y-%m-%d %H:%M:%S} UTC, as its service asks: deliveries wait"
    if row["consecutive_failures"]:
        return f"{row['consecutive_failures']} failures since the last success: spine alerts test {row['name']}"
    return "the last delivery succeeded" if row["last_success_at"] else "nothing sent yet"
