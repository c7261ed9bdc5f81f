"""Progress of the steps that this process executes, for a display: items, rows and bytes that are done.

Nothing is counted unless a display watches, and nothing is stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from attrs import define

from spine.framework.work import current_work


@define
class StepProgress:
    """Work of a step so far; `total` is the number of its items, if it is known before the last one.

    `rows` and `bytes` are of what it is `doing`, such as `loaded`.
    """

    items: int = 0
    failed: int = 0
    total: int | None = None
    doing: str = ""
    rows: int = 0
    bytes: int = 0


Place = tuple[str | None, str | None]  # a run and a step of it
Watched = defaultdict[Place, StepProgress]

_watching: list[Watched] = []
_lock = Lock()


@contextmanager
def watched_progress() -> Iterator[Watched]:
    """Count the progress of all steps inside the block, by run and step."""
    found: Watched = defaultdict(StepProgress)
    _watching.append(found)
    try:
        yield found
    finally:
        _watching.remove(found)


def expect_items(total: int | None) -> None:
    """Note the number of items of the current step."""
    work = current_work() if _watching else None
    if work is not None:
        with _lock:
            for watched in _watching:
                watched[work.run_id, work.step].total = total


def note_items(run_id: str, step: str, done: int, failed: int) -> None:
    """Note that items of a step have ended, so many of them with an error."""
    if not _watching:
        return
    with _lock:
        for watched in _watching:
            found = watched[run_id, step]
            found.items += done
            found.failed += failed


def note_data(doing: str, *, rows: int = 0, size: int = 0) -> None:
    """Note that the current step has worked on rows or bytes; `doing` says how, such as `fetched`."""
    if not _watching:
        return
    work = current_work()
    place = (None, None) if work is None else (work.run_id, work.step)
    with _lock:
        for watched in _watching:
            found = watched[place]
            if found.doing != doing:
                found.doing, found.rows, found.bytes = doing, 0, 0
            found.rows += rows
            found.bytes += size
