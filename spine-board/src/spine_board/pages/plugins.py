"""Installed plugins, and the findings of doctor."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from spine_board.asked import Sorting
from spine_board.pages.page import Page, PageContext

if TYPE_CHECKING:
    from spine.project import Project
    from spine_board.asked import Asked

_AT_FAULT = ("broken", "incompatible", "conflict")


def plugins(project: Project, asked: Asked) -> PageContext:
    """Return the plugins, those at fault first, with what each provides."""
    rows = project.plugins()
    sorting = Sorting.of(asked, ("name", "distribution", "version", "state", "reason"))
    faults_first = sorted(rows, key=lambda row: row["state"] not in _AT_FAULT)
    return {
        "rows": sorting.apply(faults_first),
        "sorting": sorting,
        "at_fault": sum(row["state"] in _AT_FAULT for row in rows),
    }


def doctor(project: Project, asked: Asked) -> PageContext:
    """Return the findings of spine doctor, faults first."""
    rows = project.diagnose()
    rank = {"fail": 0, "warn": 1, "ok": 2}
    sorting = Sorting.of(asked, ("check", "status", "says"))
    faults_first = sorted(rows, key=lambda row: rank[row["status"]])
    return {"rows": sorting.apply(faults_first), "sorting": sorting, "counts": Counter(row["status"] for row in rows)}


PAGES = [
    Page("/plugins", "plugins.html", plugins, menu="Plugins"),
    Page("/doctor", "doctor.html", doctor, menu="Doctor"),
]
