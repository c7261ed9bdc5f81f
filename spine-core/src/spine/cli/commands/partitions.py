"""`spine partitions`: the partitions of a workflow."""

from __future__ import annotations

from collections import Counter

import click

from spine.cli.output import json_option, print_json, print_table
from spine.cli.session import Session
from spine.core.plain_text import counted


@click.command()
@click.argument("workflow")
@click.option("--since", metavar="DATE", help="From the partition with this date (default: the first one).")
@click.option("--until", metavar="DATE", help="To the partition with this date (default: the newest complete one).")
@json_option
@click.pass_obj
def partitions(session: Session, workflow: str, since: str | None, until: str | None, as_json: bool) -> None:
    """Show the partitions of WORKFLOW, each with the state of its last run.

    The first one is the declared start, or the earliest that has a run. A stale one was completed by another version
    of the workflow.
    """
    with session.open() as project:
        rows = project.partitions.list(workflow, since, until)
    if as_json:
        print_json([{**row, "state": row["state"].value} for row in rows])
        return
    names = list(rows[0]["partition"]) if rows else []
    shown = [{**row["partition"], **row, "state": row["state"].value} for row in rows]
    empty = "no partition is complete, and none has a run: give the range with --since and --until"
    print_table(shown, [*names, "state", "run_id", "completed_at"], empty)
    if rows:
        counts = Counter(row["state"].value for row in rows)
        states = ", ".join(f"{number:,} {state}" for state, number in counts.items())
        click.echo(f"{counted(len(rows), 'partition')}: {states}")
