"""`spine backfill`: run many partitions of a workflow."""

from __future__ import annotations

from typing import Any

import click

from spine.cli.assignments import params_option
from spine.cli.output import json_option
from spine.cli.session import Session


def _only(_ctx: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item in given:
        name, separator, value = item.partition("=")
        if not separator or not name:
            raise click.BadParameter(f"{item!r} is not key=value")
        found.setdefault(name, []).append(value)
    return found


@click.command()
@click.argument("workflow")
@click.option("--from", "since", metavar="DATE", help="From the partition with this date (default: the first one).")
@click.option("--to", "until", metavar="DATE", help="To the partition with this date (default: the last complete one).")
@click.option("--missing", is_flag=True, help="Those that have no run (the default).")
@click.option("--failed", is_flag=True, help="Those whose last run failed or was cancelled.")
@click.option("--all", "every", is_flag=True, help="All of the range.")
@click.option("--only", multiple=True, metavar="KEY=VALUE", callback=_only, help="Only this listed value; repeatable.")
@click.option("--max-parallel", type=click.IntRange(1, 1000), metavar="N", help="At most N runs at once.")
@click.option(
    "--order", type=click.Choice(["oldest", "newest"]), default="oldest", show_default=True, help="Start here."
)
@params_option("A parameter of every run; key:=json for anything but text. May be repeated.")
@click.option("--dry-run", is_flag=True, help="Show the partitions, and run nothing.")
@json_option
@click.pass_obj
def backfill(
    session: Session,
    workflow: str,
    since: str | None,
    until: str | None,
    missing: bool,
    failed: bool,
    every: bool,
    only: dict[str, list[str]],
    max_parallel: int | None,
    order: str,
    params: dict[str, Any],
    dry_run: bool,
    as_json: bool,
) -> int:
    """Run many partitions of WORKFLOW, a number of them at once, with the executor of the scheduler.

    The partitions are chosen once and recorded. A partition that another run has open is waited for. Ctrl-C and SIGTERM
    park the runs; the backfill continues with spine backfills resume. Exits with 1 if a partition failed.
    """
    from spine.cli.backfill_view import follow, print_backfill, print_plan
    from spine.scheduling.backfill import BackfillOptions, Choice, Order

    asked = {Choice.MISSING: missing, Choice.FAILED: failed, Choice.ALL: every}
    choices = tuple(choice for choice, is_asked in asked.items() if is_asked) or (Choice.MISSING,)
    with session.open() as project:
        workers = max_parallel or project.application.settings.scheduler.workers
        options = BackfillOptions(choices, workers, Order(order))
        planned = project.backfills.plan(workflow, options, since, until, only=only, params=params)
        if not dry_run and planned.partitions:
            found = follow(session, project, project.backfills.run, planned)
    if dry_run or not planned.partitions:
        print_plan(planned, as_json=as_json)
        return 0
    print_backfill(found, as_json=as_json)
    return 0 if found["status"] == "COMPLETED" else 1
