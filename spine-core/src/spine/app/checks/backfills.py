"""Backfills whose process has ended before they were complete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding, ok, warn
from spine.storage.backfills import SqlBackfillStore

if TYPE_CHECKING:
    from spine.app.application import Application

_LOOKED_AT = 1_000  # the newest of those that are not complete
_MOST_SHOWN = 5


def check_backfills(project: Application) -> Iterator[Finding]:
    """Yield a finding for each backfill that is not complete and that no process executes."""
    store = SqlBackfillStore(project.history)
    now, found = store.now(), store.list_backfills(unfinished=True, limit=_LOOKED_AT)
    left = [backfill for backfill in found if not backfill.status.has_ended and not backfill.is_held(now)]
    for backfill in left[:_MOST_SHOWN]:
        says = f"{backfill.id} of {backfill.workflow_name} is not complete, and no process executes it"
        yield warn("backfill", says, f"spine backfills resume {backfill.id}")
    if not left:
        yield ok("backfills", "none is left without a process")
