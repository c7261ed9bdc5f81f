"""Time line of ticks: a lane for each schedule, past on the left of now, coming on the right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from markupsafe import Markup

from spine.core.plain_text import counted
from spine_board.drawing.scale import Span, day_marks, moment, timestamp
from spine_board.drawing.svg import drawing, element, label, linked, number, state_class
from spine_board.states import FAILED

Row = Mapping[str, Any]

_BAD = FAILED | {"MISSED"}
_WIDTH = 960
_LABELS = 210
_LANE = 30
_HEAD = 40
_MOST_LANES = 100
_MOST_TICKS = 300  # of one lane


def draw_timeline(
    ticks: Iterable[Row],
    *,
    now: datetime,
    start: datetime,
    end: datetime,
    link: Callable[[Row], str | None] = lambda row: None,
    title: str = "Time line of the schedules",
) -> Markup:
    """Draw ticks between two times: each has the name of its `lane`, `at`, and a `state` such as MISSED or COMING.

    A lane shows the 300 ticks that are nearest to now.
    """
    span = Span(timestamp(start), timestamp(end), _LABELS, _WIDTH - 16)
    lanes: defaultdict[str, list[Row]] = defaultdict(list)
    for tick in ticks:
        if span.start <= timestamp(tick["at"]) <= span.end:
            lanes[tick["lane"]].append(tick)
    shown = list(lanes.items())[:_MOST_LANES]
    height = _HEAD + _LANE * (len(shown) + (len(lanes) > len(shown))) + 8
    parts = [_axis(span, start, end, height)]
    for place, (name, found) in enumerate(shown):
        parts.append(_lane(name, _nearest(found, now), _HEAD + _LANE * place, span, link))
    if len(lanes) > len(shown):
        parts.append(label(4, height - 14, f"and {counted(len(lanes) - len(shown), 'more schedule')}", "note"))
    x = number(span.place(timestamp(now)))
    parts.append(element("line", x1=x, x2=x, y1=_HEAD - 8, y2=height - 4, class_="now-line"))
    parts.append(label(float(x), 32, "now", "axis now", anchor="middle"))
    count = sum(len(found) for found in lanes.values())
    described = f"{counted(count, 'tick')} of {counted(len(lanes), 'schedule')}, now {moment(now)}"
    return drawing(_WIDTH, height, "timeline", title, described, *parts)


def _nearest(found: list[Row], now: datetime) -> list[Row]:
    by_distance = sorted(found, key=lambda tick: abs(timestamp(tick["at"]) - timestamp(now)))
    return sorted(by_distance[:_MOST_TICKS], key=lambda tick: timestamp(tick["at"]))


def _axis(span: Span, start: datetime, end: datetime, height: float) -> Markup:
    marks = []
    for at, shown in day_marks(start, end, 8):
        x = number(span.place(timestamp(at)))
        marks.append(element("line", x1=x, x2=x, y1=_HEAD - 8, y2=height - 4, class_="grid-line"))
        marks.append(label(float(x), 14, shown, "axis", anchor="middle"))
    return element("g", label(4, 14, "UTC", "axis"), *marks)


def _lane(name: str, ticks: list[Row], top: float, span: Span, link: Callable[[Row], str | None]) -> Markup:
    middle = top + _LANE / 2
    base = element("line", x1=_LABELS, x2=_WIDTH - 16, y1=middle, y2=middle, class_="lane-line")
    marks = [_tick(tick, middle, span, link) for tick in ticks]
    return element("g", base, label(4, middle + 4, name, "lane-name", room=_LABELS - 12), *marks, class_="lane")


def _tick(tick: Row, middle: float, span: Span, link: Callable[[Row], str | None]) -> Markup:
    """Draw a tick as a disc, one that was missed or failed as a square, one to come as a ring."""
    x = span.place(timestamp(tick["at"]))
    told = element("title", f"{tick.get('label') or tick['lane']}, {moment(tick['at'])}: {tick['state']}")
    look = f"tick {state_class(tick['state'])}"
    if str(tick["state"]).upper() in _BAD:
        mark = element("rect", told, x=x - 5.5, y=middle - 5.5, width=11, height=11, class_=look)
    else:
        mark = element("circle", told, cx=x, cy=middle, r=5.5, class_=look)
    return linked(link(tick), mark)
