"""Search by a part of a name or an id: runs, workflows, captures, schedules and sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from attrs import frozen

from spine.core.errors import SpineError
from spine_board.pages.page import Page, PageContext
from spine_board.text import link

if TYPE_CHECKING:
    from spine.project import Project
    from spine_board.asked import Asked

_LEAST_OF_AN_ID = 4
_MOST = 25  # of a kind
_IN_AN_ID = frozenset("0123456789abcdef-")


@frozen
class Hit:
    """A thing that was found, and its page."""

    name: str
    target: str
    note: str = ""


def search(project: Project, asked: Asked) -> PageContext:
    """Return what has the words in its name, by kind."""
    query = asked.text("q")
    found = {kind: _first(find(project, query.lower())) for kind, find in _KINDS.items()} if query else {}
    return {"query": query, "found": {kind: hits for kind, hits in found.items() if hits}}


def _first(hits: Iterator[Hit]) -> list[Hit]:
    found: list[Hit] = []
    for hit in hits:
        found.append(hit)
        if len(found) == _MOST:
            break
    return found


def _workflows(project: Project, words: str) -> Iterator[Hit]:
    for row in project.workflows.list():
        if words in row["name"].lower() or words in row["description"].lower():
            yield Hit(row["name"], link("workflows", row["name"]), row["description"])


def _runs(project: Project, words: str) -> Iterator[Hit]:
    """Yield the run with that part of an id, and the newest of the workflow with that name."""
    if len(words) >= _LEAST_OF_AN_ID and _IN_AN_ID.issuperset(words):
        try:
            run = project.runs.find(words)
        except SpineError:  # none, or several
            return
        yield Hit(run["run_id"], link("runs", run["run_id"]), f"{run['workflow_name']}, {run['status']}")


def _captures(project: Project, words: str) -> Iterator[Hit]:
    for row in project.captures.names():
        if words in row["name"].lower():
            yield Hit(row["name"], link("captures", row["name"]))


def _schedules(project: Project, words: str) -> Iterator[Hit]:
    for schedule in project.schedules.list():
        if words in schedule.name.lower():
            yield Hit(schedule.name, link("schedules", schedule.name), f"runs {schedule.target_name}")


def _sources(project: Project, words: str) -> Iterator[Hit]:
    for row in project.sources.list():
        if words in row["name"].lower():
            yield Hit(row["name"], link("sources", row["name"]), str(row["source_type"]))


_KINDS: dict[str, Callable[[Project, str], Iterator[Hit]]] = {
    "Workflows": _workflows,
    "Runs": _runs,
    "Captures": _captures,
    "Schedules": _schedules,
    "Sources": _sources,
}

PAGES = [Page("/search", "search.html", search)]
