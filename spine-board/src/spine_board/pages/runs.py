"""List of runs: filtered, in pages, the newest or the longest first."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from spine.core.errors import ValidationError
from spine_board.asked import Sorting
from spine_board.pages.page import Page, PageContext
from spine_board.states import OF_RUNS

if TYPE_CHECKING:
    from spine.project import Project
    from spine_board.asked import Asked

_LIMIT = 50
_ORDERS = ("started_at", "duration_ms")


def runs(project: Project, asked: Asked) -> PageContext:
    """Return a page of runs. The longest are sorted by the database, and have one page."""
    workflow, status, schedule = asked.text("workflow"), asked.choice("status", OF_RUNS), asked.text("schedule")
    since, sorting = _since(asked), Sorting.of(asked, _ORDERS, "-started_at")
    by_duration = sorting.column == "duration_ms"
    page = project.runs.list(
        workflow=workflow or None,
        status=status or None,
        schedule=schedule or None,
        since=since,
        before=None if by_duration else asked.text("before") or None,
        by_duration=by_duration,
        limit=_LIMIT,
    )
    rows = [{**run, "is_abandoned": project.runs.is_abandoned(run)} for run in page]
    return {
        "rows": rows,
        "older": None if by_duration else page.next,
        "sorting": sorting,
        "workflows": [row["name"] for row in project.workflows.list()],
        "statuses": OF_RUNS,
        "asked": {"workflow": workflow, "status": status, "schedule": schedule, "since": asked.text("since")},
        "is_first": not asked.text("before"),
    }


def _since(asked: Asked) -> datetime | None:
    given = asked.text("since")
    if not given:
        return None
    try:
        return datetime.fromisoformat(given).astimezone()
    except (ValueError, OverflowError):  # OverflowError: of a zone before the first year, or after the last
        raise ValidationError(
            f"since={given!r:.40} is no date: write it as 2026-01-31", field="since", value=given
        ) from None


PAGES = [Page("/runs", "runs.html", runs, menu="Runs")]
