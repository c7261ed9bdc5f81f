"""One workflow: what it is, its last runs, its schedules, and a form to run it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spine_board.pages.page import Page, PageContext

if TYPE_CHECKING:
    from spine.project import Project
    from spine_board.asked import Asked

_LIMIT = 20


def workflow(project: Project, asked: Asked) -> PageContext:
    """Return a workflow with its newest runs and its schedules."""
    name = asked.path["workflow"]
    described = project.workflows.describe(name)
    found = project.runs.list(workflow=name, limit=_LIMIT).rows
    return {
        "workflow": described,
        "rows": [{**run, "is_abandoned": project.runs.is_abandoned(run)} for run in found],
        "schedules": [schedule for schedule in project.schedules.list() if schedule.target_name == name],
    }


PAGES = [Page("/workflows/{workflow}", "workflow.html", workflow)]
