"""One run: its steps over time and as a graph, attempts, log, items, and what it read and wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from spine_board.pages.page import Page, PageContext
from spine_board.run_view import failures_of, gantt_of, graph_of
from spine_board.states import OPEN, TO_RESUME

if TYPE_CHECKING:
    from spine.project import Project
    from spine_board.asked import Asked

Row = Mapping[str, Any]

_LOG_LINES = 300
_ITEMS = 25
_MOST = 200  # rows of a table


def run(project: Project, asked: Asked) -> PageContext:
    """Return a run with all that is recorded of it; tables of many rows have their first ones, and their number."""
    found = project.runs.find(asked.path["run_id"])
    run_id, runs = str(found["run_id"]), project.runs
    steps, children, rejects = runs.steps(run_id), runs.children(run_id), runs.rejects(run_id, limit=_MOST)
    fetches, quality = runs.fetches(run_id), runs.quality(run_id)
    ends = runs.item_ends(run_id)
    is_abandoned = runs.is_abandoned(found)
    return {
        "run": {**found, "is_abandoned": is_abandoned, "waits_for": runs.waits_for(found)},
        "was_resumed": runs.was_resumed(run_id),
        "is_open": found["status"] in OPEN,
        "can_be_resumed": found["status"] in TO_RESUME or is_abandoned,
        "steps": steps[:_MOST],
        "step_count": len(steps),
        "failures": failures_of(steps),
        "gantt": gantt_of(project, found, steps, children, ends) if steps else None,
        "graph": graph_of(project, run_id),
        "progress": runs.progress(run_id) if found["status"] == "RUNNING" else [],
        "items": _items(project, run_id, asked, ends),
        "below": children[:_MOST],
        "below_count": len(children),
        "failed_items": [],
        "offline": False,
        "logs": runs.logs(run_id, last=_LOG_LINES),
        "log_lines": _LOG_LINES,
        "captures": runs.captures(run_id)[:_MOST],
        "fetches": fetches[:_MOST],
        "fetch_count": len(fetches),
        "quality": sorted(quality, key=lambda check: bool(check["passed"]))[:_MOST],
        "check_count": len(quality),
        "rejects": rejects,
        "reject_count": runs.count_rejects(run_id),
        "alerts": project.alerts.list(run=run_id),
        "events": runs.events(run_id)[-_MOST:],
    }


def _items(project: Project, run_id: str, asked: Asked, ends: Sequence[Row]) -> PageContext | None:
    """Return the counts of items, and a page of those of one map step; None for a run without any."""
    if not ends:
        return None
    counts: Counter[tuple[str, str]] = Counter()  # of what the chart has read: to count again costs as much
    for row in ends:
        counts[row["step_name"], row["status"]] += row["items"]
    names = list(dict.fromkeys(name for name, _ in counts))
    step, only_failed = asked.choice("step", names, names[0]), asked.text("failed") == "1"
    after = asked.number("after", -1, least=-1)
    page = project.runs.list_items(run_id, step, failed=only_failed, after=after, limit=_ITEMS)
    return {
        "counts": [(name, status, count) for (name, status), count in sorted(counts.items())],
        "names": names,
        "step": step,
        "only_failed": only_failed,
        "rows": page.rows,
        "next": page.next,
        "is_first": after < 0,
    }


PAGES = [Page("/runs/{run_id}", "run.html", run)]
