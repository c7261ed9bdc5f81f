"""Rows whose keys and types differ, in parts, as Arrow tables of one schema."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from spine.core.errors import ValidationError
from spine.core.tables import as_table, require_arrow
from spine_sources_file.columns import Row

if TYPE_CHECKING:
    import pyarrow as pa


def schema_of_rows(rows: Iterator[Row], batch_size: int) -> pa.Schema:
    """Return the schema that has every key of every row, with a type that all of its values fit."""
    arrow = require_arrow("Arrow batches")
    schema = arrow.schema([])
    while batch := list(islice(rows, batch_size)):
        found = as_table(batch).schema
        try:
            schema = arrow.unify_schemas([schema, found], promote_options="permissive")
        except arrow.ArrowException as error:
            raise ValidationError(f"rows do not fit one Arrow schema: {error}; use stream()", cause=error) from error
    return schema


def rows_as_table(rows: Sequence[Row], schema: pa.Schema) -> pa.Table:
    """Return rows as a table of that schema, null where a row lacks a key."""
    arrow = require_arrow("Arrow batches")
    try:
        return arrow.Table.from_pylist(list(rows), schema)
    except (arrow.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise ValidationError(f"rows do not fit one Arrow schema: {error}; use stream()", cause=error) from error
