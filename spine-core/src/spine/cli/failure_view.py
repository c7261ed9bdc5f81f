"""Failures for display: the place in the user's code, or the whole traceback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spine.cli.moments import exact
from spine.cli.screen import is_utc
from spine.core.failure import Failure, Frame

if TYPE_CHECKING:
    from spine.project.runs import Runs

_INDENT = "  "
_LAST_LINES = 5


def failure_lines(data: Mapping[str, Any], *, whole: bool) -> list[str]:
    """Return the lines of a stored failure: the place in the user's code, with `whole` the traceback."""
    failure = Failure.from_dict(data)
    return traceback_lines(failure) if whole else place_lines(failure)


def last_lines(runs: Runs, run_id: str, step: str) -> list[str]:
    """Return the last lines that a step of a run logged, with a heading, or none."""
    lines = runs.logs(run_id, step=step, last=_LAST_LINES)
    if not lines:
        return []
    shown = [
        f"{_INDENT}{exact(line['timestamp'], utc=is_utc())}  {line['level']:7}  {line['message']}" for line in lines
    ]
    return ["its last lines:", *shown]


def place_lines(failure: Failure) -> list[str]:
    """Return the class of the error and the place in the user's code that raised it, with the line of code."""
    place = failure.place
    if place is None:
        return [failure.type]
    return [f"{failure.type} at {_where(place)}", *([f"{_INDENT}{place.code}"] if place.code else [])]


def traceback_lines(failure: Failure) -> list[str]:
    """Return every frame, outermost first, with neighbouring frames of libraries folded into one line."""
    lines = []
    if failure.cause is not None:
        lines = [*traceback_lines(failure.cause), "which led to"]
    lines += _frame_lines(failure)
    message = failure.message.splitlines() or [""]
    lines += [f"{failure.type}: {message[0]}", *(f"{_INDENT}{line}" for line in message[1:])]
    for part in failure.group:
        lines += [f"{_INDENT}{line}" for line in traceback_lines(part)]
    return lines


def _frame_lines(failure: Failure) -> Iterator[str]:
    folded: list[Frame] = []
    for frame in failure.frames:
        if frame.is_library:
            folded.append(frame)
            continue
        yield from _folded(folded)
        folded = []
        yield f"{_where(frame)}"
        if frame.code:
            yield f"{_INDENT}{frame.code}"
    yield from _folded(folded)
    if failure.cut:
        yield f"({failure.cut} frames in the middle are omitted)"


def _folded(frames: list[Frame]) -> Iterator[str]:
    if frames:
        count = f"{len(frames)} frames" if len(frames) > 1 else "1 frame"
        yield f"... {count} frames of libraries, the last at {_where(frames[-1])}"


def _where(frame: Frame) -> str:
    file = Path(frame.file)
    here = Path.cwd()
    shown = file.relative_to(here) if file.is_relative_to(here) else file
    return f"{shown}:{frame.line} in {frame.function}"
