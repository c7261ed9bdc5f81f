"""`spine captures verify`, `gc` and `forget`: the files of captures, and old revisions."""

from __future__ import annotations

from datetime import timedelta

import click

from spine.cli.ages import age_of
from spine.cli.cells import plain
from spine.cli.output import json_option, print_json, print_table
from spine.cli.session import Session


def _age(ctx: click.Context, parameter: click.Parameter, text: str | None) -> timedelta | None:
    return None if text is None else age_of(ctx, parameter, text)


@click.command()
@click.argument("name", required=False)
@json_option
@click.pass_obj
def verify(session: Session, name: str | None, as_json: bool) -> int:
    """Read the files of all captures, or of capture NAME, in full; exit 1 if one is missing or damaged."""
    from spine.cli.counting import counted_progress
    from spine.framework.captures.verify import verify_captures

    with session.open_history() as project, counted_progress(quiet=session.quiet) as counting:
        found = project.captures.list(name)
        sizes = {capture.location: capture.byte_count for capture in found}
        counting.begin("verified", sum(sizes.values()), in_bytes=True)
        damaged = verify_captures(project.application.payloads, found, counting)
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


@click.command()
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
    from spine.cli.counting import counted_progress
    from spine.storage.captures.orphans import find_orphans, remove_orphans

    with session.open_history() as project, counted_progress(quiet=session.quiet) as counting:
        application = project.application
        orphans = find_orphans(application.history, application.payloads, older_than=age)
        if not dry_run:
            orphans = remove_orphans(application.payloads, orphans, counting.begin("files looked at", len(orphans)))
    if as_json:
        print_json([{**orphan.to_dict(), "removed": not dry_run} for orphan in orphans])
        return
    columns = ["location", "kind", "byte_count", "modified_at"]
    print_table([orphan.to_dict() for orphan in orphans], columns, "no files to remove")
    if orphans:
        size = sum(orphan.byte_count for orphan in orphans)
        what = f"{len(orphans):,} files, {size:,} bytes"
        click.echo(f"{what}: nothing was removed, this was a dry run" if dry_run else f"removed {what}")


@click.command()
@click.argument("name")
@click.option("--keep", type=click.IntRange(1), help="Keep so many of the newest revisions of each partition.")
@click.option("--older-than", "age", callback=_age, metavar="AGE", help="Keep what was captured since, such as 400d.")
@click.option("--dry-run", is_flag=True, help="Only list.")
@json_option
@click.pass_obj
def forget(session: Session, name: str, keep: int | None, age: timedelta | None, dry_run: bool, as_json: bool) -> None:
    """Forget old revisions of capture NAME; `gc` removes their files an hour after they were written.

    The current revision of each partition is kept, and so are revisions that other captures were made from, and those
    of open runs and alerts.
    """
    if keep is None and age is None:
        raise click.UsageError("say what to keep: --keep NUMBER, --older-than AGE, or both")
    with session.open() as project:
        found = project.captures.forget(name, keep=keep, older_than=age, dry_run=dry_run)
    if as_json:
        print_json([{**capture.to_dict(), "forgotten": not dry_run} for capture in found])
        return
    rows = [{**capture.to_dict(), "partition": dict(capture.partition)} for capture in found]
    columns = ["name", "partition", "revision", "row_count", "byte_count", "captured_at"]
    print_table(rows, columns, f"no revision of {plain(name)} to forget")
    if found:
        what = f"{len(found):,} {'revision' if len(found) == 1 else 'revisions'}"
        click.echo(f"{what}: nothing was forgotten, this was a dry run" if dry_run else f"forgot {what}")
