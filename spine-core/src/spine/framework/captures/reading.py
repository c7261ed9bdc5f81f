"""Data of captures, read with only the columns and rows that are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from importlib import import_module
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, Any

from attrs import frozen

from spine.core.errors import ConfigError, ValidationError
from spine.core.suggest import did_you_mean
from spine.core.tables import require_arrow, to_rows
from spine.framework.captures.combine import fitted, joint_schema
from spine.framework.captures.conditions import OPERATORS, Condition, conditions
from spine.framework.captures.damage import DamagedCaptureError
from spine.framework.captures.moment import moment_of
from spine.framework.captures.revision import Capture, normalize_partition
from spine.framework.captures.selection import Partitions, captures_of, is_number, number_of, one_capture
from spine.framework.captures.store import capture_store
from spine.framework.lineage import Direction, EdgeKind, record_edge
from spine.framework.work import current_work

if TYPE_CHECKING:
    import pyarrow as pa

    from spine.framework.captures.payloads import Payloads

_ORDERS: Mapping[str, Callable[[Any, Any], Any]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


@frozen
class CaptureData:
    """Captures and their data, read from the store at first use; DamagedCaptureError if a file is missing or damaged.

    Of several partitions the keys are columns of text, unless the data has columns of these names.
    """

    captures: tuple[Capture, ...]
    _payloads: Payloads
    columns: tuple[str, ...] | None = None
    where: tuple[Condition, ...] = ()
    is_joint: bool = False

    @property
    def capture(self) -> Capture:
        """The capture; ValidationError if several partitions were read."""
        if len(self.captures) != 1:
            raise ValidationError(f"{len(self.captures):,} captures were read: use .captures")
        return self.captures[0]

    @cached_property
    def table(self) -> pa.Table:
        """Data as an Arrow table."""
        if not self.is_joint and self.columns is None and not self.where:
            with _damage_of(self.capture):
                return self._payloads.read(self.capture.location)
        return self.batches().read_all()

    @cached_property
    def data(self) -> list[dict[str, Any]]:
        """Data as rows."""
        return to_rows(self.table)

    def batches(self) -> pa.RecordBatchReader:
        """Return the data as record batches, in bounded memory."""
        pa = require_arrow("Reading a capture")
        if not self.is_joint:
            return self._scan(self.capture, self.columns, self.where)
        schema = self._schema()
        return pa.RecordBatchReader.from_batches(schema, self._joined(schema))

    def to_pandas(self) -> Any:
        """Return the data as a DataFrame of pandas, which must be installed."""
        _require("pandas")
        return self.table.to_pandas()

    def to_polars(self) -> Any:
        """Return the data as a DataFrame of polars, which must be installed."""
        return _require("polars").from_arrow(self.table)

    def to_duckdb(self, connection: Any = None) -> Any:
        """Return the data as a relation of DuckDB, which must be installed; by default of a connection of its own."""
        module = _require("duckdb")
        return (connection or module.connect()).from_arrow(self.table)

    def _scan(
        self, capture: Capture, columns: Sequence[str] | None, where: Sequence[Condition]
    ) -> pa.RecordBatchReader:
        import pyarrow as pa

        with _damage_of(capture):
            reader = self._payloads.scan(capture.location, columns=columns, where=where)

        def batches() -> Iterator[pa.RecordBatch]:
            with _damage_of(capture):
                yield from reader

        return pa.RecordBatchReader.from_batches(reader.schema, batches())

    def _schema(self) -> pa.Schema:
        """Return the columns of all captures, in the order of `columns`."""
        import pyarrow as pa

        joint = pa.schema([])
        for capture in {repr(capture.schema): capture for capture in self.captures}.values():
            joint = joint_schema(joint, self._scan(capture, self._wanted(capture), ()).schema)
        for key in dict.fromkeys(key for capture in self.captures for key in capture.partition):
            if key not in joint.names and (self.columns is None or key in self.columns):
                joint = joint.append(pa.field(key, pa.string()))
        return joint if self.columns is None else pa.schema([joint.field(name) for name in self.columns])

    def _joined(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        for capture in self.captures:
            names = _names(capture)
            keys = {key: value for key, value in capture.partition.items() if key not in names}
            if not all(_holds(keys, condition) for condition in self.where if condition[0] not in names):
                continue
            where = [condition for condition in self.where if condition[0] in names]
            for batch in self._scan(capture, self._wanted(capture), where):
                table = pa.Table.from_batches([batch])
                for key in [key for key in keys if key in schema.names]:
                    values = pa.repeat(pa.scalar(keys[key]), batch.num_rows)
                    # a table without columns has no number of rows to which one could be added
                    table = table.append_column(key, values) if table.num_columns else pa.table({key: values})
                yield from fitted(table, schema)

    def _wanted(self, capture: Capture) -> list[str] | None:
        names = _names(capture)
        return None if self.columns is None else [name for name in self.columns if name in names]


def read_capture(
    name: str,
    *,
    partition: Mapping[str, Any] | None = None,
    partitions: Partitions | None = None,
    revision: int | None = None,
    as_of: datetime | str | None = None,
    columns: Sequence[str] | None = None,
    where: Sequence[Condition] | None = None,
) -> CaptureData:
    """Return a capture and its data: the current revision, a numbered one, or the newest at a given time.

    Without `partition`, a step or pipeline reads its own partition if `name` was captured in it; otherwise the capture
    without a partition is read. A name that only has partitions needs `partition`; `partition={}` means the capture
    without one. `partitions` reads several at once, as one table: `all`, a list of partitions, or by key a value, a
    list of values, or a tuple of the first and the last one. A step or pipeline sees its own captures before it
    completes.

    Only `columns` are read, and only rows for which all of `where` holds: a list of (column, operator, value) with the
    operators =, !=, <, <=, >, >=, in, not in; a null never matches. `as_of` is an aware time, or ISO 8601 text.

    Raises CaptureNotFoundError if there is none; ValidationError for `as_of` without a time zone and for an unknown
    column.
    """
    moment = None if as_of is None else moment_of(as_of)
    if revision is not None and moment is not None:
        raise ValidationError("read_capture takes revision or as_of, not both", field="revision", value=revision)
    store, work = capture_store(), current_work()
    if partitions is None:
        found = [one_capture(store, work, name, partition, revision, moment)]
    elif partition is None and revision is None:
        found = captures_of(store, work, name, partitions, moment)
    else:
        raise ValidationError("read_capture takes partitions, or one partition or revision", field="partitions")
    data = CaptureData(
        tuple(found),
        store.payloads,
        None if columns is None else tuple(columns),
        tuple(where or ()),
        is_joint=partitions is not None,
    )
    _check_columns(data, name)
    kind = EdgeKind.CAPTURE if revision is None and moment is None else EdgeKind.REVISION
    for capture in found:
        record_edge(Direction.READ, kind, capture.capture_id, capture.content_hash)
    return data


def _check_columns(data: CaptureData, name: str) -> None:
    used = [*(data.columns or ()), *(condition[0] for condition in data.where)]
    if not used:
        return
    known = dict.fromkeys(column for capture in data.captures for column in _names(capture))
    if data.is_joint:
        known |= dict.fromkeys(key for capture in data.captures for key in capture.partition)
    for column in used:
        if column not in known:
            raise ValidationError(
                f"capture {name!r} has no column {column!r:.80}{did_you_mean(str(column), known)}", field=str(column)
            )


def _names(capture: Capture) -> list[str]:
    return [name for name, _kind in capture.schema]


def _holds(keys: Mapping[str, str], condition: Condition) -> bool:
    """Return whether a condition holds for the keys of a partition; it does not for another column.

    They are texts; where one is ordered against a number, it is taken as a number, and does not hold if it is none.
    """
    name, operator, value = condition
    if name not in keys:
        return False
    if operator not in OPERATORS:
        raise ValidationError(f"operator {operator!r:.80} is not known: use =, !=, <, <=, >, >=, in, not in")

    if operator in _ORDERS and is_number(value):
        number = number_of(keys[name])
        return number is not None and bool(_ORDERS[operator](number, value))

    def text(given: Any) -> str:
        return normalize_partition({name: given})[name]

    wanted = [text(item) for item in value] if operator in ("in", "not in") else text(value)
    row = require_arrow("Reading a capture").table({name: [keys[name]]})
    return bool(conditions(row.schema, [(name, operator, wanted)]).filter(row).num_rows)


@contextmanager
def _damage_of(capture: Capture) -> Iterator[None]:
    """Let a damaged payload be an error that names the capture."""
    try:
        yield
    except DamagedCaptureError as error:
        raise error.of(capture) from error.cause


def _require(library: str) -> Any:
    try:
        return import_module(library)
    except ImportError as error:
        raise ConfigError(f"this needs {library}: pip install {library}", cause=error) from error
