"""Graph from top to bottom: the steps of a workflow with their states, or the lineage of a capture."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from spine.core.plain_text import counted
from spine_board.drawing.layers import Id, Layout, arrange, depths
from spine_board.drawing.svg import drawing, element, label, linked, number, state_class, text, width_of
from spine_board.states import FAILED

Row = Mapping[str, Any]

_LEAST_WIDTH, _MOST_WIDTH = 120.0, 320.0
_NODE, _LAYER = 44.0, 84.0
_GAP, _MARGIN = 24.0, 8.0
_BOLD = 1.15  # how much wider bold letters are
_MOST_BESIDE = 8
_MOST_LAYERS = 100


def draw_graph(
    nodes: Iterable[Row],
    edges: Iterable[Row],
    *,
    title: str,
    link: Callable[[Row], str | None] = lambda row: None,
) -> Markup:
    """Draw nodes and the edges between them.

    A node has an `id` and a `label`, and may have a `kind`, a `state`, and a `note`, which is the second line. An edge
    leads `from` one id `to` another, and may have a `label`. Of many nodes beside one another all but the first are
    one that says how many there are; failed ones come first. `link` gives the address of a node, None for none.
    """
    rows = {row["id"]: row for row in nodes}
    labels = {(edge["from"], edge["to"]): edge.get("label") or "" for edge in edges}
    layer_of, _ = depths(list(rows), labels)
    kept = _summed(rows, layer_of)
    shown = {kept[node]: rows.get(kept[node]) or _more(kept, kept[node]) for node in rows}
    ways = {(kept[one], kept[two]): said for (one, two), said in labels.items() if one in rows and two in rows}
    layout = arrange(
        {kept[node]: min(layer, _MOST_LAYERS) for node, layer in layer_of.items()},
        [way for way in ways if way[0] != way[1]],
        {node: _width(row) for node, row in shown.items()},
        _GAP,
    )
    left = min((at - _width(shown[node]) / 2 for node, at in _centers(layout, shown)), default=0.0) - _MARGIN
    right = max((at + _width(shown[node]) / 2 for node, at in _centers(layout, shown)), default=0.0) + _MARGIN
    if layout.back:
        right += 28
    center = {node: at - left for node, at in layout.places.items()}
    top = {node: _MARGIN + _LAYER * place for place, layer in enumerate(layout.layers) for node in layer}
    parts = [_edge(path, ways[way], center, top) for way, path in layout.paths.items()]
    parts += [_back(shown, way, center, top, right - left) for way in layout.back]
    parts += [linked(link(row), _node(row, center[node], top[node])) for node, row in shown.items()]
    height = 2 * _MARGIN + _LAYER * max(0, len(layout.layers) - 1) + _NODE
    described = f"{counted(len(rows), 'node')}, {counted(len(ways), 'edge')}"
    states = Counter(str(row["state"]).lower() for row in rows.values() if row.get("state"))
    if states:
        described += ": " + ", ".join(f"{count:,} {state}" for state, count in sorted(states.items()))
    return drawing(max(right - left, _LEAST_WIDTH), height, "graph", title, described, *parts)


def _summed(rows: Mapping[Id, Row], layer_of: Mapping[Id, int]) -> dict[Id, Id]:
    """Return the node that stands for each node: itself, or one for all that have no room in its layer."""
    beside: defaultdict[int, list[Id]] = defaultdict(list)
    for node, layer in layer_of.items():
        beside[min(layer, _MOST_LAYERS)].append(node)
    found: dict[Id, Id] = {}
    for layer, members in beside.items():
        by_need = sorted(members, key=lambda node: rows[node].get("state") not in FAILED)
        room = 0 if layer == _MOST_LAYERS else len(members) if len(members) <= _MOST_BESIDE else _MOST_BESIDE - 1
        shown = set(by_need[:room])
        found.update({node: node if node in shown else ("more", layer) for node in members})
    return {node: found[node] for node in rows}


def _more(kept: Mapping[Id, Id], node: Id) -> Row:
    return {"label": f"{sum(other == node for other in kept.values()):,} more", "kind": "more"}


def _centers(layout: Layout, shown: Mapping[Id, Row]) -> list[tuple[Id, float]]:
    return [(node, at) for node, at in layout.places.items() if node in shown]


def _width(row: Row) -> float:
    longest = max(_BOLD * width_of(text(row["label"])), width_of(_second(row)))
    return min(_MOST_WIDTH, max(_LEAST_WIDTH, longest + 24))


def _second(row: Row) -> str:
    return text(" · ".join(str(part) for part in (row.get("kind"), row.get("note")) if part))


def _node(row: Row, x: float, y: float) -> Markup:
    width, second = _width(row), _second(row)
    told = ": ".join(str(part) for part in (row["label"], row.get("state"), second) if part)
    look = f"node kind-{_kind(row)} {state_class(row.get('state'))}"
    box = element("rect", element("title", told), x=x - width / 2, y=y, width=width, height=_NODE, rx=6, class_=look)
    name = (row["label"], "node-name", 19 if second else 27, _BOLD)
    lines = [name, (second, "node-note", 35, 1.0)] if second else [name]
    inside = [
        label(x, y + down, str(shown), style, room=(width - 16) / wide, anchor="middle")
        for shown, style, down, wide in lines
    ]
    return element("g", box, *inside)


def _kind(row: Row) -> str:
    kind = str(row.get("kind") or "step")
    return kind if kind.isascii() and kind.isalpha() and kind.islower() else "other"


def _edge(path: Sequence[Id], said: str, center: Mapping[Id, float], top: Mapping[Id, float]) -> Markup:
    x, y = center[path[0]], top[path[0]] + _NODE
    drawn = [f"M{number(x)} {number(y)}"]
    for node in path[1:]:
        to_x, to_y = center[node], top[node]
        half = (to_y - y) / 2
        drawn.append(
            f"C{number(x)} {number(y + half)} {number(to_x)} {number(to_y - half)} {number(to_x)} {number(to_y)}"
        )
        x, y = to_x, to_y
        if node != path[-1]:
            y += _NODE
            drawn.append(f"V{number(y)}")
    head = element("path", d=f"M{number(x)} {number(y)}l-4 -7h8Z", class_="arrow")
    at = (center[path[0]] + center[path[1]]) / 2
    tag = label(at + 6, top[path[0]] + _NODE + 23, said, "edge-label", room=120) if said else Markup()
    return element("g", element("path", d="".join(drawn), class_="edge"), head, tag)


def _back(
    shown: Mapping[Id, Row], way: tuple[Id, Id], center: Mapping[Id, float], top: Mapping[Id, float], width: float
) -> Markup:
    """Draw an edge that leads up, along the right side."""
    (from_x, from_y), (to_x, to_y) = ((center[node] + _width(shown[node]) / 2, top[node] + _NODE / 2) for node in way)
    side = number(width - _MARGIN)
    line = f"M{number(from_x)} {number(from_y)}H{side}V{number(to_y)}H{number(to_x)}"
    head = element("path", d=f"M{number(to_x)} {number(to_y)}l7 -4v8Z", class_="arrow")
    return element("g", element("path", d=line, class_="edge edge-back"), head)
