"""Alerts of the last week that reached nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding
from spine.core.clock import utc_now
from spine.storage.alerts.unsent import UnsentCounts, count_unsent

if TYPE_CHECKING:
    from spine.app.application import Application

_DAYS = 7


def check_alerts(project: Application) -> Iterator[Finding]:
    """Yield a finding about the alerts that no channel has delivered."""
    counts = count_unsent(project.adapter, utc_now() - timedelta(days=_DAYS))
    yield Finding("alerts", not (counts.failed or counts.overdue or counts.unrouted), _describe(counts))


def _describe(counts: UnsentCounts) -> str:
    parts = {
        "could not be delivered": counts.failed,
        "should have been sent (spine alerts flush)": counts.overdue,
        "of ERROR or worse taken by no channel": counts.unrouted,
        "below ERROR taken by no channel": counts.minor,
        "throttled": counts.throttled,
        "silenced": counts.silenced,
    }
    found = ", ".join(f"{number:,} {text}" for text, number in parts.items() if number)
    return f"{found}: spine alerts list --unsent" if found else f"every alert of the last {_DAYS} days was delivered"
