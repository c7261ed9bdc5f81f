"""`spine backfills resume` and `cancel`."""

from __future__ import annotations

import click

from spine.cli.output import json_option
from spine.cli.session import Session


@click.command()
@click.argument("backfill")
@json_option
@click.pass_obj
def resume(session: Session, backfill: str, as_json: bool) -> int:
    """Execute the rest of BACKFILL: runs that failed, were cancelled or stopped, and partitions without a run."""
    from spine.cli.backfill_view import follow, print_backfill

    with session.open() as project:
        found = follow(session, project, project.backfills.resume, backfill)
    print_backfill(found, as_json=as_json)
    return 0 if found["status"] == "COMPLETED" else 1


@click.command()
@click.argument("backfill")
@json_option
@click.pass_obj
def cancel(session: Session, backfill: str, as_json: bool) -> int:
    """End BACKFILL, in any process: its open runs are cancelled, and no other begins."""
    from spine.cli.backfill_view import print_backfill

    with session.open_to_stop() as project:
        found = project.backfills.cancel(backfill)
    print_backfill(found, as_json=as_json)
    return 0 if found["status"] == "CANCELLED" else 1
