"""`spine captures diff`: the differences between two revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from spine.cli.assignments import params_option
from spine.cli.cells import plain
from spine.cli.output import as_written, json_option, print_json, print_table
from spine.cli.session import Session

if TYPE_CHECKING:
    from spine.framework.captures.diff import CaptureDiff


@click.command()
@click.argument("name")
@click.argument("old", type=click.IntRange(1), required=False)
@click.argument("new", type=click.IntRange(1), required=False)
@click.option("--key", multiple=True, metavar="COLUMN", help="Column that identifies a row. May be repeated.")
@params_option("A part of the partition. May be repeated.")
@json_option
@click.pass_obj
def diff(
    session: Session,
    name: str,
    old: int | None,
    new: int | None,
    key: tuple[str, ...],
    params: dict[str, Any],
    as_json: bool,
) -> None:
    """Show what changed in capture NAME from revision OLD to NEW, by default in the current revision.

    With --key, rows with the same key are compared; without, a changed row is one removed and one added.
    """
    with session.open_history() as project:
        found = project.captures.diff(name, old, new, key=list(key), partition=params or None)
    if as_json:
        print_json(found.to_dict())
    else:
        _print(found, name)


def _print(found: CaptureDiff, name: str) -> None:
    click.echo(f"{plain(name)}: revision {found.old.revision} to {found.new.revision}")
    if found.is_empty:
        click.echo("no differences")
        return
    counts = f"{found.added:,} rows added, {found.removed:,} removed, {found.changed:,} changed"
    click.echo(f"{counts}, {found.unchanged:,} unchanged")
    if found.schema:
        click.echo()
        print_table([change.to_dict() for change in found.schema], ["column", "old", "new"], "")
    for kind, count in (("added", found.added), ("removed", found.removed), ("changed", found.changed)):
        rows = found.samples[kind]
        if not rows:
            continue
        click.echo(f"\n{kind}{f' (the first {len(rows)} of {count:,})' if len(rows) < count else ''}:")
        shown = [_as_change(row) for row in rows] if kind == "changed" else rows
        print_table(as_written(shown), list(dict.fromkeys(name for row in shown for name in row)), "", is_data=True)


def _as_change(row: Any) -> dict[str, Any]:
    return {name: f"{value[0]} -> {value[1]}" if isinstance(value, list) else value for name, value in row.items()}
