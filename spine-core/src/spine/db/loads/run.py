"""Execution of a load in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen
from sqlalchemy import TableClause

from spine.core.clock import utc_now
from spine.core.errors import ConstraintError, SchemaError, ValidationError
from spine.core.tables import require_arrow
from spine.db.adapter import DatabaseAdapter
from spine.db.connection import Connection
from spine.db.insert_statements import check_columns, target_table
from spine.db.loads import statements
from spine.db.loads.kinds import Convert, arrow_type, conversion, typed
from spine.db.loads.ledger import add_load, ensure_ledger, find_load
from spine.db.loads.order import Loaded, LoadMark, LoadMode, LoadOrder
from spine.db.loads.staging import check_distinct, staged
from spine.db.loads.target import VERSION_COLUMNS, Target, prepare_target
from spine.db.record_batches import Batches, as_batches

if TYPE_CHECKING:
    import pyarrow as pa

_CLOCKS_DIFFER = timedelta(minutes=5)  # those of machines that load into one table


def run_load(adapter: DatabaseAdapter, order: LoadOrder, data: Any, mark: LoadMark | None = None) -> Loaded:
    """Load Arrow data in one transaction, at most once for a `mark`: a later call returns the counts of the first.

    The transaction is the thread's, if it has one. Raises SchemaError for data that does not fit the table,
    ConstraintError for a key that is null or occurs twice.
    """
    if mark is None:
        with adapter.transaction() as connection:
            return _Load(adapter, connection, order).run(data)
    ensure_ledger(adapter)
    with adapter.transaction() as connection:
        found = find_load(adapter, connection, mark)
        if found is None:
            found = _Load(adapter, connection, order).run(data)
            add_load(adapter, mark, order, found)
        return found


@frozen
class _Load:
    adapter: DatabaseAdapter
    connection: Connection
    order: LoadOrder

    def run(self, data: Any) -> Loaded:
        order = self.order
        place = target_table(self.adapter, order.table, [])
        batches = as_batches(order.table, data, self._list_writers(place))
        self._check(batches.schema)
        schema = self._with_partition(batches.schema)
        target = prepare_target(self.adapter, self.connection, place, order, schema)
        if target is None:
            return Loaded()
        if order.mode is not LoadMode.APPEND:
            self.adapter.lock_writers(self.connection, place)
        names = [name for name in schema.names if name in target.types] if batches.schema.names else []
        rows = _Rows(self, target, batches, names)
        modes: Mapping[LoadMode, Callable[[_Rows], Loaded]] = {
            LoadMode.APPEND: self._append,
            LoadMode.REPLACE_PARTITION: self._replace_partition,
            LoadMode.MERGE: self._merge,
            LoadMode.SCD2: self._scd2,
        }
        return modes[order.mode](rows)

    def table(self, names: Sequence[str]) -> TableClause:
        """Return the target with these columns."""
        return target_table(self.adapter, self.order.table, names)

    def _append(self, rows: _Rows) -> Loaded:
        if not rows.names:
            return Loaded()
        count = self.adapter.load_batches(self.connection, self.table(rows.names), rows.fitted())
        return Loaded(inserted=count)

    def _replace_partition(self, rows: _Rows) -> Loaded:
        names = list(self.order.partition)
        values = rows.partition_row()
        with staged(self.adapter, self.connection, self.table(names), names, iter([values])) as (one, _):
            deleted = self.connection.execute(statements.delete_partition(self.table(names), one)).rowcount
        return evolve(self._append(rows), deleted=deleted)

    def _merge(self, rows: _Rows) -> Loaded:
        if not rows.names:
            return Loaded()
        target, key = self.table(rows.names), self.order.key
        with staged(self.adapter, self.connection, target, rows.names, rows.fitted()) as (data, count):
            check_distinct(self.adapter, self.connection, data, key, self.order.table)
            if not rows.target.is_unique(key):
                self._check_unambiguous(target, data, current=False)
            changed = statements.update_changed(target, data, key, rows.target.types)
            updated = 0 if changed is None else self.connection.execute(changed).rowcount
            inserted = self.connection.execute(statements.insert_new(target, data, key)).rowcount
        return Loaded(inserted, updated, 0, count - inserted - updated)

    def _scd2(self, rows: _Rows) -> Loaded:
        key = self.order.key
        target = self.table([*(rows.names or key), *VERSION_COLUMNS])
        at, is_again = self._time_of_versions(target)
        if not rows.names:
            return Loaded(deleted=self._run_at(at, statements.close_missing(target, None, key)))
        with staged(self.adapter, self.connection, target, rows.names, rows.fitted()) as (data, count):
            check_distinct(self.adapter, self.connection, data, key, self.order.table)
            self._check_unambiguous(target, data, current=True)
            changed = statements.close_changed(target, data, key, rows.target.types)
            updated = 0 if changed is None else self._run_at(at, changed)
            deleted = self._run_at(at, statements.close_missing(target, data, key))
            if is_again:
                self._run_at(at, statements.delete_empty(target))
            opened = self._run_at(at, statements.open_versions(target, data, key))
        return Loaded(opened - updated, updated, deleted, count - opened)

    def _run_at(self, at: datetime, statement: Any) -> int:
        return self.connection.execute(statement, {statements.NOW: at}).rowcount

    def _time_of_versions(self, target: TableClause) -> tuple[datetime, bool]:
        """Return the time of the load, and True if versions begin or end at it; ValidationError if some are later."""
        row = self.connection.execute(statements.latest_times(target)).fetchone() or ()
        latest = max(filter(None, map(statements.moment_of, row)), default=None)
        given = self.order.valid_from
        at = utc_now() if given is None else given
        if latest is None or at > latest:
            return at, False
        if at == latest or (given is None and latest - at < _CLOCKS_DIFFER):
            return latest, True
        raise ValidationError(
            f"table {self.order.table!r} has versions up to {latest.isoformat()}, and this load is of "
            f"{at.isoformat()}: load in the order of time",
            field="valid_from",
        )

    def _check(self, schema: pa.Schema) -> None:
        order, names = self.order, schema.names
        check_columns(order.table, names)
        if names and (lacking := [name for name in order.key if name not in names]):
            raise SchemaError(
                f"the data for {order.table} has no column {', '.join(lacking)}, which the key names", field=lacking[0]
            )
        if order.mode is LoadMode.SCD2 and (taken := [name for name in VERSION_COLUMNS if name in names]):
            raise SchemaError(
                f"column {taken[0]!r} of the data for {order.table} is one that scd2 writes: rename it", field=taken[0]
            )

    def _with_partition(self, schema: pa.Schema) -> pa.Schema:
        """Return the schema with the columns of the partition that the data lacks, which become constants."""
        pa = require_arrow("A load")
        for name in self.order.partition:
            if schema.names and name not in schema.names:
                schema = schema.append(pa.field(name, pa.string()))
        return schema

    def _check_unambiguous(self, target: TableClause, data: TableClause, *, current: bool) -> None:
        query = statements.ambiguous_keys(target, data, self.order.key, current=current)
        if self.connection.execute(query).fetchone() is not None:
            raise ConstraintError(
                f"table {self.order.table!r} has several rows with one key, {', '.join(self.order.key)}: delete the "
                "surplus ones, or name a key that is unique"
            )

    def _list_writers(self, place: TableClause) -> Callable[[], Mapping[str, Callable[[Any], str]]]:
        return cache(lambda: self.adapter.list_writers(self.connection, place))


class _Rows:
    """Data of a load, fitted to the columns `names` of the target."""

    def __init__(self, load: _Load, target: Target, batches: Batches, names: list[str]) -> None:
        self.names = names
        self.target = target
        self._order = load.order
        self._batches = batches
        types = {field.name: field.type for field in batches.schema}
        self._partition = {
            name: typed(text, arrow_type(types.get(name), target.types.get(name)), f"the partition's {name}")
            for name, text in load.order.partition.items()
        }
        types |= {name: scalar.type for name, scalar in self._partition.items()}
        self._converts: dict[str, Convert | None] = {
            name: conversion(load.adapter, load.connection, load.order.table, name, types[name], target.types[name])
            for name in dict.fromkeys([*names, *self._partition])
        }

    def partition_row(self) -> pa.RecordBatch:
        """Return the values of the partition as a batch of one row."""
        pa = require_arrow("A load")
        columns = [self._converted(name, pa.array([scalar])) for name, scalar in self._partition.items()]
        return pa.record_batch(columns, names=list(self._partition))

    def fitted(self) -> Iterator[pa.RecordBatch]:
        """Yield the batches; ConstraintError for a row without a value in its key, or of another partition."""
        pa = require_arrow("A load")
        first = 1
        for batch in self._batches.blocks:
            self._check_key(batch, first)
            columns = [self._converted(name, self._column(batch, name, first)) for name in self.names]
            yield pa.record_batch(columns, names=self.names)
            first += batch.num_rows

    def _converted(self, name: str, values: pa.Array) -> pa.Array:
        convert = self._converts[name]
        return values if convert is None else convert(values)

    def _column(self, batch: pa.RecordBatch, name: str, first: int) -> pa.Array:
        pa, compute = require_arrow("A load"), require_arrow("A load", "pyarrow.compute")
        wanted = self._partition.get(name)
        if name not in batch.schema.names:
            return pa.repeat(wanted, batch.num_rows)
        values = batch.column(name)
        if wanted is not None:
            differs = compute.fill_null(compute.not_equal(values, wanted), True)
            self._refuse(differs, first, f"is not of the partition: its {name} is not {wanted.as_py()!s:.80}")
        return values

    def _check_key(self, batch: pa.RecordBatch, first: int) -> None:
        compute = require_arrow("A load", "pyarrow.compute")
        for name in self._order.key:
            empty = compute.is_null(batch.column(name), nan_is_null=True)
            self._refuse(empty, first, f"has no value in {name}, which the key names")

    def _refuse(self, wrong: pa.Array, first: int, fault: str) -> None:
        at = wrong.index(True).as_py()
        if at >= 0:
            raise ConstraintError(f"row {first + at} for {self._order.table} {fault}")
