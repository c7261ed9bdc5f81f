"""Record of the actions through the board, and of who took them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spine_board.audit import Audit
from spine_board.pages.page import Page, PageContext

if TYPE_CHECKING:
    from spine.project import Project
    from spine_board.asked import Asked


def audit(project: Project, _asked: Asked) -> PageContext:
    """Return the newest actions."""
    return {"rows": Audit(project).list()}


PAGES = [Page("/actions", "actions.html", audit)]
