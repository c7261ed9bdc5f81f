"""`spine runs watch` and `spine runs logs`: events and logs of a run."""

from __future__ import annotations

from typing import Any

import click

from spine.cli.output import cell, json_option, plain, print_json
from spine.cli.session import Session

_POLL_SECONDS = 0.5


@click.command()
@click.argument("run")
@json_option
@click.pass_obj
def watch(session: Session, run: str, as_json: bool) -> int:
    """Follow RUN, in any process, until it has ended or waits; exits 1 if it did not complete."""
    from spine.cli.progress import Progress
    from spine.core.clock import current_clock
    from spine.orchestration.events import event_of
    from spine.orchestration.status import WorkflowStatus

    with session.open_history() as project:
        found, last = project.runs.find(run), 0
        progress = Progress([])
        while True:
            events = project.runs.events(found["run_id"], after=last)
            for row in events:
                last = row["id"]
                place = (row["run_id"], row["step_id"], row["timestamp"])
                progress.on_event(event_of(row["event_type"], row["payload"], *place))
            found = project.runs.find(found["run_id"])
            status = WorkflowStatus[found["status"]]
            if status.has_ended and not events:
                break
            current_clock().wait(_POLL_SECONDS if not events else 0)
    if as_json:
        print_json(found)
    else:
        click.echo(f"{found['workflow_name']}: {found['status']}")
    return 0 if status.is_good else 1


@click.command()
@click.argument("run")
@click.option("--step", help="Only the log of this step.")
@json_option
@click.pass_obj
def logs(session: Session, run: str, step: str | None, as_json: bool) -> None:
    """Show the log of the steps of RUN, at level INFO and above."""
    with session.open_history() as project:
        found = project.runs.find(run)
        lines = project.runs.logs(found["run_id"], step=step)
    if as_json:
        print_json(lines)
        return
    if not lines:
        click.echo("nothing was logged")
    for line in lines:
        click.echo(_line(line))


def _line(line: dict[str, Any]) -> str:
    place = f"{line['step_name']}#{line['attempt']}" if line["step_name"] else ""
    return f"{cell(line['timestamp'])}  {line['level']:7}  {place}  {plain(line['message'])}"
