"""Captures: what there is of them, and of one its revisions, columns, rows, checks and lineage."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from spine.core.errors import SpineError, StorageError, ValidationError
from spine.core.tables import to_rows
from spine_board.asked import Sorting
from spine_board.drawing import draw_graph, draw_grid, draw_line
from spine_board.pages.page import NotFound, Page, PageContext
from spine_board.pages.part import part_of
from spine_board.text import link, pairs, partition_key

if TYPE_CHECKING:
    from spine.framework.captures import Capture
    from spine.project import Project
    from spine_board.asked import Asked

_ROWS = 200
_REVISIONS = 200
_FIRST_ROWS = 20
_MOST_COLUMNS = 100
_MOST_DIFFED = 5_000_000  # rows of both revisions, which a diff holds in memory
_DEPTH = 3  # steps of the lineage
_MOST_DEPTH = 20
Row = dict[str, Any]


def captures(project: Project, asked: Asked) -> PageContext:
    """Return a row for each name, with the number of its stale partitions."""
    stale = Counter(found.capture.name for found in project.captures.stale())
    rows = [{**row, "stale": stale[row["name"]]} for row in project.captures.names()]
    columns = ("name", "domain", "partitions", "revisions", "row_count", "byte_count", "captured_at", "stale")
    sorting = Sorting.of(asked, columns, "-captured_at")
    return {"part": part_of(sorting.apply(rows), asked, _ROWS), "sorting": sorting, "stale": stale.total()}


def capture(project: Project, asked: Asked) -> PageContext:
    """Return one revision of a partition, and what became of the partition."""
    name = asked.path["name"]
    others = project.captures.current(name)
    if not others:
        raise NotFound(f"There is no capture {name!r:.200}.")
    partition = _partition(asked, others)
    revisions = project.captures.revisions(name, partition, limit=_REVISIONS)
    shown = _revision(project, name, partition, revisions, asked.number("revision", 0))
    depth = min(asked.number("depth", _DEPTH, least=1), _MOST_DEPTH)
    stale = {found.capture.capture_id: found for found in project.captures.stale(name)}
    return {
        "name": name,
        "capture": shown,
        "key": shown.partition_key,
        "is_current": shown.revision == revisions[0].revision,
        "stale": stale.get(shown.capture_id),
        "line": _line(name, revisions, shown),
        "graph": _graph(project, shown, depth),
        "depth": depth,
        "deeper": min(2 * depth, _MOST_DEPTH),
        "columns": shown.schema,
        **_first_rows(project, shown),
        **_tables(project, asked, revisions, others, stale),
    }


def diff(project: Project, asked: Asked) -> PageContext:
    """Return the differences between two revisions of a partition."""
    name = asked.path["name"]
    partition = _read_partition(asked.text("partition") or "{}")
    revisions = {made.revision: made for made in project.captures.revisions(name, partition, limit=10_000)}
    if not revisions:
        raise NotFound(f"There is no capture {name!r:.200} {pairs(partition):.200}.")
    newest = max(revisions)
    new = asked.number("new", newest, least=1)
    old = asked.number("old", max(1, new - 1), least=1)
    for number in (old, new):
        if number not in revisions:
            raise NotFound(f"Capture {name!r:.200} has no revision {number:,}.")
    key = [column.strip() for column in asked.text("key").split(",") if column.strip()]
    if revisions[old].row_count + revisions[new].row_count > _MOST_DIFFED:
        raise ValidationError(
            f"the revisions have more than {_MOST_DIFFED:,} rows: compare them with "
            f"spine captures diff {name} {old} {new}"
        )
    found = project.captures.diff(name, old, new, key=key, partition=partition)
    samples = {kind: _sample(kind, rows) for kind, rows in found.samples.items() if rows}
    counts = {"added": found.added, "removed": found.removed, "changed": found.changed}
    return {
        "name": name,
        "found": found,
        "counts": counts,
        "samples": samples,
        "old": old,
        "new": new,
        "given_key": ", ".join(key),
    }


def _partition(asked: Asked, others: Sequence[Capture]) -> Mapping[str, Any]:
    """Return the partition that is asked for, by default that of the newest capture."""
    given = asked.text("partition")
    return _read_partition(given) if given else others[0].partition


def _read_partition(given: str) -> Mapping[str, Any]:
    try:
        found = json.loads(given)
    except ValueError:
        found = None
    if isinstance(found, dict) and all(isinstance(value, str) for value in found.values()):
        return found
    raise ValidationError(f'partition={given!r:.80} is no partition: give it as {{"week": "2026-01-05"}}')


def _revision(
    project: Project, name: str, partition: Mapping[str, Any], revisions: Sequence[Capture], number: int
) -> Capture:
    if not revisions:
        raise NotFound(f"There is no capture {name!r:.200} {pairs(partition):.200}.")
    for made in revisions:
        if number in (0, made.revision):
            return made
    try:
        return project.captures.read(name, partition=partition, revision=number).capture
    except StorageError as error:  # it was forgotten, or there never was one
        raise NotFound(str(error)) from error


def _line(name: str, revisions: Sequence[Capture], shown: Capture) -> Any:
    points = [
        {
            "label": f"{made.revision}",
            "value": made.row_count,
            "state": "running" if made.revision == shown.revision else None,
            "revision": made.revision,
        }
        for made in reversed(revisions)
    ]

    def address(point: Mapping[str, Any]) -> str:
        return link("captures", name, partition=shown.partition_key, revision=point["revision"])

    return draw_line(points, title=f"Rows of the revisions of {name}", link=address)


def _graph(project: Project, shown: Capture, depth: int) -> Any:
    """Return the drawing of what a revision was made from, and of what was made from it; None if nothing is known."""
    graphs = [project.captures.lineage(shown.capture_id, way, depth=depth) for way in ("up", "down")]
    links = dict.fromkeys(pair for graph in graphs for pair in graph.links)
    if not links:
        return None
    nodes = {node.id: _node(node, shown) for graph in graphs for node in graph.nodes.values()}
    edges = [{"from": source, "to": target} for source, target in links]
    title = f"Lineage of {shown.name} revision {shown.revision}"
    return draw_graph(nodes.values(), edges, title=title, link=lambda node: node["address"])


def _node(node: Any, shown: Capture) -> Row:
    facts = node.details
    look = {"id": node.id, "kind": node.kind, "label": node.label, "address": None, "note": None}
    if node.kind == "capture" and "revision" in facts:
        partition = partition_key(facts["partition"])
        address = link("captures", facts["name"], partition=partition, revision=facts["revision"])
        this = "this one," if node.id == shown.capture_id else ""
        note = " ".join(filter(None, [this, pairs(facts["partition"]), f"revision {facts['revision']}"]))
        return {**look, "label": facts["name"], "note": note, "address": address}
    if node.kind == "fetch" and "source_name" in facts:
        note, address = facts["locator"], link("sources", facts["source_name"])
        return {**look, "label": facts["source_name"], "note": note, "address": address}
    if node.kind == "step":
        address, note = link("runs", facts["run_id"]), f"run {facts['run_id'][-8:]}"
        return {**look, "label": facts["step_name"] or "pipeline", "note": note, "address": address}
    return look


def _first_rows(project: Project, shown: Capture) -> dict[str, Any]:
    """Return the first rows of a revision, or the reason why they cannot be read."""
    columns = [column for column, _kind in shown.schema][:_MOST_COLUMNS]
    try:
        data = project.captures.read(
            shown.name, partition=shown.partition, revision=shown.revision, columns=columns or None
        )
        batch = next((batch for batch in data.batches() if batch.num_rows), None)
        rows = [] if batch is None else to_rows(_table_of(batch.slice(0, _FIRST_ROWS)))
    except SpineError as error:
        return {"first_rows": [], "first_columns": columns, "unreadable": str(error)}
    return {"first_rows": rows, "first_columns": columns, "unreadable": ""}


def _table_of(batch: Any) -> Any:
    import pyarrow as pa

    return pa.Table.from_batches([batch])


def _tables(
    project: Project,
    asked: Asked,
    revisions: Sequence[Capture],
    others: Sequence[Capture],
    stale: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the tables of a capture's page, each in its own order."""
    made = [{**each.to_dict(), "captured_at": each.captured_at} for each in revisions]
    parts = [
        {
            **each.to_dict(),
            "captured_at": each.captured_at,
            "partition": pairs(each.partition),
            "key": each.partition_key,
            "stale": each.capture_id in stale,
        }
        for each in others
    ]
    checks = project.captures.checks(revisions[0].name, revisions[0].partition, limit=_ROWS)
    columns = ("partition", "revision", "row_count", "byte_count", "captured_at", "stale")
    part_order = Sorting.of(asked, columns, "-captured_at", "parts")
    revision_order = Sorting.of(asked, ("revision", "row_count", "byte_count", "captured_at", "mode"), "-revision")
    check_columns = ("checked_at", "check_name", "severity", "passed", "observed", "failed_rows")
    check_order = Sorting.of(asked, check_columns, "-checked_at", "checks")
    return {
        "revisions": revision_order.apply(made),
        "sorting": revision_order,
        "parts": part_of(part_order.apply(parts), asked, _ROWS),
        "part_order": part_order,
        "checks": check_order.apply(checks),
        "check_order": check_order,
        "check_grid": _check_grid(revisions[0].name, checks),
    }


def _check_grid(name: str, checks: Sequence[Mapping[str, Any]]) -> Any:
    """Return the drawing of the results: a row for each check, a column for each run in which they were made."""
    times: dict[str, str] = {}
    cells = []
    for row in reversed(checks):
        at = f"{row['checked_at']:%m-%d %H:%M:%S}"
        column = times.setdefault(row["run_id"] or at, at if at not in times.values() else f"{at} ({len(times)})")
        state = "completed" if row["passed"] else "failed" if row["severity"] == "fail" else "partial"
        label = f"{row['check_name']} at {row['checked_at']:%Y-%m-%d %H:%M:%S}, {row['observed'] or ''}"
        cells.append(
            {"row": row["check_name"], "column": column, "state": state, "label": label, "run_id": row["run_id"]}
        )

    def address(cell: Mapping[str, Any]) -> str | None:
        return link("runs", cell["run_id"]) if cell["run_id"] else None

    return draw_grid(cells, title=f"Results of the checks of {name}", link=address)


def _sample(kind: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return sample rows with their columns; of a changed row, a column that differs has the old and the new value."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if kind != "changed":
        return {"columns": columns, "rows": rows}
    return {"columns": columns, "rows": [{name: _change(value) for name, value in row.items()} for row in rows]}


def _change(value: Any) -> Any:
    return f"{value[0]} → {value[1]}" if isinstance(value, list) else value


PAGES = [
    Page("/captures", "captures.html", captures, menu="Captures"),
    Page("/captures/{name}", "capture.html", capture),
    Page("/captures/{name}/diff", "capture_diff.html", diff),
]
