"""Graph of lineage: what a capture was made from, or what was made from it, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from attrs import define, field, frozen

from spine.framework.captures.revision import Capture
from spine.framework.captures.store import capture_store
from spine.framework.lineage.edge import Direction, Edge, EdgeKind
from spine.framework.lineage.store import lineage_store
from spine.framework.sources.fetches import FetchRecord, fetch_store

_CAPTURES = (EdgeKind.CAPTURE, EdgeKind.REVISION)
_Step = tuple[str, str | None]


@frozen
class Node:
    """Capture, fetch, table or step; `details` are its facts as JSON values."""

    id: str
    kind: str
    label: str
    details: Mapping[str, Any] = field(factory=dict, hash=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the node as JSON values."""
        return {"id": self.id, "kind": self.kind, "label": self.label, **self.details}


@frozen
class LineageGraph:
    """Nodes as they were reached from `roots`; `links` are (from, to), in the direction of the data."""

    roots: tuple[str, ...]
    is_up: bool
    nodes: Mapping[str, Node] = field(hash=False)
    links: tuple[tuple[str, str], ...]

    def beyond(self, node_id: str) -> list[str]:
        """Return the nodes next to one, further away from the roots."""
        if self.is_up:
            return [source for source, target in self.links if target == node_id]
        return [target for source, target in self.links if source == node_id]

    def to_dict(self) -> dict[str, Any]:
        """Return the graph as JSON values."""
        links = [{"from": source, "to": target} for source, target in self.links]
        return {"nodes": [node.to_dict() for node in self.nodes.values()], "edges": links}


def lineage_of(captures: Iterable[Capture], *, is_up: bool = True, depth: int | None = None) -> LineageGraph:
    """Return the graph of what the captures were made from, or with `is_up=False` of what was made from them.

    All that a step reads leads to all that it writes. With `depth`, it ends after so many steps.
    """
    walk = _Walk(is_up)
    roots = tuple(capture.capture_id for capture in captures)
    walk.go(set(roots), depth)
    return LineageGraph(roots, is_up, walk.nodes(roots), tuple(walk.links))


@define
class _Walk:
    is_up: bool
    links: dict[tuple[str, str], None] = field(factory=dict)
    kinds: dict[str, EdgeKind] = field(factory=dict)
    steps: dict[str, Edge] = field(factory=dict)

    def go(self, frontier: set[str], depth: int | None) -> None:
        """Follow the edges from captures to steps, and from steps to what is beyond, level by level."""
        levels = count() if depth is None else range(depth)
        near, far = (Direction.WRITE, Direction.READ) if self.is_up else (Direction.READ, Direction.WRITE)
        seen = set(frontier)
        for _ in levels:
            if not frontier:
                return
            edges = lineage_store().edges_at(frontier, near)
            edges = _made(edges) if self.is_up else [edge for edge in edges if edge.kind in _CAPTURES]
            keys = {_key(edge) for edge in edges if _step_id(edge) not in self.steps}
            for edge in edges:
                self._link(edge)
            beyond = [edge for edge in lineage_store().edges_of(keys) if edge.direction is far]
            for edge in beyond:
                self._link(edge)
            frontier = {edge.reference for edge in beyond if edge.kind in _CAPTURES} - seen
            seen |= frontier

    def _link(self, edge: Edge) -> None:
        step = _step_id(edge)
        self.steps.setdefault(step, edge)
        self.kinds[edge.reference] = edge.kind
        is_read = edge.direction is Direction.READ
        self.links[(edge.reference, step) if is_read else (step, edge.reference)] = None

    def nodes(self, roots: Iterable[str]) -> dict[str, Node]:
        """Return the nodes of all links, roots first; what the history no longer has is named by its id."""
        ids = dict.fromkeys([*roots, *(node for link in self.links for node in link)])
        of_captures = [node for node in ids if self.kinds.get(node, EdgeKind.CAPTURE) in _CAPTURES]
        captures = {made.capture_id: made for made in capture_store().with_ids(of_captures)}
        of_fetches = [node for node, kind in self.kinds.items() if kind is EdgeKind.FETCH]
        fetches = {fetch.id: fetch for fetch in fetch_store().with_ids(of_fetches)}
        return {node: self._node(node, captures.get(node), fetches.get(node)) for node in ids}

    def _node(self, node: str, capture: Capture | None, fetch: FetchRecord | None) -> Node:
        if capture is not None:
            return _capture_node(capture)
        if fetch is not None:
            return _fetch_node(fetch)
        if node in self.steps:
            edge = self.steps[node]
            label = f"step {edge.step} of run {edge.run_id}" if edge.step else f"pipeline execution {edge.run_id}"
            return Node(node, "step", label, {"run_id": edge.run_id, "step_name": edge.step})
        kind = self.kinds.get(node, EdgeKind.CAPTURE)
        if kind is EdgeKind.TABLE:
            return Node(node, "table", f"table {node}", {"table": node})
        shown = EdgeKind.CAPTURE if kind is EdgeKind.REVISION else kind
        return Node(node, shown.value, f"{shown.value} {node}, which is no longer in the history")


def _made(edges: list[Edge]) -> list[Edge]:
    """Return the first edge of each capture: that of the step that made it; later ones captured equal content."""
    first: dict[str, Edge] = {}
    for edge in edges:
        first.setdefault(edge.reference, edge)
    return list(first.values())


def _key(edge: Edge) -> _Step:
    return edge.run_id, edge.step


def _step_id(edge: Edge) -> str:
    return edge.run_id if edge.step is None else f"{edge.run_id}/{edge.step}"


def _capture_node(capture: Capture) -> Node:
    parts = " ".join(f"{key}={value}" for key, value in capture.partition.items())
    details = {
        "name": capture.name,
        "partition": dict(capture.partition),
        "revision": capture.revision,
        "content_hash": capture.content_hash,
        "row_count": capture.row_count,
        "captured_at": capture.captured_at.isoformat(),
        "run_id": capture.run_id,
    }
    label = " ".join(filter(None, [capture.name, parts, f"revision {capture.revision}"]))
    return Node(capture.capture_id, "capture", label, details)


def _fetch_node(fetch: FetchRecord) -> Node:
    details = {
        "source_name": fetch.source_name,
        "locator": fetch.source_locator,
        "content_hash": fetch.content_hash,
        "fetched_at": fetch.started_at.isoformat(),
    }
    label = f"source {fetch.source_name}: {fetch.source_locator or 'no locator'}"
    return Node(fetch.id, "fetch", f"{label}, SHA-256 {fetch.content_hash}" if fetch.content_hash else label, details)
