"""`spine captures read` and `export`: the data of captures."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spine.cli.assignments import params_option
from spine.cli.cells import plain
from spine.cli.output import as_written, json_option, print_json, print_table
from spine.cli.session import Session

if TYPE_CHECKING:
    from spine.framework.captures import CaptureData
    from spine.project import Project

_CONDITION = re.compile(r"\s*(.+?)\s*(<=|>=|!=|==|=|<|>)\s*(.*?)\s*", re.DOTALL)


def _conditions(_ctx: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]) -> list[tuple[str, str, Any]]:
    return [_condition(text) for text in texts]


def _condition(text: str) -> tuple[str, str, Any]:
    """Return the condition that a text such as `shares>1000` or `symbol=ACME` states; a value may be JSON."""
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise click.BadParameter(f"{text!r} is no condition: write COLUMN=VALUE, or one of != < <= > >=")
    name, operator, value = found.groups()
    try:
        return name, operator, json.loads(value)
    except json.JSONDecodeError:
        return name, operator, value


def _names(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> list[str] | None:
    return None if text is None else [name.strip() for name in text.split(",")]


def _moment(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> datetime | None:
    try:
        return None if text is None else datetime.fromisoformat(text).astimezone()  # local without an offset
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a time: write ISO 8601, such as 2026-11-03T09:00Z") from None


_CHOICE = (
    params_option("A part of the partition. May be repeated."),
    click.option("--all-partitions", is_flag=True, help="Read all partitions; their keys are columns."),
    click.option("--revision", type=click.IntRange(1), help="Which revision (default: the current one)."),
    click.option(
        "--as-of", callback=_moment, metavar="TIME", help="What was current at a time: 2026-11-03T09:00Z, or local."
    ),
    click.option("-c", "--columns", callback=_names, help="Only these columns, separated by commas."),
    click.option(
        "--where",
        multiple=True,
        callback=_conditions,
        metavar="CONDITION",
        help="Only rows such as 'shares>1000' or symbol=ACME. May be repeated: all must hold.",
    ),
)


def choice(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose a capture, and what is read of it."""
    for option in reversed(_CHOICE):
        command = option(command)
    return command


def _chosen(
    project: Project, name: str, params: dict[str, Any], *, all_partitions: bool, **options: Any
) -> CaptureData:
    if all_partitions and params:
        raise click.UsageError("give -p or --all-partitions, not both")
    partitions = "all" if all_partitions else None
    found: CaptureData = project.captures.read(name, partition=params or None, partitions=partitions, **options)
    return found


@click.command()
@click.argument("name")
@choice
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many rows.")
@json_option
@click.pass_obj
def read(session: Session, /, name: str, limit: int, as_json: bool, **options: Any) -> None:
    """Print the first rows of capture NAME."""
    import pyarrow as pa

    from spine.core.tables import to_rows

    with session.open_history() as project:
        data = _chosen(project, name, **options)
        reader = data.batches()
        found, more = _first(reader, limit, None if data.where else sum(made.row_count for made in data.captures))
        names = reader.schema.names
        table = pa.Table.from_batches(found, reader.schema).slice(0, limit)
    rows = to_rows(table)
    if as_json:
        print_json(rows)
        return
    print_table(as_written(rows), names, "no rows", is_data=True)
    if more and not session.quiet:
        click.echo(f"... {more:,} more rows (-n {limit + more} shows all)", err=True)


def _first(reader: Any, limit: int, count: int | None) -> tuple[list[Any], int]:
    """Return batches with the first rows, and the number of the other rows; all are read if their count is unknown."""
    found, rows = [], 0
    for batch in reader:
        if rows < limit:
            found.append(batch)
        rows += batch.num_rows
        if count is not None and rows >= limit:
            return found, max(count - limit, 0)
    return found, max(rows - limit, 0)


@click.command()
@click.argument("name")
@choice
@click.option(
    "--to",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write: .csv, .json, .jsonl or .parquet.",
)
@json_option
@click.pass_obj
def export(session: Session, /, name: str, to: Path, as_json: bool, **options: Any) -> None:
    """Write the rows of capture NAME to a file, whose suffix says the format."""
    from spine.cli.row_file import write_rows
    from spine.framework.sources.result import SourceMetadata, SourceResult, SourceType

    with session.open_history() as project:
        data = _chosen(project, name, **options)
        result = SourceResult.ok(data.table, SourceMetadata(name, SourceType.FILE))
        written = write_rows(result, to)
    if as_json:
        print_json({"name": name, "path": str(to), "rows": len(result), **written.to_dict()})
    else:
        click.echo(f"{len(result):,} rows of {plain(name)} written to {plain(str(to))}")
