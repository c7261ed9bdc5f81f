"""Alerts of the last week that no channel has delivered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding, State, ok
from spine.core.clock import utc_now
from spine.framework.alerts.alert import TEST_SOURCE
from spine.storage.alerts.queries import list_alerts
from spine.storage.alerts.unsent import UnsentCounts, count_unsent

if TYPE_CHECKING:
    from spine.app.application import Application

_DAYS = 7
_LOOKED_AT = 100


def check_alerts(project: Application) -> Iterator[Finding]:
    """Yield a finding about the alerts that no channel has delivered."""
    counts = count_unsent(project.history, utc_now() - timedelta(days=_DAYS))
    says = _describe(counts)
    if not says:
        yield ok("alerts", f"every alert of the last {_DAYS} days was delivered")
        return
    is_lost = counts.failed or counts.overdue or (counts.unrouted and project.settings.channels)
    yield Finding("alerts", State.FAIL if is_lost else State.WARN, says, _fix(counts, project))


def _describe(counts: UnsentCounts) -> str:
    parts = {
        "could not be delivered": counts.failed,
        "should have been sent": counts.overdue,
        "waiting to be sent": counts.waiting,
        "of ERROR or worse taken by no channel": counts.unrouted,
        "below ERROR taken by no channel": counts.minor,
        "throttled": counts.throttled,
        "silenced": counts.silenced,
    }
    return ", ".join(f"{number:,} {text}" for text, number in parts.items() if number)


def _fix(counts: UnsentCounts, project: Application) -> str:
    if counts.failed:
        newest = list_alerts(project.history, unsent=True, limit=_LOOKED_AT)
        failed = [row["id"] for row in newest if row["delivery"] == "FAILED" and row["source"] != TEST_SOURCE]
        return f"spine alerts retry {failed[0]}" if failed else "spine alerts list --unsent"
    return "spine alerts flush" if counts.overdue else "spine alerts list --unsent"
