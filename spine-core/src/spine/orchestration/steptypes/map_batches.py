"""Batches: items of a map step that a worker gets at once, as many as take it some 100 ms."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from attrs import define, field

from spine.core.clock import current_clock
from spine.orchestration.steptypes.map_progress import OpenItem

BATCH_SECONDS = 0.1  # that a batch is to take
SLICE_SECONDS = 0.2  # after which a worker returns a batch that takes longer, with the items that it did not begin
MAX_BATCH = 1000
_GROWTH = 8


@define(eq=False)
class Batch:
    """Items for one worker. `quota` is the number of failures after which it goes on; None for any number."""

    items: Sequence[OpenItem]
    quota: int | None = None


@define
class BatchSize:
    """Number of items of a batch: one at first, later as many as take `BATCH_SECONDS`, but at most `most`."""

    most: int = MAX_BATCH
    now: int = 1

    def note(self, count: int, seconds: float) -> None:
        """Adapt to a batch of which a worker ran `count` items in so many seconds."""
        if count:
            fitting = int(BATCH_SECONDS * count / max(seconds, 1e-6))
            self.now = max(1, min(fitting, self.now * _GROWTH, self.most))

    def of(self, left: int | None, workers: int) -> int:
        """Return the size of the next batch; with `left` items to go, each worker gets two at least."""
        return self.now if left is None else max(1, min(self.now, -(-left // (2 * workers))))


@define
class ItemQueue:
    """Items to hand out, in order: some that are ready, among them those that were handed back, and the rest."""

    _items: Iterator[OpenItem]
    _ready: deque[OpenItem] = field(factory=deque)
    _alone: deque[OpenItem] = field(factory=deque)

    @property
    def ready(self) -> int:
        """Number of items that are read and not handed out."""
        return len(self._ready) + len(self._alone)

    def next_batch(self, size: int) -> list[OpenItem]:
        """Return up to `size` items, fewer from an input that takes long to give them; none at the end."""
        if self._alone:
            return [self._alone.popleft()]
        self.prepare(size)
        return [self._ready.popleft() for _ in range(min(size, len(self._ready)))]

    def prepare(self, size: int) -> None:
        """Read items until a batch is ready, but not longer than a batch takes once there is one."""
        if len(self._ready) >= size:
            return
        clock = current_clock()
        end = clock.monotonic() + BATCH_SECONDS
        for item in self._items:
            self._ready.append(item)
            if len(self._ready) >= size or clock.monotonic() >= end:
                return

    def hand_back(self, items: Sequence[OpenItem]) -> None:
        """Take items back that a worker did not begin."""
        self._ready.extendleft(reversed(items))

    def hand_back_alone(self, items: Sequence[OpenItem]) -> None:
        """Take the items of a batch back of which one has ended its worker: each of them runs alone."""
        self._alone.extend(items)
