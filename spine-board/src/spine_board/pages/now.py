"""First page: what is wrong, what runs, and the last runs of each workflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from spine_board.pages.page import Page, PageContext

if TYPE_CHECKING:
    from spine.project import Project
    from spine_board.asked import Asked


def now(project: Project, _asked: Asked) -> PageContext:
    """Return the state of the project; workflows that fail come first."""
    found = project.overview()
    running = [{**run, "progress": project.runs.progress(run["run_id"])} for run in found["running"]]
    workflows = sorted(found["workflows"], key=lambda row: (row["failing_since"] is None, not row["last"], row["name"]))
    return {"overview": found, "workflows": workflows, "running": running, "problems": _count_problems(found)}


def _count_problems(found: Mapping[str, Any]) -> int:
    failing: int = sum(workflow["failing_since"] is not None for workflow in found["workflows"])
    gone: int = sum(run["is_abandoned"] for run in found["running"])
    return failing + gone + len(found["incidents"]) + len(found["backfills"])


PAGES = [Page("/", "now.html", now, menu="Now")]
