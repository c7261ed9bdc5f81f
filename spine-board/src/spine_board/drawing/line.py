"""Line of numbers, such as the rows of a capture's revisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from spine.core.plain_text import counted
from spine_board.drawing.scale import round_values
from spine_board.drawing.svg import drawing, element, label, linked, number, state_class

Row = Mapping[str, Any]

_WIDTH, _HEIGHT = 640, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 16, 12, 172
_MOST_DOTS = 400
_MOST_LABELS = 8


def draw_line(
    points: Sequence[Row],
    *,
    title: str,
    noun: str = "row",
    link: Callable[[Row], str | None] = lambda row: None,
) -> Markup:
    """Draw numbers from left to right: each point has a `label` and a `value`, and may have a `state`.

    Of many points the last 400 are drawn.
    """
    shown = list(points)[-_MOST_DOTS:]
    values = round_values(max((point["value"] for point in shown), default=0))
    places = [
        (_place(position, len(shown)), _height(point["value"], values[-1])) for position, point in enumerate(shown)
    ]
    parts = [_rule(value, values[-1]) for value in values]
    if len(places) > 1:
        parts.append(
            element("polyline", points=" ".join(f"{number(x)},{number(y)}" for x, y in places), class_="curve")
        )
    every = max(1, -(-len(shown) // _MOST_LABELS))
    for position, (point, (x, y)) in enumerate(zip(shown, places, strict=True)):
        told = element("title", f"{point['label']}: {counted(point['value'], noun)}")
        dot = element("circle", told, cx=x, cy=y, r=4, class_=f"dot {state_class(point.get('state'))}")
        parts.append(linked(link(point), dot))
        if (len(shown) - 1 - position) % every == 0:
            room = (_WIDTH - _LEFT - _RIGHT) / min(_MOST_LABELS, len(shown)) - 6
            parts.append(label(x, _HEIGHT - 8, str(point["label"]), "axis", room=room, anchor="middle"))
    described = f"{counted(len(shown), 'point')}"
    if shown:
        described += f", the last {counted(shown[-1]['value'], noun)}"
    return drawing(_WIDTH, _HEIGHT, "line", title, described, *parts)


def _place(position: int, count: int) -> float:
    room = _WIDTH - _LEFT - _RIGHT
    return _LEFT + room * (position + 0.5) / count


def _height(value: float, highest: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * max(0.0, value) / highest


def _rule(value: int, highest: int) -> Markup:
    y = _height(value, highest)
    line = element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, class_="grid-line")
    return element("g", line, label(_LEFT - 8, y + 4, f"{value:,}", "axis", anchor="end"))
