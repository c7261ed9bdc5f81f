"""Loading into a table of a named database of the current project."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from spine.core.errors import ValidationError
from spine.core.hashing import hash_json
from spine.core.scope import in_dry_run
from spine.core.tables import require_arrow
from spine.db.loads.order import LoadMark, LoadMode, LoadOrder, adds_columns
from spine.db.loads.run import run_load
from spine.db.named import get_database
from spine.framework.captures import CaptureData
from spine.framework.captures.batches import BatchStream, table_or_stream
from spine.framework.captures.revision import normalize_partition, partition_key
from spine.framework.lineage import Direction, EdgeKind, LineageStore, record_edge
from spine.framework.loads.result import LoadResult
from spine.framework.progress import note_data
from spine.framework.work import Work, staging_work

if TYPE_CHECKING:
    import pyarrow as pa

logger = logging.getLogger("spine.load")


def load(
    database: str,
    table: str,
    data: Any,
    *,
    mode: str = "append",
    key: str | Sequence[str] | None = None,
    partition: Mapping[str, Any] | None = None,
    schema: str = "evolve",
    valid_from: datetime | None = None,
) -> LoadResult:
    """Write `data` into `table`, or `schema.table`, of a named database, in one transaction; return the counts.

    `data` is rows, an Arrow table, record batches, a reader or what `read_capture` returns. A table that does not exist
    is created. `mode` is

    - "append": insert the rows;
    - "replace_partition": replace the rows whose columns have the values of `partition`, by default the run's;
    - "merge": update the rows with the same `key` that differ, and insert the others;
    - "scd2": keep versions of the rows by `key`, in the columns `valid_from`, `valid_to` and `is_current`; the data is
      complete, so a key that it lacks ends. Versions begin at `valid_from`, by default the time of the run's tick, or
      now.

    `schema="freeze"` refuses columns that the table lacks, "evolve" adds them. In a step the load is made once: a later
    attempt returns the counts of the first. In a dry run nothing is loaded.

    Raises SchemaError for data that does not fit the table, ConstraintError for a key that is null or occurs twice,
    ConfigError for an unknown database, and retryable errors for one that is locked or out of reach.
    """
    require_arrow("A load")
    work = staging_work(f"a load into {database}.{table} was made", LineageStore)
    order = _order(table, mode, key, partition, schema, valid_from, work)
    if in_dry_run():
        logger.info("dry run: nothing is loaded into %s.%s", database, table)
        return LoadResult(database, table, order.mode.value)
    with _marked(work, database, order) as mark:
        done = run_load(get_database(database), order, _readable(data), mark)
    if done.repeated:
        logger.info("%s.%s was loaded by an earlier attempt of this step", database, table)
    record_edge(Direction.WRITE, EdgeKind.TABLE, f"{database}.{table}")
    counts = (done.inserted, done.updated, done.deleted, done.unchanged)
    return LoadResult(database, table, order.mode.value, *counts, done.repeated)


def _order(
    table: str,
    mode: str,
    key: str | Sequence[str] | None,
    partition: Mapping[str, Any] | None,
    schema: str,
    valid_from: datetime | None,
    work: Work | None,
) -> LoadOrder:
    """Return the order of a load; ValidationError for options that do not fit its mode."""
    names = [key] if isinstance(key, str) else list(key or ())
    chosen = LoadMode.of(mode, table, names)
    if valid_from is not None and (chosen is not LoadMode.SCD2 or valid_from.tzinfo is None):
        raise ValidationError("valid_from is a time with a zone, for mode 'scd2'", field="valid_from")
    if valid_from is None and chosen is LoadMode.SCD2 and work is not None:
        valid_from = work.scheduled_at
    parts = _partition(table, chosen, partition, work)
    return LoadOrder(table, chosen, names, parts, adds_columns(schema), valid_from)


def _partition(table: str, mode: LoadMode, partition: Mapping[str, Any] | None, work: Work | None) -> Mapping[str, str]:
    if mode is not LoadMode.REPLACE_PARTITION:
        if partition is not None:
            raise ValidationError(
                f"the load into {table} with mode {mode.value!r} takes no partition: replace_partition does",
                field="partition",
            )
        return {}
    parts = normalize_partition(work.partition if partition is None and work else partition)
    if not parts:
        raise ValidationError(
            f"the load into {table} replaces a partition, and the run has none: give partition={{column: value}}",
            field="partition",
        )
    return parts


@contextmanager
def _marked(work: Work | None, database: str, order: LoadOrder) -> Iterator[LoadMark | None]:
    """Yield the mark of this call, None outside of a run and of an execution.

    Calls of one step are told apart by what they load into, and by their number among those that load alike.
    """
    run_id = None if work is None else work.run_id or work.execution_id
    if work is None or run_id is None:
        yield None
        return
    alike = (database, order.table, order.mode.value, partition_key(order.partition))
    with work.numbered_load(alike) as number:
        identity = [run_id, work.step, work.visit, work.item, *alike, number]
        yield LoadMark(hash_json(identity), database, alike[-1], run_id, work.step, work.attempt)


def _readable(data: Any) -> pa.Table | pa.RecordBatchReader:
    pa = require_arrow("A load")
    found = table_or_stream(data.batches() if isinstance(data, CaptureData) else data)
    if isinstance(found, BatchStream):
        return pa.RecordBatchReader.from_batches(found.schema, _counted(found.batches))
    return found


def _counted(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        note_data("loaded", rows=batch.num_rows, size=batch.nbytes)
        yield batch
