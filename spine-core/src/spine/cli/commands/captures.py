"""`spine captures`: captures produced by runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import click

from spine.cli.ages import age_of
from spine.cli.assignments import params_option
from spine.cli.output import as_written, json_option, plain, print_fields, print_json, print_table
from spine.cli.quality_view import print_quality
from spine.cli.session import Session


@click.group()
def captures() -> None:
    """Captures produced by runs."""


@captures.command("list")
@click.argument("name", required=False)
@json_option
@click.pass_obj
def list_(session: Session, name: str | None, as_json: bool) -> None:
    """List all revisions of the captures, or of capture NAME."""
    with session.open_history() as project:
        rows = [capture.to_dict() for capture in project.captures.list(name)]
    if as_json:
        print_json(rows)
    else:
        shown = [{**row, "partition": row["partition_key"]} for row in rows]
        columns = ["name", "partition", "revision", "row_count", "byte_count", "captured_at", "run_id"]
        print_table(shown, columns, f"no captures called {plain(name)}" if name else "no captures yet")


@captures.command()
@click.argument("name")
@params_option("A part of the partition. May be repeated.")
@click.option("--revision", type=click.IntRange(1), help="Which revision (default: the current one).")
@json_option
@click.pass_obj
def show(session: Session, name: str, params: dict[str, Any], revision: int | None, as_json: bool) -> None:
    """Show one revision of capture NAME: its columns, hash, lineage and checks."""
    with session.open_history() as project:
        capture = project.captures.read(name, partition=params or None, revision=revision).capture
        store = project.application.settings.store
        quality = project.captures.quality(capture)
    row = {**capture.to_dict(), "file": str(store / capture.location), "quality": quality}
    if as_json:
        print_json(row)
        return
    hidden = ("schema", "metadata", "location", "quality")
    print_fields({key: value for key, value in row.items() if key not in hidden and value != {}})
    click.echo()
    print_table([{"column": column, "type": kind} for column, kind in row["schema"]], ["column", "type"], "no columns")
    if quality:
        click.echo("\nquality")
        print_quality(quality)


@captures.command()
@click.argument("name")
@params_option("A part of the partition. May be repeated.")
@click.option("--revision", type=click.IntRange(1), help="Which revision (default: the current one).")
@click.option("--as-of", type=click.DateTime(), help="The revision that was current then (local time).")
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many rows.")
@click.option("-c", "--columns", help="Only these columns, separated by commas.")
@json_option
@click.pass_obj
def read(
    session: Session,
    name: str,
    params: dict[str, Any],
    revision: int | None,
    as_of: datetime | None,
    limit: int,
    columns: str | None,
    as_json: bool,
) -> None:
    """Print the first rows of capture NAME."""
    from spine.core.tables import to_rows

    with session.open_history() as project:
        moment = as_of.astimezone() if as_of else None
        found = project.captures.read(name, partition=params or None, revision=revision, as_of=moment)
        table = found.table
    wanted = [column.strip() for column in columns.split(",")] if columns else table.column_names
    unknown = [column for column in wanted if column not in table.column_names]
    if unknown:
        known = plain(", ".join(table.column_names))
        raise click.UsageError(f"capture {name!r} has no column {unknown[0]!r}: {known}")
    rows = to_rows(table.slice(0, limit).select(wanted))
    if as_json:
        print_json(rows)
    else:
        print_table(as_written(rows), wanted, "no rows", is_data=True)
        if table.num_rows > limit and not session.quiet:
            click.echo(f"... {table.num_rows - limit:,} more rows (-n {table.num_rows} shows all)", err=True)


@captures.command()
@click.argument("name", required=False)
@json_option
@click.pass_obj
def verify(session: Session, name: str | None, as_json: bool) -> int:
    """Read the files of all captures, or of capture NAME, in full; exit 1 if one is missing or damaged."""
    from spine.cli.counting import Counting
    from spine.framework.captures import PayloadStore
    from spine.framework.captures.verify import verify_captures

    with session.open_history() as project:
        found = project.captures.list(name)
        sizes = {capture.location: capture.byte_count for capture in found}
        counting = Counting("bytes verified", sum(sizes.values()), quiet=session.quiet)
        damaged = verify_captures(PayloadStore(project.application.settings.store), found, counting)
    if as_json:
        print_json({"revisions": len(found), "files": len(sizes), "damaged": [error.to_row() for error in damaged]})
    elif not found:
        click.echo(f"no captures called {plain(name)}" if name else "no captures yet")
    elif damaged:
        for error in damaged:
            click.echo(plain(str(error)))
    else:
        click.echo(f"{len(sizes):,} files of {len(found):,} revisions are as they were written")
    return 1 if damaged else 0


@captures.command()
@click.option("--dry-run", is_flag=True, help="Only list.")
@click.option(
    "--older-than", "age", default="1h", show_default=True, callback=age_of, metavar="AGE", help="Such as 90m or 7d."
)
@json_option
@click.pass_obj
def gc(session: Session, age: timedelta, dry_run: bool, as_json: bool) -> None:
    """Remove files that no capture refers to: of steps that failed, and of processes that were killed.

    Files written since AGE, or since the start of the oldest run in progress, are kept.
    """
    from spine.cli.counting import Counting
    from spine.storage.captures.orphans import find_orphans, remove_orphans

    with session.open_history() as project:
        application = project.application
        orphans = find_orphans(application.history, application.settings.store, older_than=age)
        if not dry_run:
            counting = Counting("files looked at", len(orphans), quiet=session.quiet)
            orphans = remove_orphans(application.settings.store, orphans, counting)
    if as_json:
        print_json([{**orphan.to_dict(), "removed": not dry_run} for orphan in orphans])
        return
    columns = ["location", "kind", "byte_count", "modified_at"]
    print_table([orphan.to_dict() for orphan in orphans], columns, "no files to remove")
    if orphans:
        size = sum(orphan.byte_count for orphan in orphans)
        what = f"{len(orphans):,} files, {size:,} bytes"
        click.echo(f"{what}: nothing was removed, this was a dry run" if dry_run else f"removed {what}")
