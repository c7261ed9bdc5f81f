"""Partitions of the workflows that declare them: counts, grid, gaps, and the plan of a backfill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from spine_board.asked import Sorting
from spine_board.drawing import draw_grid
from spine_board.pages.backfill_form import BackfillForm, form_of, query_of, range_of
from spine_board.pages.page import Page, PageContext
from spine_board.pages.part import part_of
from spine_board.text import link, pairs

if TYPE_CHECKING:
    from spine.project import Project
    from spine_board.asked import Asked

_ROWS = 200
_MOST_CELLS = 1_000  # of the grid: the newest
_STATIC_COLUMNS = 20
STATES = ("completed", "unchanged", "stale", "failed", "running", "missing")
Row = dict[str, Any]


@frozen
class Gap:
    """Partitions side by side that have no run, and the address of a plan to fill them."""

    first: str
    last: str
    count: int
    address: str


def workflows(project: Project, asked: Asked) -> PageContext:
    """Return a row for each workflow with partitions, with the number of its partitions by state."""
    rows = [_summary(project, name) for name in project.partitions.workflows()]
    sorting = Sorting.of(asked, ("workflow", "by", "partitions", "last_at", *STATES), "workflow")
    backfills = project.backfills.list(limit=10)
    return {"rows": sorting.apply(rows), "sorting": sorting, "states": STATES, "backfills": backfills}


def _summary(project: Project, name: str) -> Row:
    found = project.partitions.list(name)
    counts = Counter(row["state"].value for row in found)
    return {
        "workflow": name,
        "by": ", ".join(project.partitions.declared(name).params),
        "partitions": len(found),
        "last_at": max((row["started_at"] for row in found if row["started_at"]), default=None),
        **{state: counts[state] for state in STATES},
    }


def partitions(project: Project, asked: Asked) -> PageContext:
    """Return the partitions of one workflow, as a grid and in a table, with its gaps and backfills."""
    name = asked.path["workflow"]
    declared = project.partitions.declared(name)
    since, until = range_of(asked.query)
    found = project.partitions.list(name, since, until)
    rows = [{**row, "state": row["state"].value, "key": shown_key(row["partition"])} for row in found]
    state = asked.choice("state", STATES)
    sorting = Sorting.of(asked, ("key", "state", "run_id", "workflow_version", "started_at", "completed_at"))
    newest_first = rows if declared.time is None else rows[::-1]
    wanted = [row for row in newest_first if state in ("", row["state"])]
    return {
        "workflow": name,
        "time": declared.time,
        "since": since or "",
        "until": until or "",
        "state": state,
        "states": STATES,
        "counts": Counter(row["state"] for row in rows),
        "total": len(rows),
        "most_cells": _MOST_CELLS,
        "grid": _grid(name, declared, rows),
        "gaps": gaps(name, declared, rows),
        "part": part_of(sorting.apply(wanted), asked, _ROWS),
        "sorting": sorting,
        "ends": _ends(declared, rows),
        "values": {param: declared.values_of(param) for param in declared.params if declared.values_of(param)},
        "backfills": project.backfills.list(name, limit=10),
    }


def plan(project: Project, asked: Asked) -> PageContext:
    """Return the partitions that a backfill would take, with the form that starts it."""
    name = asked.path["workflow"]
    given = form_of(asked.query)
    planned = given.plan(project, name)
    return {
        "workflow": name,
        "given": given,
        "fields": query_of(given),
        "count": len(planned.partitions),
        "keys": [shown_key(key) for key in planned.partitions[:_ROWS]],
        "command": given.command(name),
    }


def backfill(project: Project, asked: Asked) -> PageContext:
    """Return a backfill with its counts and the run of each partition."""
    found = project.backfills.find(asked.path["backfill"])
    rows = [{**run, "key": shown_key(run["partition"])} for run in found["runs"]]
    sorting = Sorting.of(asked, ("key", "status", "run_id", "error"))
    apart = {"waiting": found["waiting"], "interrupted": found["interrupted"]}
    counts = {**found["counts"], **apart, "running": found["counts"]["running"] - sum(apart.values())}
    return {
        "backfill": found,
        "counts": counts,
        "part": part_of(sorting.apply(rows), asked, _ROWS),
        "sorting": sorting,
    }


def shown_key(partition: Mapping[str, str]) -> str:
    """Return a partition in a few words: the value alone where there is one parameter."""
    return next(iter(partition.values())) if len(partition) == 1 else pairs(partition)


def gaps(name: str, declared: Any, rows: Iterable[Mapping[str, Any]]) -> list[Gap]:
    """Return the partitions without a run, those that follow one another in time as one gap."""
    time = declared.time
    if time is None:
        return []
    lanes: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    others = [param for param in declared.params if param != time.param]
    for row in rows:
        lanes.setdefault(tuple(row["partition"][param] for param in others), []).append(row)
    found = []
    for values, lane in lanes.items():
        only = dict(zip(others, values, strict=True))
        found += [_gap(name, time.param, part, only) for part in _stretches(lane)]
    return found


def _stretches(lane: Iterable[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Return the rows without a run, those side by side together."""
    found: list[list[Mapping[str, Any]]] = []
    is_open = False
    for row in lane:
        is_missing = row["state"] == "missing"
        if is_missing and not is_open:
            found.append([])
        if is_missing:
            found[-1].append(row)
        is_open = is_missing
    return found


def _gap(name: str, param: str, part: Sequence[Mapping[str, Any]], only: Mapping[str, str]) -> Gap:
    first, last = part[0]["partition"], part[-1]["partition"]
    form = BackfillForm(("missing",), first[param], last[param], {key: [value] for key, value in only.items()})
    return Gap(shown_key(first), shown_key(last), len(part), link("partitions", name, "plan", **query_of(form)))


def _ends(declared: Any, rows: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Return the dates of the first and the last partition of the range, empty where there is none."""
    if declared.time is None or not rows:
        return "", ""
    param = declared.time.param
    return rows[0]["partition"][param], rows[-1]["partition"][param]


def _grid(name: str, declared: Any, rows: Sequence[Row]) -> Any:
    cells = [{**row, "label": row["key"]} for row in rows[-_MOST_CELLS:]]
    title = f"Partitions of {name}"
    if declared.time is None and len(declared.params) == 1:
        return draw_grid(cells, title=title, link=_run_of, columns=_STATIC_COLUMNS)
    return draw_grid(_placed(declared, cells), title=title, link=_run_of, order=_columns(declared))


def _run_of(cell: Mapping[str, Any]) -> str | None:
    return link("runs", cell["run_id"]) if cell.get("run_id") else None


def _placed(declared: Any, cells: Sequence[Row]) -> list[Row]:
    """Return cells with their row and column: months by day, years by week or month, or one parameter by the other."""
    if len(declared.params) > 1:
        down, across = declared.params
        if declared.time is not None:
            down, across = declared.time.param, next(name for name in declared.params if name != declared.time.param)
            cells = sorted(cells, key=lambda cell: declared.time.first_day(cell["partition"][down]), reverse=True)
        return [{**cell, "row": cell["partition"][down], "column": cell["partition"][across]} for cell in cells]
    return [{**cell, **_place(declared.time, cell["partition"][declared.time.param])} for cell in cells]


def _place(time: Any, value: str) -> dict[str, str]:
    day = time.first_day(value)
    if time.unit == "day":
        return {"row": f"{day:%Y-%m}", "column": f"{day:%d}"}
    if time.unit == "week":
        return {"row": f"{day:%Y}", "column": f"{(day.timetuple().tm_yday - 1) // 7 + 1:02}"}
    return {"row": f"{day:%Y}", "column": f"{day:%m}"}


def _columns(declared: Any) -> list[str]:
    """Return the columns of a calendar in order; none where they are the values of a parameter."""
    if len(declared.params) > 1 or declared.time is None:
        return []
    return [f"{number:02}" for number in range(1, {"day": 32, "week": 54, "month": 13}[declared.time.unit])]


PAGES = [
    Page("/partitions", "partitions.html", workflows, menu="Partitions"),
    Page("/partitions/{workflow}", "partitions_of.html", partitions),
    Page("/partitions/{workflow}/plan", "backfill_plan.html", plan),
    Page("/backfills/{backfill}", "backfill.html", backfill),
]
