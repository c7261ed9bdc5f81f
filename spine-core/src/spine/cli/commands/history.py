"""`spine history`: retention of the history."""

from __future__ import annotations

from datetime import timedelta

import click

from spine.cli.ages import age_of
from spine.cli.moments import exact
from spine.cli.output import json_option, print_json, print_table
from spine.cli.screen import is_utc
from spine.cli.session import Session


@click.group()
def history() -> None:
    """Retention of the history."""


@history.command()
@click.option("--older-than", "age", required=True, callback=age_of, metavar="AGE", help="Such as 90d, 12w or 48h.")
@click.option("--dry-run", is_flag=True, help="Only count.")
@json_option
@click.pass_obj
def prune(session: Session, age: timedelta, dry_run: bool, as_json: bool) -> None:
    """Delete history that ended longer ago than AGE, except what captures and open alerts refer to."""
    from spine.cli.counting import counted_progress
    from spine.storage.clock import StoreClock
    from spine.storage.retention import prune as prune_history

    with session.open() as project, counted_progress(quiet=session.quiet) as counting:
        history = project.application.history
        before = StoreClock(history.adapter).now() - age
        deleted = prune_history(history, before, dry_run=dry_run, progress=counting.reach)
    rows = [{"table": table, "rows": count} for table, count in deleted.items()]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ["table", "rows"], "")
        what = f"what ended before {exact(before, utc=is_utc())}"
        click.echo(f"nothing was deleted: this was a dry run for {what}" if dry_run else f"deleted {what}")
