"""`spine captures list` and `show`: revisions of captures."""

from __future__ import annotations

from typing import Any

import click

from spine.cli.assignments import params_option
from spine.cli.cells import plain
from spine.cli.output import json_option, print_fields, print_json, print_table
from spine.cli.quality_view import print_quality
from spine.cli.session import Session


@click.command("list")
@click.argument("name", required=False)
@click.option("-n", "--limit", type=click.IntRange(1), default=100, show_default=True, help="At most so many.")
@json_option
@click.pass_obj
def list_(session: Session, name: str | None, limit: int, as_json: bool) -> None:
    """List the newest revisions of all captures, or of capture NAME."""
    with session.open_history() as project:
        found = project.captures.list(name, limit=limit + 1)
    oldest = min(found, key=lambda capture: capture.captured_at) if len(found) > limit else None
    rows = [capture.to_dict() for capture in found if capture is not oldest]
    if as_json:
        print_json(rows)
    else:
        shown = [{**row, "partition": row["partition_key"]} for row in rows]
        columns = ["name", "partition", "revision", "row_count", "byte_count", "captured_at", "run_id"]
        print_table(shown, columns, f"no captures called {plain(name)}" if name else "no captures yet")
        if oldest is not None and not session.quiet:
            click.echo(f"... there are older ones (-n {10 * limit} shows more)", err=True)


@click.command()
@click.argument("name")
@params_option("A part of the partition. May be repeated.")
@click.option("--revision", type=click.IntRange(1), help="Which revision (default: the current one).")
@json_option
@click.pass_obj
def show(session: Session, name: str, params: dict[str, Any], revision: int | None, as_json: bool) -> None:
    """Show one revision of capture NAME: its columns, hash and checks."""
    with session.open_history() as project:
        capture = project.captures.read(name, partition=params or None, revision=revision).capture
        file = str(project.application.payloads.place(capture.location))
        quality = project.captures.quality(capture)
    row = {**capture.to_dict(), "file": file, "quality": quality}
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
