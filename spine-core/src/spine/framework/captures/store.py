"""Store of captures, and the commit that makes them visible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from attrs import evolve, frozen

from spine.core.clock import WallClock, current_clock
from spine.core.scope import current_scope
from spine.framework.captures.revision import Capture, CaptureConflictError

if TYPE_CHECKING:
    from spine.framework.captures.payloads import Payloads


class CaptureStore(Protocol):
    """Append-only store of captures and their payloads."""

    @property
    def payloads(self) -> Payloads:
        """Store of the captures' data."""
        ...

    def find(
        self, name: str, partition_key: str, *, revision: int | None = None, as_of: datetime | None = None
    ) -> Capture | None:
        """Return the requested revision, the newest one captured at or before `as_of`, or else the current one."""
        ...

    def find_all(self, name: str, *, as_of: datetime | None = None) -> list[Capture]:
        """Return the current revision of each partition of `name`, or the newest one captured at or before `as_of`."""
        ...

    def with_ids(self, capture_ids: Sequence[str]) -> list[Capture]:
        """Return the captures with these ids that exist, in the order given."""
        ...

    def commit(self, captures: Sequence[Capture]) -> list[Capture]:
        """Make `captures` visible in one transaction and in this order, and return them as stored.

        Each gets the next revision of its name and partition and the time of the commit. Content equal to the current
        revision adds nothing: that revision is returned instead, with `unchanged=True`. Raises CaptureConflictError if
        one follows another revision than the current one.
        """
        ...

    def list_captures(self, name: str | None = None, *, limit: int | None = None) -> list[Capture]:
        """Return the visible revisions of one name or of all names, by name, partition and revision.

        With `limit`, only so many of the newest.
        """
        ...


@frozen
class CommittedCaptures:
    """Captures of a project for its dry runs; `find` returns None where it has no store that can be read."""

    find: Callable[[], CaptureStore | None]


class MemoryCaptureStore:
    """Store of captures in memory, and of their tables unless `payloads` is given."""

    def __init__(self, payloads: Payloads | None = None, *, clock: WallClock | None = None) -> None:
        from spine.framework.captures.payloads import MemoryPayloads  # not needed within a project

        self.payloads = payloads or MemoryPayloads()
        self._clock = clock or current_clock()
        self._revisions: dict[tuple[str, str], list[Capture]] = {}
        self._lock = Lock()

    def find(
        self, name: str, partition_key: str, *, revision: int | None = None, as_of: datetime | None = None
    ) -> Capture | None:
        with self._lock:
            newest_first = reversed(self._revisions.get((name, partition_key), []))
            return next(
                (
                    capture
                    for capture in newest_first
                    if revision in (None, capture.revision) and (as_of is None or capture.captured_at <= as_of)
                ),
                None,
            )

    def find_all(self, name: str, *, as_of: datetime | None = None) -> list[Capture]:
        with self._lock:
            revisions = [found for (known, _key), found in self._revisions.items() if known == name]
        newest = ([made for made in found if as_of is None or made.captured_at <= as_of][-1:] for found in revisions)
        return [capture for found in newest for capture in found]

    def with_ids(self, capture_ids: Sequence[str]) -> list[Capture]:
        known = {capture.capture_id: capture for capture in self.list_captures()}
        return [known[capture_id] for capture_id in capture_ids if capture_id in known]

    def commit(self, captures: Sequence[Capture]) -> list[Capture]:
        with self._lock:
            for capture in captures:
                revisions = self._revisions.get((capture.name, capture.partition_key), [])
                check_conflict(capture, revisions[-1] if revisions else None)
            now = self._clock.now()
            return [self._append(evolve(capture, captured_at=now)) for capture in captures]

    def list_captures(self, name: str | None = None, *, limit: int | None = None) -> list[Capture]:
        with self._lock:
            keys = sorted(key for key in self._revisions if name in (None, key[0]))
            found = [capture for key in keys for capture in self._revisions[key]]
        newest = sorted(found, key=lambda capture: capture.captured_at, reverse=True)[:limit]
        return in_order(newest)

    def _append(self, capture: Capture) -> Capture:
        revisions = self._revisions.setdefault((capture.name, capture.partition_key), [])
        if revisions and revisions[-1].content_hash == capture.content_hash:
            return evolve(revisions[-1], unchanged=True)
        revisions.append(evolve(capture, revision=len(revisions) + 1, unchanged=False))
        return revisions[-1]


def in_order(captures: Iterable[Capture]) -> list[Capture]:
    """Return captures by name, partition and revision; databases differ in the order of texts and JSON."""
    return sorted(captures, key=lambda capture: (capture.name, capture.partition_key, capture.revision))


def check_conflict(capture: Capture, current: Capture | None) -> None:
    """Raise CaptureConflictError if `capture` includes the rows of another revision than the current one."""
    if capture.follows not in (None, 0 if current is None else current.revision):
        raise CaptureConflictError(capture, current)


def capture_store() -> CaptureStore:
    """Return the store of the current project."""
    return current_scope().get(CaptureStore, MemoryCaptureStore)  # type: ignore[type-abstract]  # a protocol is the key
