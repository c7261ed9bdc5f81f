"""Layers of a directed graph, for drawing it from top to bottom (the framework of Sugiyama, Tagawa and Toda, 1981)."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from attrs import define, field, frozen

Id = Hashable
Link = tuple[Id, Id]

_SWEEPS = 4
_MOST_BENDS = 2_000


@frozen
class Bend:
    """Place at which a link passes a layer between those of its ends."""

    link: Link
    layer: int


@define
class Layout:
    """Layers from top to bottom, each from left to right with the bends of longer links; `places` are the centers.

    `paths` leads each link through its bends; `back` are those that lead up, which closed a cycle.
    """

    layers: list[list[Id]]
    paths: dict[Link, list[Id]] = field(factory=dict)
    back: list[Link] = field(factory=list)
    places: dict[Id, float] = field(factory=dict)


def depths(nodes: Sequence[Id], links: Iterable[Link]) -> tuple[dict[Id, int], list[Link]]:
    """Return the layer of each node, below all that lead to it, and the links that had to be turned for that.

    Links whose ends are equal or not among the nodes are left out.
    """
    known = set(nodes)
    after: dict[Id, list[Id]] = {node: [] for node in nodes}
    for source, target in dict.fromkeys(links):
        if source in known and target in known and source != target:
            after[source].append(target)
    back = _cycles(nodes, after)
    for source, target in back:
        after[source].remove(target)
    return _longest(nodes, after), back


def arrange(layer_of: Mapping[Id, int], links: Iterable[Link], width: Mapping[Id, float], gap: float) -> Layout:
    """Return the layout of nodes whose layers are known: few links cross, and they are mostly straight."""
    layers: list[list[Id]] = [[] for _ in range(max(layer_of.values(), default=-1) + 1)]
    for node, layer in layer_of.items():
        layers[layer].append(node)
    found = Layout(layers)
    known = [link for link in dict.fromkeys(links) if link[0] in layer_of and link[1] in layer_of]
    for link in known:
        _lead(found, link, layer_of)
    above, below = _neighbours(found.paths.values())
    for sweep in range(_SWEEPS):
        order, beside = (layers, above) if sweep % 2 == 0 else (layers[::-1], below)
        _sort(order, beside)
    _place(found, above, below, width, gap)
    return found


def _cycles(nodes: Sequence[Id], after: Mapping[Id, Sequence[Id]]) -> list[Link]:
    """Return the links that lead back to a node on the way to them, in a walk in the order of the nodes."""
    back: list[Link] = []
    done: set[Id] = set()
    on_way: set[Id] = set()
    for first in nodes:
        if first in done:
            continue
        on_way.add(first)
        way: list[tuple[Id, Iterator[Id]]] = [(first, iter(after[first]))]
        while way:
            node, targets = way[-1]
            target = next(targets, None)
            if target is None:
                way.pop()
                on_way.discard(node)
                done.add(node)
            elif target in on_way:
                back.append((node, target))
            elif target not in done:
                on_way.add(target)
                way.append((target, iter(after[target])))
    return back


def _longest(nodes: Sequence[Id], after: Mapping[Id, Sequence[Id]]) -> dict[Id, int]:
    waiting: dict[Id, int] = dict.fromkeys(nodes, 0)
    for targets in after.values():
        for target in targets:
            waiting[target] += 1
    layer = dict.fromkeys(nodes, 0)
    ready = deque(node for node in nodes if not waiting[node])
    while ready:
        node = ready.popleft()
        for target in after[node]:
            layer[target] = max(layer[target], layer[node] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return layer


def _lead(found: Layout, link: Link, layer_of: Mapping[Id, int]) -> None:
    source, target = link
    start, end = layer_of[source], layer_of[target]
    if end <= start:
        found.back.append(link)
        return
    bends = [Bend(link, layer) for layer in range(start + 1, end)]
    if sum(map(len, found.layers)) + len(bends) > len(layer_of) + _MOST_BENDS:
        bends = []
    for bend in bends:
        found.layers[bend.layer].append(bend)
    found.paths[link] = [source, *bends, target]


def _neighbours(paths: Iterable[Sequence[Id]]) -> tuple[dict[Id, list[Id]], dict[Id, list[Id]]]:
    above: defaultdict[Id, list[Id]] = defaultdict(list)
    below: defaultdict[Id, list[Id]] = defaultdict(list)
    for path in paths:
        for upper, lower in pairwise(path):
            above[lower].append(upper)
            below[upper].append(lower)
    return above, below


def _sort(layers: Iterable[list[Id]], beside: Mapping[Id, Sequence[Id]]) -> None:
    """Sort each layer by the mean position of the neighbours in the one before it."""
    position: dict[Id, float] = {}
    for layer in layers:
        at = {node: float(place) for place, node in enumerate(layer)}
        wanted = {
            node: _mean([position[other] for other in beside.get(node, ()) if other in position]) for node in layer
        }
        layer.sort(key=lambda node: (wanted[node] if wanted[node] is not None else at[node], at[node]))
        position.update({node: float(place) for place, node in enumerate(layer)})


def _place(
    found: Layout,
    above: Mapping[Id, Sequence[Id]],
    below: Mapping[Id, Sequence[Id]],
    width: Mapping[Id, float],
    gap: float,
) -> None:
    for layer in found.layers:
        found.places.update(_spread(layer, dict.fromkeys(layer, 0.0), width, gap))
    for sweep in range(2 * _SWEEPS):
        order, beside = (found.layers, above) if sweep % 2 == 0 else (found.layers[::-1], below)
        for layer in order:
            wanted = {}
            for node in layer:
                mean = _mean([found.places[other] for other in beside.get(node, ())])
                wanted[node] = found.places[node] if mean is None else mean
            found.places.update(_spread(layer, wanted, width, gap))


def _spread(layer: Sequence[Id], wanted: Mapping[Id, float], width: Mapping[Id, float], gap: float) -> dict[Id, float]:
    """Return places in the order of the layer, none over another, on average where they are wanted."""
    places: dict[Id, float] = {}
    edge: float | None = None
    for node in layer:
        half = width.get(node, gap) / 2
        at = wanted[node] if edge is None else max(wanted[node], edge + gap + half)
        places[node], edge = at, at + half
    moved = sum(wanted[node] - places[node] for node in layer) / len(layer) if layer else 0.0
    return {node: at + moved for node, at in places.items()}


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
