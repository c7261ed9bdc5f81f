"""Groups: finished items of a map step that are committed together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import define, field

from spine.core.clock import Clock, current_clock
from spine.framework.staged import Staged
from spine.orchestration.records import ItemRecord

GROUP_SECONDS = 0.2  # between two commits
MAX_GROUP = 2000

Commit = Callable[[Sequence[ItemRecord], Sequence[Staged]], None]


@define
class ItemGroup:
    """Finished items that are not committed yet; a process that dies loses these, and what its workers run."""

    _commit: Commit
    _records: list[ItemRecord] = field(factory=list)
    _staged: list[Staged] = field(factory=list)
    _clock: Clock = field(factory=current_clock)
    _committed_at: float = float("-inf")

    def add(self, record: ItemRecord, staged: Sequence[Staged]) -> None:
        """Add a finished item."""
        self._records.append(record)
        self._staged.extend(staged)

    def commit_if_due(self) -> None:
        """Commit a large group, and any at the first look `GROUP_SECONDS` after the last commit."""
        if self.seconds_left == 0 or len(self._records) >= MAX_GROUP:
            self.commit()

    def commit(self) -> None:
        """Commit what there is."""
        records, staged = self._records, self._staged
        self._records, self._staged = [], []
        if records:
            self._commit(records, staged)
            self._committed_at = self._clock.monotonic()

    @property
    def seconds_left(self) -> float:
        """Seconds until a commit is due."""
        return max(self._committed_at + GROUP_SECONDS - self._clock.monotonic(), 0)

    def __bool__(self) -> bool:
        return bool(self._records)
