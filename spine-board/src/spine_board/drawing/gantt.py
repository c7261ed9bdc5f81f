"""Gantt chart of a run: a lane for each step with its attempts, below it the runs that it started and its items."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import define, field, frozen
from markupsafe import Markup

from spine.core.plain_text import counted
from spine_board.drawing.scale import Span, duration, moment, timestamp
from spine_board.drawing.svg import drawing, element, label, linked, number, state_class
from spine_board.states import GOOD

Row = Mapping[str, Any]
Link = Callable[[Row], str | None]
_Key = tuple[str, str]  # step and status
_Ends = Sequence[tuple[float, int]]  # when how many ended

_WIDTH = 960
_LABELS = 210
_FIGURES = 90
_LANE = 26
_BAR = 14
_HEAD = 26
_BUCKETS = 165
_MOST_LANES = 200
_MOST_BARS = 200  # of one lane; more are summed as items are
_MOST_BRANCHES = 20  # of one step


@frozen
class _Bar:
    row: Row
    start: float
    end: float


@define
class _Lane:
    """Lane of a chart: `bars` are drawn one by one, `sums` by bucket and status."""

    name: str
    figure: str = ""
    state: str | None = None
    depth: int = 0
    noun: str = "attempt"
    bars: Sequence[_Bar] = ()
    sums: Mapping[str, Counter[int]] = field(factory=dict)


def draw_gantt(
    steps: Iterable[Row],
    *,
    now: datetime,
    items: Iterable[Row] = (),
    branches: Iterable[Row] = (),
    link: Link = lambda row: None,
    title: str = "Gantt chart of the run",
) -> Markup:
    """Draw the attempts of a run's steps over time.

    `steps` are rows of `Runs.steps`; one that has not ended lasts until `now`. `items` are of its map steps, summed in
    the lane below the step: each row has `step_name`, `status`, `completed_at`, and if it stands for several their
    number as `items`. `branches` are runs that the steps started, with the `step_name` of that step. `link` gives the
    address of a row, None for none.
    """
    attempts, below = list(steps), list(branches)
    ended = _ends_of(items)
    span = _span(attempts, below, ended, now)
    lanes = list(_lanes(attempts, below, ended, span, now))
    shown = lanes[:_MOST_LANES]
    height = _HEAD + _LANE * (len(shown) + (len(lanes) > len(shown))) + 8
    parts = [_axis(span, height)]
    parts += [_draw_lane(lane, _HEAD + _LANE * place, span, link) for place, lane in enumerate(shown)]
    if len(lanes) > len(shown):
        more = f"and {counted(len(lanes) - len(shown), 'more lane')}"
        parts.append(label(4, height - 14, more, "note"))
    described = f"{counted(len({row['step_name'] for row in attempts}), 'step')} in {duration(span.end - span.start)}"
    return drawing(_WIDTH, height, "gantt", title, described, *parts)


def _ends_of(items: Iterable[Row]) -> dict[_Key, list[tuple[float, int]]]:
    """Return when how many items of each step and status ended."""
    found: defaultdict[_Key, list[tuple[float, int]]] = defaultdict(list)
    for row in items:
        if row["completed_at"] is not None:
            found[row["step_name"], row["status"]].append((timestamp(row["completed_at"]), row.get("items", 1)))
    return found


def _span(attempts: Sequence[Row], branches: Sequence[Row], ended: Mapping[_Key, _Ends], now: datetime) -> Span:
    bars = [_bar(row, now) for row in (*attempts, *branches) if row["started_at"] is not None]
    ends = [at for of_status in ended.values() for at, _ in (min(of_status), max(of_status))]
    start = min([bar.start for bar in bars] or ends, default=timestamp(now))
    end = max([*(bar.end for bar in bars), *ends], default=start)
    return Span(start, max(end, start + 0.001), _LABELS, _WIDTH - _FIGURES)


def _bar(row: Row, now: datetime) -> _Bar:
    start = timestamp(row["started_at"])
    return _Bar(row, start, max(start, timestamp(row["completed_at"] or now)))


def _lanes(
    attempts: Sequence[Row],
    branches: Sequence[Row],
    ended: Mapping[_Key, _Ends],
    span: Span,
    now: datetime,
) -> Iterator[_Lane]:
    of_step: defaultdict[str, list[Row]] = defaultdict(list)
    for row in attempts:
        of_step[row["step_name"]].append(row)
    below: defaultdict[str | None, list[Row]] = defaultdict(list)
    for row in branches:
        name = row.get("step_name")
        below[name if name in of_step else None].append(row)
    for name, rows in of_step.items():
        yield _lane_of_attempts(name, rows, span, now)
        yield from _lanes_of_branches(below[name], span, now)
        yield from _lane_of_items({status: ends for (step, status), ends in ended.items() if step == name}, span)
    yield from _lanes_of_branches(below[None], span, now)


def _lane_of_attempts(name: str, rows: Sequence[Row], span: Span, now: datetime) -> _Lane:
    bars = [_bar(row, now) for row in rows if row["started_at"] is not None and row["status"] != "SKIPPED"]
    last = rows[-1]["status"]
    took = duration(_rounded(sum(bar.end - bar.start for bar in bars))) if bars else str(last).lower()
    tries = f" in {len(bars):,}" if len(bars) > 1 else ""
    if len(bars) <= _MOST_BARS:
        return _Lane(name, took + tries, last, bars=bars)
    return _Lane(name, took + tries, last, sums=_sum(((bar.row["status"], bar.end, 1) for bar in bars), span))


def _lanes_of_branches(rows: Sequence[Row], span: Span, now: datetime) -> Iterator[_Lane]:
    started = [row for row in rows if row["started_at"] is not None]
    if len(started) <= _MOST_BRANCHES:
        for row in started:
            bar = _bar(row, now)
            took = duration(_rounded(bar.end - bar.start))
            yield _Lane(row["workflow_name"], took, row["status"], 1, "run", [bar])
        return
    sums = _sum(((row["status"], timestamp(row["completed_at"] or now), 1) for row in started), span)
    yield _Lane(f"{len(started):,} runs", _failures(sums), depth=1, noun="run", sums=sums)


def _lane_of_items(ended: Mapping[str, _Ends], span: Span) -> Iterator[_Lane]:
    if ended:
        sums = _sum(((status, at, count) for status, ends in ended.items() for at, count in ends), span)
        total = sum(counts.total() for counts in sums.values())
        yield _Lane(counted(total, "item"), _failures(sums), depth=1, noun="item", sums=sums)


def _sum(ends: Iterable[tuple[str, float, int]], span: Span) -> dict[str, Counter[int]]:
    """Return how many ended with each status in each of the equal parts of the time."""
    found: defaultdict[str, Counter[int]] = defaultdict(Counter)
    start, share = span.start, _BUCKETS / (span.end - span.start)
    for status, at, count in ends:
        found[status][min(_BUCKETS - 1, max(0, int((at - start) * share)))] += count
    return dict(sorted(found.items()))


def _failures(sums: Mapping[str, Counter[int]]) -> str:
    failed = sum(count.total() for status, count in sums.items() if status not in GOOD)
    return f"{failed:,} failed" if failed else ""


def _rounded(seconds: float) -> float:
    return round(seconds, 3 if seconds < 1 else 1 if seconds < 100 else 0)


def _axis(span: Span, height: float) -> Markup:
    marks = []
    for distance in span.round_steps(6):
        at = number(span.place(span.start + distance))
        marks.append(element("line", x1=at, x2=at, y1=_HEAD - 4, y2=height - 6, class_="grid-line"))
        marks.append(label(float(at), 14, duration(distance), "axis", anchor="middle"))
    return element("g", *marks)


def _draw_lane(lane: _Lane, top: float, span: Span, link: Link) -> Markup:
    middle = top + _LANE / 2 + 4
    indent = 4 + 16 * lane.depth
    address = link(lane.bars[-1].row) if lane.bars else None
    name = linked(address, label(indent, middle, lane.name, "lane-name", room=_LABELS - indent - 8))
    figure = label(_WIDTH - 4, middle, lane.figure, f"figure {state_class(lane.state)}", anchor="end")
    base = element("line", x1=_LABELS, x2=_WIDTH - _FIGURES, y1=top + _LANE, y2=top + _LANE, class_="lane-line")
    bars = [_draw_bar(bar, lane, top, span, link) for bar in lane.bars]
    return element("g", base, name, *bars, *_draw_sums(lane, top), figure, class_="lane")


def _draw_bar(bar: _Bar, lane: _Lane, top: float, span: Span, link: Link) -> Markup:
    left = span.place(bar.start)
    width = max(2.0, span.place(bar.end) - left)
    attempt = f", attempt {bar.row['attempt']}" if bar.row.get("attempt") else ""
    told = f"{lane.name}{attempt}: {bar.row['status']}, {duration(_rounded(bar.end - bar.start))}"
    since = f", from {moment(bar.row['started_at'])}"
    return linked(
        link(bar.row),
        element(
            "rect",
            element("title", told + since),
            x=left,
            y=top + (_LANE - _BAR) / 2,
            width=width,
            height=_BAR,
            rx=2,
            class_=f"bar {state_class(bar.row['status'])}",
        ),
    )


def _draw_sums(lane: _Lane, top: float) -> Iterator[Markup]:
    """Yield a shape for each status: a column for each bucket, as high as its share of the fullest one.

    Failures are at the bottom, and drawn over the others, so that one among thousands can be seen.
    """
    heights: Counter[int] = Counter()
    for counts in lane.sums.values():
        heights.update(counts)
    scale = (_LANE - 4) / max(heights.values(), default=1)
    for status in sorted(lane.sums, key=lambda status: (status not in GOOD, status)):
        counts = lane.sums[status]
        path = "".join(_column(bucket, top + _LANE, heights[bucket] * scale) for bucket in sorted(counts))
        heights.subtract(counts)
        told = f"{counted(counts.total(), lane.noun)} {status}"
        yield element("path", element("title", told), d=path, class_=f"bar {state_class(status)}")


def _column(bucket: int, bottom: float, height: float) -> str:
    width = (_WIDTH - _FIGURES - _LABELS) / _BUCKETS
    left, low, high = number(_LABELS + width * bucket), number(bottom), number(bottom - max(2.0, height))
    return f"M{left} {low}V{high}h{number(width)}V{low}Z"
