"""Results of a map step, collected into its output or into a capture."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from attrs import evolve

from spine.core.errors import SchemaError, ValidationError, WorkflowError
from spine.orchestration.records import ItemResult

if TYPE_CHECKING:
    import pyarrow as pa

    from spine.orchestration.context import WorkflowContext
    from spine.orchestration.step_result import StepResult
    from spine.orchestration.steptypes.base import ItemLog
    from spine.orchestration.steptypes.map_ import MapStepSpec

MAX_OUTPUT_BYTES = 64 << 20
INDEX_COLUMN, ERROR_COLUMN, VALUE_COLUMN = "_item", "_error", "value"
_ROWS = 10_000  # of results turned into Arrow at once


def with_results(
    result: StepResult, step_name: str, spec: MapStepSpec, context: WorkflowContext, log: ItemLog
) -> StepResult:
    """Return the result of a map step with what its items gave, as `collect` says."""
    if spec.collect == "capture":
        collected = _captured(spec.capture or f"{context.workflow_name}.{step_name}", step_name, log)
    elif spec.collect:
        collected = {"results": _listed(step_name, log)}
    else:
        return result
    return evolve(result, output={**result.output, **collected})


def _listed(step_name: str, log: ItemLog) -> list[Any]:
    """Return the results; WorkflowError if they are too many for the output of a step."""
    found, size = [], 0
    for item in log.results():
        found.append(item.output)
        size += 2 + (len(json.dumps(item.output)) if isinstance(item.output, (dict, list, str)) else 8)
        if size > MAX_OUTPUT_BYTES:
            raise WorkflowError(
                f"the results of map step {step_name!r} take more than {MAX_OUTPUT_BYTES >> 20} MiB as JSON, too much "
                'for the output of a step: give the step collect="capture", and resume the run with --force: '
                "its items do not run again"
            )
    return found


def _captured(name: str, step_name: str, log: ItemLog) -> dict[str, Any]:
    """Write the results into a capture, a row an item in the order of the items, and return what refers to it."""
    from spine.framework.captures import capture
    from spine.framework.captures.batches import BatchStream

    schema = _joint_schema(step_name, log)
    batches = (batch for table in _tables(step_name, log) for batch in _fitted(table, schema).to_batches())
    made = capture(name, BatchStream(schema, batches))
    return {"capture": name, "revision": made.revision, "record_count": made.row_count}


def _joint_schema(step_name: str, log: ItemLog) -> pa.Schema:
    """Return the columns of all results, each of a type that holds its value of every item."""
    from spine.core.tables import require_arrow

    pa = require_arrow(f"collect='capture' of map step {step_name!r}")
    joint = pa.schema([(INDEX_COLUMN, pa.int64())])
    for table in _tables(step_name, log):
        if table.schema.equals(joint):
            continue
        try:
            joint = pa.unify_schemas([joint, table.schema], promote_options="permissive")
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise SchemaError(
                f"the results of map step {step_name!r} do not fit one table: {error}: return the same types for "
                "every item",
                cause=error,
            ) from error
    named = [column for column in joint if column.name != ERROR_COLUMN]
    return pa.schema([*named, pa.field(ERROR_COLUMN, pa.string())])


def _tables(step_name: str, log: ItemLog) -> Iterator[pa.Table]:
    from spine.core.tables import as_table

    results = log.results()
    while part := list(islice(results, _ROWS)):
        try:
            yield as_table([_row(item, step_name) for item in part])
        except ValidationError as error:
            raise SchemaError(
                f"the results of map step {step_name!r} do not fit one table: {error}", cause=error
            ) from error


def _row(item: ItemResult, step_name: str) -> dict[str, Any]:
    found = item.output
    if found is None:
        values: Mapping[str, Any] = {}
    elif isinstance(found, Mapping):
        values = found
    else:
        values = {VALUE_COLUMN: found}
    if INDEX_COLUMN in values or ERROR_COLUMN in values:
        raise SchemaError(
            f"map step {step_name!r}: the result of item {item.item_index} has a column {INDEX_COLUMN!r} or "
            f"{ERROR_COLUMN!r}, which the capture of results adds: give it another name"
        )
    return {INDEX_COLUMN: item.item_index, **values, ERROR_COLUMN: item.error}


def _fitted(table: pa.Table, schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    columns = []
    for column in schema:
        if column.name in table.schema.names:
            columns.append(table.column(column.name).cast(column.type))
        else:
            columns.append(pa.nulls(table.num_rows, column.type))
    return pa.table(columns, schema=schema)
