"""Runs below a run as a tree: branches of parallel steps, called workflows, items of maps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from spine.cli.output import seconds

_MOST = 20  # children of one run; a map has as many as it has items


def tree_rows(run_id: str, below: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a row for each run of `below`, its name drawn as a branch of the tree under `run_id`.

    Of many children of one run the failed ones come first, and the rest is one row with their number.
    """
    children: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for run in below:
        children[run["parent_run_id"]].append(run)
    return list(_rows(children, run_id, ""))


def _rows(children: Mapping[str, list[Mapping[str, Any]]], run_id: str, indent: str) -> Iterator[dict[str, Any]]:
    found = children.get(run_id, [])
    if len(found) > _MOST:
        from spine.orchestration.status import WorkflowStatus

        found = sorted(found, key=lambda run: WorkflowStatus[run["status"]].is_good)
    shown, left = found[:_MOST], len(found) - _MOST
    for number, run in enumerate(shown, 1):
        is_last = number == len(shown) and left <= 0
        yield {
            "runs below": f"{indent}{'└─ ' if is_last else '├─ '}{run['workflow_name']}",
            "run": run["run_id"],
            "partition": run["partition_key"],
            "status": run["status"],
            "took": seconds(run["duration_ms"]),
            "error": run["error"],
        }
        yield from _rows(children, run["run_id"], f"{indent}{'   ' if is_last else '│  '}")
    if left > 0:
        yield {"runs below": f"{indent}└─ {left:,} more"}
