"""`spine backfills list` and `show`."""

from __future__ import annotations

import click

from spine.cli.output import json_option, print_json, print_table, shown_id
from spine.cli.session import Session


@click.command("list")
@click.option("--workflow", help="Only backfills of this workflow.")
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@json_option
@click.pass_obj
def list_(session: Session, workflow: str | None, limit: int, as_json: bool) -> None:
    """List backfills, the newest first; PENDING ones are not complete, and no process executes them."""
    from spine.cli.backfill_view import state_of
    from spine.scheduling.backfill import BackfillCounts, BackfillStatus

    with session.open_history() as project:
        found = project.backfills.list(workflow, limit=limit)
    if as_json:
        print_json(found)
        return
    columns = ["id", "workflow_name", "status", "done", "failed", "created_at"]
    shown = [
        {
            **row,
            **row["counts"],
            "status": state_of(row),
            "done": f"{BackfillCounts(**row['counts']).done:,} of {row['counts']['total']:,}",
        }
        for row in found
    ]
    print_table(shown, columns, "no backfills yet: start one with spine backfill WORKFLOW")
    left = [row["id"] for row in found if row["status"] == BackfillStatus.PENDING.value]
    if left:
        click.echo(f"resume: spine backfills resume {shown_id(left[0])}")


@click.command()
@click.argument("backfill")
@json_option
@click.pass_obj
def show(session: Session, backfill: str, as_json: bool) -> None:
    """Show one BACKFILL and its runs: an id, a part of one, or `latest`."""
    from spine.cli.backfill_view import print_backfill

    with session.open_history() as project:
        found = project.backfills.find(backfill)
    print_backfill(found, as_json=as_json, with_runs=True)
