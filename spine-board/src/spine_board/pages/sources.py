"""Sources: how fresh they are, their fetches, and the rows that were rejected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from spine.core.errors import SpineError
from spine_board.asked import Sorting
from spine_board.drawing import draw_line
from spine_board.pages.page import Page, PageContext
from spine_board.pages.part import part_of
from spine_board.states import GOOD_FETCHES
from spine_board.text import link

if TYPE_CHECKING:
    from spine.project import Project
    from spine_board.asked import Asked

_ROWS = 200
_FETCHES = 200
_REJECTS = 50
_FACTS = ("status", "started_at", "record_count", "byte_count", "run_id", "error")


def sources(project: Project, asked: Asked) -> PageContext:
    """Return the sources with their newest fetch."""
    rows = []
    for row in project.sources.freshness():
        last = row["last_fetch"] or dict.fromkeys(_FACTS)
        rows.append({**row, **{name: last[name] for name in _FACTS}})
    columns = ("name", "source_type", "domain", "declared_in", *_FACTS, "good_at")
    sorting = Sorting.of(asked, columns)
    return {"part": part_of(sorting.apply(rows), asked, _ROWS), "sorting": sorting}


def source(project: Project, asked: Asked) -> PageContext:
    """Return a source with its options, fetches and rejected rows."""
    name = asked.path["name"]
    fetches = project.sources.fetches(name, limit=_FETCHES)
    described = project.sources.describe(name)
    columns = ("started_at", "status", "record_count", "byte_count", "duration_ms", "run_id", "error")
    sorting = Sorting.of(asked, columns, "-started_at")
    reasons = project.sources.reject_reasons(name)
    reason_order = Sorting.of(asked, ("reason", "rows", "last_at"), "-rows", "reasons")
    return {
        "source": described,
        "options": _options(project, name),
        "newest": fetches[0] if fetches else None,
        "last_good": next((row for row in fetches if row["status"] in GOOD_FETCHES), None),
        "line": _line(name, fetches),
        "fetches": sorting.apply(fetches),
        "sorting": sorting,
        "reasons": reason_order.apply(reasons),
        "reason_order": reason_order,
        "rejects": project.sources.rejects(name, limit=_REJECTS),
    }


def _options(project: Project, name: str) -> Mapping[str, Any]:
    try:
        return {key: value for key, value in project.sources.options(name).items() if value not in (None, "")}
    except SpineError as error:
        return {"problem": str(error)}


def _line(name: str, fetches: Sequence[Mapping[str, Any]]) -> Any:
    """Return the drawing of the rows of the fetches that had some; None for fewer than two."""
    points = [
        {"label": f"{row['started_at']:%m-%d}", "value": row["record_count"], "run_id": row["run_id"]}
        for row in reversed(fetches)
        if row["record_count"] is not None and row["status"] == "SUCCESS"
    ]
    if len(points) < 2:
        return None

    def address(point: Mapping[str, Any]) -> str | None:
        return link("runs", point["run_id"]) if point["run_id"] else None

    return draw_line(points, title=f"Rows of the fetches of {name}", link=address)


PAGES = [Page("/sources", "sources.html", sources, menu="Sources"), Page("/sources/{name}", "source.html", source)]
