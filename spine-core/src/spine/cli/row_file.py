"""Rows written to a file in the format of its suffix: what is written can be read back, or is refused by column."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from spine.cli.row_values import UnwritableError, Written, cell_text, for_arrow, holds_null, json_value
from spine.core.errors import StorageError, ValidationError
from spine.core.ids import new_id
from spine.framework.progress import note_data

if TYPE_CHECKING:
    from spine.framework.sources import SourceResult

_BLOCK_ROWS = 10_000


def write_rows(result: SourceResult, path: Path) -> Written:
    """Write the rows of a fetch to `path`, which keeps its old content until all is written.

    Raises a usage error for an unknown suffix, ValidationError for a column that the format cannot hold, StorageError
    if the file cannot be written.
    """
    writers: dict[str, Callable[[SourceResult, Path, Written], None]]
    writers = {".csv": _csv, ".json": _json, ".jsonl": _json_lines, ".parquet": _parquet}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise click.BadParameter(f"{path.name!r} has an unknown suffix: use {', '.join(writers)}")
    if result.raw_data is not None:
        raise ValidationError("the source gives bytes and no rows, so there is nothing to write as rows")
    draft = path.with_name(f".{path.name}.{new_id()}.tmp")
    written = Written()
    try:
        write(result, draft, written)
        draft.replace(path)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror or error}", cause=error) from error
    except UnwritableError as error:
        where = f"column {error.column!r} {error.problem}"
        raise ValidationError(f"{path.name}: {where}", field=error.column) from error
    finally:
        draft.unlink(missing_ok=True)
    return written


def _blocks(result: SourceResult) -> Iterator[list[dict[str, Any]]]:
    for rows in result.stream(_BLOCK_ROWS):
        note_data("written", rows=len(rows))
        yield rows


def _csv(result: SourceResult, path: Path, written: Written) -> None:
    names = _columns(result)
    nulls, empties = set[str](), set[str]()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if names:
            writer.writerow(names)
        for rows in _blocks(result):
            for name in names:
                values = [row.get(name) for row in rows]
                nulls |= {name} if any(map(holds_null, values)) else set()
                empties |= {name} if "" in values else set()
            if both := sorted(nulls & empties):
                raise UnwritableError(
                    both[0], "holds nulls and empty texts, which CSV cannot tell apart: write .parquet"
                )
            writer.writerows([cell_text(name, row.get(name), written) for name in names] for row in rows)


def _json(result: SourceResult, path: Path, written: Written) -> None:
    rows = [row for block in _as_json(result, written) for row in block]
    path.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _json_lines(result: SourceResult, path: Path, written: Written) -> None:
    with path.open("w", encoding="utf-8") as file:
        for rows in _as_json(result, written):
            _write_lines(file, rows)


def _write_lines(file: TextIO, rows: list[dict[str, Any]]) -> None:
    file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _as_json(result: SourceResult, written: Written) -> Iterator[list[dict[str, Any]]]:
    for rows in _blocks(result):
        yield [{name: json_value(name, value, written) for name, value in row.items()} for row in rows]


def _parquet(result: SourceResult, path: Path, written: Written) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    table = result.table if result.holds_table else for_arrow(result.data, written)
    try:
        parquet.write_table(table, path)
    except pa.ArrowException:
        for name in table.column_names:
            _check_column(table.select([name]), name)
        raise


def _check_column(column: Any, name: str) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        parquet.write_table(column, pa.BufferOutputStream())
    except pa.ArrowException as error:
        raise UnwritableError(
            name, f"is of the Arrow type {column.schema[0].type}, which Parquet does not have"
        ) from error


def _columns(result: SourceResult) -> list[str]:
    if result.holds_table:
        return list(result.table.column_names)
    return list(dict.fromkeys(name for row in result.data for name in row))
