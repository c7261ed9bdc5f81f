"""Rows written to a file in the format of its suffix."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from spine.core.errors import StorageError
from spine.core.ids import new_id
from spine.core.tables import to_rows


def write_rows(table: Any, path: Path) -> None:
    """Write an Arrow table to `path`, which keeps its old content until all is written.

    Raises a usage error for an unknown suffix, StorageError if the file cannot be written.
    """
    writers = {".csv": _csv, ".json": _json, ".jsonl": _json_lines, ".parquet": _parquet}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise click.BadParameter(f"{path.name!r} has an unknown suffix: use {', '.join(writers)}")
    draft = path.with_name(f".{path.name}.{new_id()}.tmp")
    try:
        write(table, draft)
        draft.replace(path)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror or error}", cause=error) from error
    finally:
        draft.unlink(missing_ok=True)


def _csv(table: Any, path: Path) -> None:
    from pyarrow import csv

    csv.write_csv(table, path)


def _parquet(table: Any, path: Path) -> None:
    from pyarrow import parquet

    parquet.write_table(table, path)


def _json(table: Any, path: Path) -> None:
    path.write_text(json.dumps(to_rows(table), indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")


def _json_lines(table: Any, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        for batch in table.to_batches(max_chunksize=10_000):
            file.writelines(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in batch.to_pylist())
