"""The last deliveries of the alert channels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding, fail, ok, warn
from spine.core.plain_text import counted
from spine.storage.alerts.queries import list_channels

if TYPE_CHECKING:
    from spine.app.application import Application


def check_channels(project: Application) -> Iterator[Finding]:
    """Yield a finding for each channel."""
    kept = {row["name"]: row for row in list_channels(project.history)}
    for name in project.settings.channels:
        check, row = f"channel {name}", kept.get(name, {})
        if until := row.get("paused_until"):
            says = f"paused until {until:%Y-%m-%d %H:%M:%S} UTC, as its service asks: deliveries wait"
            yield warn(check, says, f"spine alerts test {name}")
        elif failures := row.get("consecutive_failures"):
            yield fail(check, f"{counted(failures, 'failure')} since the last success", f"spine alerts test {name}")
        else:
            yield ok(check, "the last delivery succeeded" if row.get("last_success_at") else "nothing sent yet")
