"""Differences between two revisions of a capture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from spine.core.errors import ValidationError
from spine.core.suggest import did_you_mean
from spine.core.tables import to_rows
from spine.framework.captures.reading import CaptureData, read_capture
from spine.framework.captures.revision import Capture
from spine.framework.captures.row_keys import row_keys
from spine.framework.captures.schema_text import schema_text

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE_ROWS = 5


@frozen
class SchemaChange:
    """Column that was added, removed or given another type; the type is None where there is no column."""

    column: str
    old: str | None
    new: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the change as JSON values."""
        return {"column": self.column, "old": self.old, "new": self.new}


@frozen
class CaptureDiff:
    """Differences from revision `old` to `new`: numbers of rows, up to five rows of each kind, and columns.

    Without a key no row is `changed`: the old row is removed and the new one added. A sample of changed rows has the
    key, and for each column that differs a list of the old and the new value.
    """

    old: Capture
    new: Capture
    added: int
    removed: int
    changed: int
    unchanged: int
    samples: Mapping[str, Sequence[Mapping[str, Any]]] = field(hash=False)
    schema: Sequence[SchemaChange] = ()

    @property
    def is_empty(self) -> bool:
        """True if rows and columns are equal."""
        return not (self.added or self.removed or self.changed or self.schema)

    def to_dict(self) -> dict[str, Any]:
        """Return the differences as JSON values; cells are as they are."""
        return {
            "name": self.new.name,
            "partition": dict(self.new.partition),
            "old_revision": self.old.revision,
            "new_revision": self.new.revision,
            "added": self.added,
            "removed": self.removed,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "samples": {kind: list(rows) for kind, rows in self.samples.items()},
            "schema": [change.to_dict() for change in self.schema],
        }


def diff_captures(
    name: str,
    old: int | None = None,
    new: int | None = None,
    *,
    key: Sequence[str] | str | None = None,
    partition: Mapping[str, Any] | None = None,
) -> CaptureDiff:
    """Return the differences between two revisions: by default between the current one and the one before it.

    With `key`, the columns that identify a row, rows with the same key are compared column by column; without, equal
    rows are counted, whatever their order. Both revisions are held in memory. Raises CaptureNotFoundError if one of the
    revisions does not exist, ValidationError for a key that a revision does not have, or that two of its rows share.
    """
    after = read_capture(name, partition=partition, revision=new)
    number = after.capture.revision - 1 if old is None else old
    if number < 1:
        raise ValidationError(
            f"capture {name!r} has one revision, so there is nothing to compare it with", field="old", value=old
        )
    before = read_capture(name, partition=after.capture.partition, revision=number)
    schema = _schema_changes(before.table.schema, after.table.schema)
    columns = [key] if isinstance(key, str) else list(key or [])
    if not columns:
        return _by_rows(before, after, schema)
    return _by_key(before, after, columns, schema)


def _schema_changes(old: pa.Schema, new: pa.Schema) -> list[SchemaChange]:
    before, after = ({name: kind for name, kind in schema_text(schema)} for schema in (old, new))  # noqa: C416 - typed
    names = dict.fromkeys([*before, *after])
    return [
        SchemaChange(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    ]


def _by_rows(before: CaptureData, after: CaptureData, schema: list[SchemaChange]) -> CaptureDiff:
    old, new = _in_columns_of_both(before.table, after.table)
    old_keys, new_keys = row_keys(old, old.column_names), row_keys(new, new.column_names)
    only_old, only_new = _surplus(old_keys, new_keys), _surplus(new_keys, old_keys)
    samples = {
        "added": _rows_at(after.table, only_new),
        "removed": _rows_at(before.table, only_old),
        "changed": [],
    }
    same = old.num_rows - len(only_old)
    return CaptureDiff(before.capture, after.capture, len(only_new), len(only_old), 0, same, samples, tuple(schema))


def _rows_at(table: pa.Table, places: list[int]) -> list[dict[str, Any]]:
    """Return the first rows of those at `places` as a sample."""
    import pyarrow as pa

    return to_rows(table.take(pa.array(places[:SAMPLE_ROWS], pa.int64())))  # an empty list has no type of its own


def _surplus(keys: pa.Array, others: pa.Array) -> list[int]:
    """Return the numbers of the rows that are not among `others`, each of which is equal to one row at most."""
    import pyarrow.compute as pc

    missing = pc.invert(pc.is_in(keys, value_set=others))
    repeated = len(pc.unique(keys)) < len(keys) or len(pc.unique(others)) < len(others)
    if not repeated:
        found: list[int] = pc.indices_nonzero(missing).to_pylist()
        return found
    left = Counter(others.to_pylist())
    surplus = []
    for number, value in enumerate(keys.to_pylist()):
        if left[value]:
            left[value] -= 1
        else:
            surplus.append(number)
    return surplus


def _by_key(before: CaptureData, after: CaptureData, key: list[str], schema: list[SchemaChange]) -> CaptureDiff:
    import pyarrow.compute as pc

    old, new = before.table, after.table
    old_keys, new_keys = _keys(before, key), _keys(after, key)
    place = pc.index_in(new_keys, value_set=old_keys)
    is_added = pc.is_null(place)
    is_removed = pc.invert(pc.is_in(old_keys, value_set=new_keys))
    kept_new, kept_old = new.filter(pc.invert(is_added)), old.take(place.drop_null())
    shared_old, shared_new = _in_columns_of_both(kept_old, kept_new)
    differs = pc.not_equal(row_keys(shared_old, shared_old.column_names), row_keys(shared_new, shared_new.column_names))
    changed_old = to_rows(shared_old.filter(differs).slice(0, SAMPLE_ROWS))
    changed_new = to_rows(shared_new.filter(differs).slice(0, SAMPLE_ROWS))
    changed = pc.sum(differs).as_py() or 0
    samples = {
        "added": to_rows(new.filter(is_added).slice(0, SAMPLE_ROWS)),
        "removed": to_rows(old.filter(is_removed).slice(0, SAMPLE_ROWS)),
        "changed": [_changes(was, now, key) for was, now in zip(changed_old, changed_new, strict=True)],
    }
    added, removed = pc.sum(is_added).as_py() or 0, pc.sum(is_removed).as_py() or 0
    same = new.num_rows - added - changed
    return CaptureDiff(before.capture, after.capture, added, removed, changed, same, samples, tuple(schema))


def _keys(data: CaptureData, key: list[str]) -> pa.Array:
    import pyarrow.compute as pc

    table, made = data.table, data.capture
    for name in key:
        if name not in table.column_names:
            hint = did_you_mean(name, table.column_names)
            raise ValidationError(
                f"revision {made.revision} of capture {made.name!r} has no column {name!r}{hint}", field=name
            )
    keys = row_keys(table, key)
    if len(pc.unique(keys)) < len(keys):
        raise ValidationError(
            f"two rows of revision {made.revision} of capture {made.name!r} have the same {', '.join(key)}: "
            "name more columns, or none",
            field="key",
        )
    return keys


def _in_columns_of_both(old: pa.Table, new: pa.Table) -> tuple[pa.Table, pa.Table]:
    known = set(old.column_names)
    names = [name for name in new.column_names if name in known]
    return old.select(names), new.select(names)


def _changes(was: Mapping[str, Any], now: Mapping[str, Any], key: list[str]) -> dict[str, Any]:
    keys = {name: now[name] for name in key}
    return keys | {name: [was[name], value] for name, value in now.items() if name not in keys and was[name] != value}
