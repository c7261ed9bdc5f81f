"""Choice of the captures to read: one revision, or the current ones of several partitions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from spine.core.errors import ValidationError
from spine.core.suggest import what_there_is
from spine.framework.captures.revision import Capture, CaptureNotFoundError, normalize_partition, partition_key
from spine.framework.captures.store import CaptureStore
from spine.framework.work import Work

Partitions: TypeAlias = str | Sequence[Mapping[str, Any]] | Mapping[str, Any]
"""`all`, a list of partitions, or by key a value, a list of values, or a tuple of the first and the last one.

A range between numbers takes the values that are numbers; any other compares texts."""


def one_capture(
    store: CaptureStore,
    work: Work | None,
    name: str,
    partition: Mapping[str, Any] | None,
    revision: int | None,
    as_of: datetime | None,
) -> Capture:
    """Return the capture, staged by `work` or committed; CaptureNotFoundError if there is none."""
    candidates = [normalize_partition(partition)]
    if partition is None and work is not None:
        candidates.insert(0, normalize_partition(work.partition))
    for parts in candidates:
        found = staged_capture(work, name, partition_key(parts), revision) if as_of is None else None
        found = found or store.find(name, partition_key(parts), revision=revision, as_of=as_of)
        if found is not None:
            return found
    raise CaptureNotFoundError(_why_not_found(store, name, partition, candidates, revision, as_of))


def staged_capture(work: Work | None, name: str, key: str, revision: int | None = None) -> Capture | None:
    """Return the newest matching capture that `work` staged."""
    for staged in reversed(work.visible() if work else []):
        if not isinstance(staged, Capture) or (staged.name, staged.partition_key) != (name, key):
            continue
        if revision in (None, staged.revision):
            return staged
    return None


def captures_of(
    store: CaptureStore, work: Work | None, name: str, partitions: Partitions, as_of: datetime | None
) -> list[Capture]:
    """Return the current captures of the partitions, or those that were current at `as_of`, by partition.

    Raises CaptureNotFoundError if a partition in a list has none, or if no partition matches.
    """
    newest = {capture.partition_key: capture for capture in store.find_all(name, as_of=as_of)}
    if as_of is None:
        staged = [record for record in (work.visible() if work else []) if isinstance(record, Capture)]
        newest |= {capture.partition_key: capture for capture in staged if capture.name == name}
    if isinstance(partitions, Sequence) and not isinstance(partitions, str):
        keys = [partition_key(parts) for parts in partitions]
        if missing := [key for key in keys if key not in newest]:
            raise CaptureNotFoundError(f"capture {name!r} has no partition {missing[0]}" + _at(as_of))
        return [newest[key] for key in sorted(set(keys))]
    matches = _rule(partitions)
    found = [newest[key] for key in sorted(newest) if matches(newest[key].partition)]
    if as_of is not None:
        _check_kept(store, name, [capture.partition_key for capture in found], matches, as_of)
    if not found and not newest:
        known = {capture.name for capture in store.list_captures()}
        raise CaptureNotFoundError(f"capture {name!r} not found{_at(as_of)}{what_there_is('capture', name, known)}")
    if not found:
        some = ", ".join(as_options(newest[key].partition) for key in sorted(newest, reverse=True)[:3])
        raise CaptureNotFoundError(f"no partition of capture {name!r} matches{_at(as_of)}; there is {some}")
    return found


def _check_kept(
    store: CaptureStore,
    name: str,
    found: Collection[str],
    matches: Callable[[Mapping[str, str]], bool],
    as_of: datetime,
) -> None:
    """Raise CaptureNotFoundError if what a partition had at `as_of` may have been forgotten: data would be missing."""
    left: dict[str, list[Capture]] = {}
    for capture in store.list_captures(name):
        if capture.partition_key not in found and matches(capture.partition):
            left.setdefault(capture.partition_key, []).append(capture)
    for revisions in left.values():
        if said := _forgotten(name, revisions, as_of):
            raise CaptureNotFoundError(said)


def _forgotten(name: str, revisions: Sequence[Capture], as_of: datetime) -> str | None:
    """Return that the revision before `as_of` was forgotten, of a partition without one that was current then."""
    later = next((capture for capture in revisions if capture.captured_at > as_of), None)
    if later is None or later.revision == 1:
        return None
    where = f" ({as_options(later.partition)})" if later.partition else ""
    return (
        f"capture {name!r}{where} has no revision of {as_of.isoformat()}: those between it and revision "
        f"{later.revision}, of {later.captured_at.isoformat()}, have been forgotten"
    )


def _at(as_of: datetime | None) -> str:
    return "" if as_of is None else f" at {as_of.isoformat()}"


def _rule(partitions: str | Mapping[str, Any]) -> Callable[[Mapping[str, str]], bool]:
    if partitions == "all":
        return lambda _parts: True
    if not isinstance(partitions, Mapping) or not partitions:
        raise ValidationError(
            f"partitions={partitions!r:.80} is not known: use 'all', a list of partitions, or a mapping such as "
            "{'day': ('2026-01-01', '2026-01-31')}",
            field="partitions",
            value=partitions,
        )
    rules = {key: _key_rule(key, wanted) for key, wanted in partitions.items()}
    return lambda parts: all(key in parts and rule(parts[key]) for key, rule in rules.items())


def _key_rule(key: str, wanted: Any) -> Callable[[str], bool]:
    if isinstance(wanted, tuple):
        if len(wanted) != 2:
            raise ValidationError(f"the range of {key!r} is {wanted!r:.80}: give the first and the last value, or None")
        if any(is_number(end) for end in wanted):
            return _number_rule(key, *wanted)
        first, last = (None if end is None else _value(key, end) for end in wanted)
        return lambda text: (first is None or first <= text) and (last is None or text <= last)
    texts = {_value(key, value) for value in (wanted if isinstance(wanted, list | set | frozenset) else [wanted])}
    return lambda text: text in texts


def _number_rule(key: str, first: Any, last: Any) -> Callable[[str], bool]:
    if not all(end is None or is_number(end) for end in (first, last)):
        raise ValidationError(f"the range of {key!r} is {(first, last)!r:.80}: give two numbers, or two texts")

    def rule(text: str) -> bool:
        number = number_of(text)
        return number is not None and (first is None or first <= number) and (last is None or number <= last)

    return rule


def is_number(value: object) -> bool:
    """Return True for a number, with which values of a partition are compared as numbers."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def number_of(text: str) -> Decimal | None:
    """Return the number that a value of a partition is, None if it is none."""
    with suppress(InvalidOperation):
        if (number := Decimal(text)).is_finite():
            return number
    return None


def _value(key: str, value: Any) -> str:
    return normalize_partition({key: value})[key]


def as_options(partition: Mapping[str, str]) -> str:
    """Return a partition as it is written on the command line: `-p from=4 -p station=FRA`."""
    return " ".join(f"-p {key}={value}" for key, value in partition.items()) or "without a key"


def _why_not_found(
    store: CaptureStore,
    name: str,
    partition: Mapping[str, Any] | None,
    candidates: list[dict[str, str]],
    revision: int | None,
    as_of: datetime | None,
) -> str:
    known = store.list_captures(name)
    if not known:
        names = {other.name for other in store.list_captures()}
        return f"capture {name!r} not found{what_there_is('capture', name, names)}"
    by_key = {item.partition_key: item.partition for item in known}
    tried = [parts for parts in candidates if partition_key(parts) in by_key]
    if not tried and partition is None:
        return (
            f"capture {name!r} is kept by partition: name one, with partition= in code or -p on the command line: "
            f"{_some(by_key)}"
        )
    if not tried:
        return f"capture {name!r} has no partition {as_options(candidates[0])}; there is {_some(by_key)}"
    revisions = [item for item in known if item.partition_key == partition_key(tried[0])]
    if as_of is not None:
        first = min(item.captured_at for item in revisions)
        made = f"capture {name!r} was first made at {first.isoformat()}, after {as_of.isoformat()}"
        return _forgotten(name, revisions, as_of) or made
    return f"capture {name!r} has no revision {revision}; it has {_numbers(revisions)}"


def _numbers(revisions: Sequence[Capture]) -> str:
    numbers = [item.revision for item in revisions]
    if numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]} to {numbers[-1]}"
    return ", ".join(map(str, numbers[-10:]))  # others between them have been forgotten


def _some(partitions: Mapping[str, Mapping[str, str]]) -> str:
    shown = [as_options(parts) for _, parts in sorted(partitions.items(), reverse=True)][:5]
    more = len(partitions) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
