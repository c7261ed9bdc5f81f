"""Pages of the board, in the order of its menu: a module of each, from a project to the values of its template."""

from spine_board.pages import (
    alerts,
    audit,
    captures,
    now,
    partitions,
    plugins,
    run,
    runs,
    schedules,
    search,
    sources,
    workflow,
)
from spine_board.pages.page import Page

__all__ = ["PAGES"]

PAGES: list[Page] = [
    *now.PAGES,
    *runs.PAGES,
    *run.PAGES,
    *workflow.PAGES,
    *search.PAGES,
    *partitions.PAGES,
    *captures.PAGES,
    *schedules.PAGES,
    *sources.PAGES,
    *alerts.PAGES,
    *plugins.PAGES,
    *audit.PAGES,
]
