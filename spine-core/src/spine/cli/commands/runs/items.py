"""`spine runs items`: the items of a map step."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import click

from spine.cli.output import json_line, json_option, print_json_rows, print_table, seconds
from spine.cli.session import Session

if TYPE_CHECKING:
    from spine.project.page import Page, Row

_LONGEST = 60  # characters of a result


@click.command()
@click.argument("run")
@click.argument("step", required=False)
@click.option("--failed", is_flag=True, help="Only items that failed.")
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@click.option("--after", type=click.IntRange(-1), default=-1, metavar="INDEX", help="Only those after this one.")
@json_option
@click.pass_obj
def items(session: Session, run: str, step: str | None, failed: bool, limit: int, after: int, as_json: bool) -> None:
    """List the items of a map STEP of RUN, in their order; STEP may be left out if it is the only one.

    A page of any size takes the same memory.
    """
    with session.open_history() as project, redirect_stdout(session.stdout):
        run_id = project.runs.find(run)["run_id"]
        step = project.runs.map_step(run_id, step)
        pages = project.runs.item_pages(run_id, step, failed=failed, after=after, limit=limit)
        if as_json:
            print_json_rows(row for page in pages for row in page)
            return
        following = _print_pages(pages, "no item failed" if failed else "no item has ended")
        if following is not None:
            options = " --failed" if failed else ""
            click.echo(f"next page: spine runs items {run} {step}{options} --after {following}")


def _print_pages(pages: Iterable[Page], empty: str) -> str | None:
    """Print a table of each page, and return the `after` of the one that follows."""
    columns = ["index", "item", "status", "attempt", "duration", "result", "error"]
    page = None
    for page in pages:
        print_table([_shown(row) for row in page], columns, empty)
    if page is None:
        click.echo(empty)
        return None
    return page.next


def _shown(row: Row) -> dict[str, Any]:
    took = row["completed_at"] - row["started_at"]
    return {
        "index": row["item_index"],
        "item": row["item"],
        "status": row["status"],
        "attempt": row["attempt"],
        "duration": seconds(round(took.total_seconds() * 1000)),
        "result": None if row["output"] is None else json_line(row["output"])[:_LONGEST],
        "error": row["error"],
    }
