"""Items of a map step that are left to process, matched with those that ended in earlier attempts."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from spine.core.errors import WorkflowError
from spine.core.hashing import hash_json
from spine.orchestration.status import StepStatus
from spine.orchestration.steptypes.map_tables import StoredItem, TableItem

if TYPE_CHECKING:
    from spine.orchestration.records import ItemRecord
    from spine.orchestration.steptypes.base import ItemLog

_KEY_LENGTH = 32
_NO_ITEM = object()


@frozen
class OpenItem:
    """Item to process: its position, its value, the number of this attempt and its key."""

    index: int
    item: Any
    attempt: int
    key: str

    def stored(self) -> OpenItem:
        """Return the item with its tables in the store: nothing that is handed out holds a table."""
        return evolve(self, item=self.item.stored()) if isinstance(self.item, TableItem) else self

    @property
    def value(self) -> Any:
        """The item as its body gets it, with its tables."""
        return self.item.read() if isinstance(self.item, StoredItem) else self.item


def item_key(item: Any, field: str | None, step_name: str) -> str:
    """Return a digest of the item, or of the named field of it; WorkflowError if it has no such field."""
    if isinstance(item, TableItem):
        if field is None or field in item.tables:
            return hash_json(item.identity)[:_KEY_LENGTH]
        item = item.values
    if field is None:
        return hash_json(item)[:_KEY_LENGTH]
    if not isinstance(item, Mapping) or field not in item:
        raise WorkflowError(f"map step {step_name!r}: an item has no field {field!r}, its item_key: {item!r:.80}")
    return hash_json(item[field])[:_KEY_LENGTH]


def open_items(
    items: Iterable[Any],
    log: ItemLog,
    key_of: Callable[[Any], str],
    on_completed: Callable[[], None] = lambda: None,
    again: Callable[[], Iterable[Any]] | None = None,
) -> Iterator[OpenItem]:
    """Yield the items that have no result yet, and move the earlier results to the present positions of their items.

    A further attempt asks for the items again, which may have changed: an item is the same if its key is, wherever it
    stands. While the items are as before, nothing is kept in memory; after a gap that needs `again`, which returns the
    same items another time. `on_completed` is called for each item that has its result.
    """
    return _Matching(log, key_of, on_completed, again).open_items(items)


class _Matching:
    def __init__(
        self,
        log: ItemLog,
        key_of: Callable[[Any], str],
        on_completed: Callable[[], None],
        again: Callable[[], Iterable[Any]] | None,
    ) -> None:
        self._log = log
        self._key_of = key_of
        self._on_completed = on_completed
        self._again = again
        self._is_in_place = False  # it is known that every result is at the position of its item

    def open_items(self, items: Iterable[Any]) -> Iterator[OpenItem]:
        ended = self._log.finished()
        record = next(ended, None)
        numbered = enumerate(items)
        count = 0
        for index, item in numbered:
            key = self._key_of(item)
            count = index + 1
            if record is None or (record.item_index > index and self._all_in_place(index)):
                yield OpenItem(index, item, 1, key)
            elif record.item_index == index and record.item_key in (key, None):
                before, record = record, next(ended, None)
                if (found := self._open(index, item, key, before)) is not None:
                    yield found
            else:
                left = _Left([record, *ended])
                yield from self._after_a_gap(left, index, item, key, numbered)
                return
        if record is not None:
            self._log.replace(count, [])

    def _open(self, index: int, item: Any, key: str, before: ItemRecord | None) -> OpenItem | None:
        """Return the item if it has to run; None if it has completed before."""
        if before is None:
            return OpenItem(index, item, 1, key)
        if before.status is not StepStatus.COMPLETED:
            return OpenItem(index, item, before.attempt + 1, key)
        self._on_completed()
        return None

    def _all_in_place(self, first: int) -> bool:
        """Return True if each result from position `first` on is one of the item at its position."""
        if not self._is_in_place and self._again is not None:
            numbered = enumerate(self._again())
            left = (record for record in self._log.finished() if record.item_index >= first)
            self._is_in_place = all(self._fits(record, numbered) for record in left)
            if not self._is_in_place:
                self._again = None
        return self._is_in_place

    def _fits(self, record: ItemRecord, numbered: Iterator[tuple[int, Any]]) -> bool:
        found = next((item for index, item in numbered if index == record.item_index), _NO_ITEM)
        return found is not _NO_ITEM and record.item_key in (self._key_of(found), None)

    def _after_a_gap(
        self, left: _Left, index: int, item: Any, key: str, numbered: Iterator[tuple[int, Any]]
    ) -> Iterator[OpenItem]:
        """Match by key from the first item that has no result, or another one, at its position."""
        while True:
            record = left.take(key)
            moved = record is not None and record.item_index != index
            if moved or (record is None and left.has_index(index)):
                yield from self._moved(left, index, [(item, key, record)], numbered)
                return
            if (found := self._open(index, item, key, record)) is not None:
                yield found
            following = next(numbered, None)
            if following is None:
                break
            index, item = following
            key = self._key_of(item)
        if left:
            self._log.replace(index + 1, [])

    def _moved(
        self,
        left: _Left,
        first: int,
        matched: list[tuple[Any, str, ItemRecord | None]],
        numbered: Iterator[tuple[int, Any]],
    ) -> Iterator[OpenItem]:
        """Read the rest of the items, write the earlier results at their new positions, and yield the open ones."""
        for _index, item in numbered:
            key = self._key_of(item)
            matched.append((item, key, left.take(key)))
        placed = list(enumerate(matched, start=first))
        self._log.replace(first, [evolve(record, item_index=i) for i, (_, _, record) in placed if record is not None])
        for index, (item, key, record) in placed:
            if (found := self._open(index, item, key, record)) is not None:
                yield found


class _Left:
    """Earlier results that no item has taken yet, by key."""

    def __init__(self, records: Iterable[ItemRecord]) -> None:
        self._by_key: defaultdict[str | None, deque[ItemRecord]] = defaultdict(deque)
        self._indexes: set[int] = set()
        for record in records:
            self._by_key[record.item_key].append(record)
            self._indexes.add(record.item_index)

    def __bool__(self) -> bool:
        return bool(self._indexes)

    def take(self, key: str) -> ItemRecord | None:
        records = self._by_key.get(key)
        if not records:
            return None
        record = records.popleft()
        self._indexes.discard(record.item_index)
        return record

    def has_index(self, index: int) -> bool:
        return index in self._indexes
