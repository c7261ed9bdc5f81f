"""View of one run: what its page and its report show, with limits on what a run can make of them."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import distributions, version
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from spine.core.clock import utc_now
from spine.core.errors import SpineError
from spine.core.failure import Failure
from spine.core.plain_text import counted
from spine_board.drawing import draw_gantt, draw_graph
from spine_board.text import milliseconds, number

if TYPE_CHECKING:
    from spine.framework.lineage.graph import LineageGraph
    from spine.project import Project

Row = Mapping[str, Any]

MOST_ROWS = 50  # of each table
MOST_STEPS = 200
MOST_REJECTS = 20
MOST_LINES = 100  # of the log
_MOST_DIFFS = 20
_MOST_RUNS = 1_000  # in the chart
_MOST_ROWS_COMPARED = 200_000  # of a revision: both are held in memory


def view_run(project: Project, run_id: str) -> dict[str, Any]:
    """Return what there is to see of a run; lists are cut, and the numbers beside them count all."""
    run, runs = project.runs.find(run_id), project.runs
    steps, fetches, captures = runs.steps(run_id), runs.fetches(run_id), runs.captures(run_id)
    rejects, quality = runs.rejects(run_id, limit=MOST_REJECTS), runs.quality(run_id)
    below = runs.descendants(run_id, limit=_MOST_RUNS)
    return {
        "run": {**run, "is_abandoned": runs.is_abandoned(run)},
        "steps": steps[:MOST_STEPS],
        "step_count": len(steps),
        "failures": failures_of(steps),
        "gantt": gantt_of(project, run, steps, below),
        "graph": graph_of(project, run_id),
        "fetches": fetches[:MOST_ROWS],
        "fetch_count": len(fetches),
        "captures": [
            {**made, "diff": diff_of(project, made, place)} for place, made in enumerate(captures[:MOST_ROWS])
        ],
        "capture_count": len(captures),
        "rejects": rejects,
        "reject_count": runs.count_rejects(run_id),
        "quality": sorted(quality, key=lambda check: bool(check["passed"]))[:MOST_ROWS],
        "check_count": len(quality),
        "passed_count": sum(bool(check["passed"]) for check in quality),
        "items": runs.items(run_id),
        "failed_items": runs.failed_items(run_id),
        "below": below[:MOST_ROWS],
        "below_count": runs.count_descendants(run_id),
        "rows_in": sum(fetch["record_count"] or 0 for fetch in fetches),
        "rows_out": sum(made["row_count"] or 0 for made in captures),
        "lineage": lineage_of(project, run_id, captures),
        "log": runs.logs(run_id, last=MOST_LINES),
    }


def gantt_of(
    project: Project, run: Row, steps: Sequence[Row], below: Iterable[Row], ends: Sequence[Row] | None = None
) -> Markup:
    """Draw the attempts of a run's steps, their items, and the runs that they started."""
    children = [{**child, "step_name": _step_of(child, run)} for child in below]
    direct = [child for child in children if child["parent_run_id"] == run["run_id"]]
    return draw_gantt(
        steps,
        now=run["completed_at"] or utc_now(),
        items=project.runs.item_ends(run["run_id"]) if ends is None else ends,
        branches=direct,
        link=lambda row: f"#step-{row['sequence']}" if "sequence" in row else None,
        title=f"Steps of {run['workflow_name']} over time",
    )


def graph_of(project: Project, run_id: str) -> Markup:
    """Draw the steps of a run's workflow with their states."""
    found = project.runs.graph(run_id)
    nodes = [
        {
            "id": node["step_name"],
            "label": node["step_name"],
            "kind": node["step_type"],
            "state": node["status"],
            "note": _note(node),
        }
        for node in found["nodes"]
    ]
    return draw_graph(nodes, found["edges"], title="Steps of the workflow")


def lineage_of(project: Project, run_id: str, captures: Sequence[Row]) -> Markup | None:
    """Draw what a run's captures were made from, and what was made from them; None if it made none."""
    if not captures:
        return None
    graphs = [project.captures.lineage(made["capture_id"]) for made in captures[:_MOST_DIFFS]]
    return draw_lineage([*graphs, project.runs.affected(run_id)], title="Lineage of the captures")


def draw_lineage(graphs: Iterable[LineageGraph], *, title: str) -> Markup:
    """Draw lineage from top to bottom, in the direction of the data."""
    nodes: dict[str, Any] = {}
    links: dict[tuple[str, str], None] = {}
    for graph in graphs:
        nodes.update({name: _lineage_node(node.to_dict()) for name, node in graph.nodes.items()})
        links.update(dict.fromkeys(graph.links))
    edges = [{"from": source, "to": target} for source, target in links]
    return draw_graph(nodes.values(), edges, title=title)


def diff_of(project: Project, made: Row, place: int = 0) -> dict[str, Any]:
    """Return the differences of a revision from the one before it, or the reason that there are none, as `said`."""
    if made["revision"] == 1:
        return {"said": "the first revision"}
    if place >= _MOST_DIFFS or (made["row_count"] or 0) > _MOST_ROWS_COMPARED:
        return {"said": f"not compared here: spine captures diff {made['name']}"}
    try:
        found = project.captures.diff(
            made["name"], made["revision"] - 1, made["revision"], partition=made["partition_key"]
        )
    except SpineError as error:  # the payload or the revision is gone, or pyarrow is not installed
        return {"said": f"cannot be compared: {error}"}
    return {"said": "no difference" if found.is_empty else "", **found.to_dict()}


def failures_of(steps: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the failures of a run's steps, the last attempt of each, with the exceptions that led to them."""
    last = {row["step_name"]: row for row in steps}
    failed = [row for row in last.values() if row["failure"] is not None]
    return [{"step": row, "chain": _chain(Failure.from_dict(row["failure"]))} for row in failed]


def versions() -> list[dict[str, str]]:
    """Return the versions of Python, and of Spine and its plugins, in this process."""
    plugins = {
        found.metadata["Name"]: found.version
        for found in distributions()
        if any(entry.group == "spine" for entry in found.entry_points)
    }
    here = {"Python": platform.python_version(), "spine-core": version("spine-core")}
    return [{"name": name, "version": value} for name, value in {**here, **dict(sorted(plugins.items()))}.items()]


def settings(project: Project) -> list[dict[str, Any]]:
    """Return the settings that are not the defaults; secrets are masked."""
    return [row for row in project.settings() if row["origin"] != "default"]


def _chain(failure: Failure) -> list[Failure]:
    """Return an exception after those that led to it, the first one first."""
    return [*(_chain(failure.cause) if failure.cause else []), failure]


def _step_of(child: Row, run: Row) -> str | None:
    """Return the step whose branch a run is, as far as its name says: WORKFLOW.STEP.BRANCH."""
    name: str = child["workflow_name"].removeprefix(f"{run['workflow_name']}.")
    return name.rpartition(".")[0] or None if name != child["workflow_name"] else None


def _note(node: Row) -> str:
    took = None if node["duration_ms"] is None else milliseconds(node["duration_ms"])
    rows = None if node["row_count"] is None else f"{number(node['row_count'])} rows"
    return ", ".join(filter(None, (took, rows)))


def _file_of(locator: str | None) -> str:
    """Return the last part of a path or an address."""
    return (locator or "").rstrip("/").rpartition("/")[2]


def _lineage_node(node: Row) -> dict[str, Any]:
    kind, parts = node["kind"], node.get("partition") or {}
    if kind == "capture" and "name" in node:
        of = " ".join(f"{key}={value}" for key, value in parts.items())
        note = " ".join(filter(None, (of, f"r{node['revision']},", counted(node["row_count"], "row"))))
        return {"id": node["id"], "label": node["name"], "note": note, "kind": kind}
    if kind == "fetch" and "source_name" in node:
        return {"id": node["id"], "label": node["source_name"], "note": _file_of(node["locator"]), "kind": kind}
    if kind == "step":
        return {
            "id": node["id"],
            "label": node["step_name"] or "pipeline",
            "note": f"run {node['run_id'][-8:]}",
            "kind": kind,
        }
    return {"id": node["id"], "label": node.get("table") or node["label"], "kind": kind}
