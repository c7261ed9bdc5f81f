"""Graph of a run: the steps of the definition that it was created with, with what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from spine.orchestration.definition.step import END
from spine.project.page import Row, Rows

_Step = Mapping[str, Any]


def run_graph(definition: Mapping[str, Any], attempts: Sequence[Row]) -> dict[str, Rows]:
    """Return the steps of a recorded definition, each with its last attempt, and the ways between them.

    Without a definition, the steps that have attempts follow one another.
    """
    last = {row["step_name"]: row for row in attempts}
    steps: Sequence[_Step] = definition.get("steps") or [
        {"name": row["step_name"], "type": row["step_type"]} for row in last.values()
    ]
    hooks = [*definition.get("on_failure", ()), *definition.get("on_success", ())]
    nodes = [_node(step, last.get(step["name"])) for step in (*steps, *hooks)]
    edges = [edge for position, step in enumerate(steps) for edge in _ways(steps, position, step)]
    return {"nodes": nodes, "edges": [edge for edge in edges if edge["to"] is not None]}


def _node(step: _Step, attempt: Row | None) -> Row:
    taken = ("status", "attempt", "started_at", "completed_at", "duration_ms", "row_count")
    return {
        "step_name": step["name"],
        "step_type": step["type"],
        **{name: None if attempt is None else attempt[name] for name in taken},
    }


def _ways(steps: Sequence[_Step], position: int, step: _Step) -> Iterator[Row]:
    name = step["name"]
    if "then_step" in step:
        then = step["then_step"]
        first = max(position, next((place for place, other in enumerate(steps) if other["name"] == then), position))
        yield _edge(name, then, "yes")
        yield _edge(name, step.get("else_step") or _next(steps, first, {then}), "no")
    elif step.get("next_step"):
        yield _edge(name, step["next_step"])
    else:
        yield _edge(name, _next(steps, position, _targets(steps)))


def _edge(source: str, target: str | None, label: str = "") -> Row:
    return {"from": source, "to": None if target == END else target, "label": label}


def _next(steps: Sequence[_Step], position: int, skipped: set[str]) -> str | None:
    """Return the next step in order that no choice leads to."""
    return next((step["name"] for step in steps[position + 1 :] if step["name"] not in skipped), None)


def _targets(steps: Sequence[_Step]) -> set[str]:
    found = (step.get(key) for step in steps for key in ("then_step", "else_step"))
    return {target for target in found if target}
