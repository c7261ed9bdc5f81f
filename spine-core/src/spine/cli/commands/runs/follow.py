"""`spine runs watch` and `spine runs logs`: events and logs of a run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import click

from spine.cli.abandoned import resume_commands
from spine.cli.cells import plain
from spine.cli.moments import exact
from spine.cli.output import json_line, json_option, print_json
from spine.cli.screen import is_utc
from spine.cli.session import Session
from spine.framework.progress import StepProgress

if TYPE_CHECKING:
    from spine.project.page import Row
    from spine.project.runs import Runs

_POLL_SECONDS = 0.5
_REST = 50  # times as long as it took to count the items
_OUT_OF_ORDER = 1_000  # numbers: processes of one run commit their lines on their own


@click.command()
@click.argument("run")
@json_option
@click.pass_obj
def watch(session: Session, run: str, as_json: bool) -> int:
    """Follow RUN and its branches, in any process, until it has ended or waits; exits 1 if it did not complete."""
    from spine.cli.progress import Progress, followed
    from spine.core.clock import current_clock
    from spine.orchestration.events import event_of
    from spine.orchestration.status import WorkflowStatus

    with session.open_history() as project:
        found, last, loss = project.runs.find(run), 0, _Loss(project.runs)
        items, branches = _Items(project.runs, found["run_id"]), _Branches(project.runs, found["run_id"])
        with followed(Progress((), items)) as progress:
            while True:
                own = project.runs.events(found["run_id"], after=last)
                last = own[-1]["id"] if own else last
                events = sorted([*own, *branches.new(at_once=bool(own))], key=itemgetter("id"))
                for row in events:
                    place = (row["run_id"], row["step_id"], row["timestamp"])
                    progress.on_event(event_of(row["event_type"], row["payload"], *place))
                found = project.runs.find(found["run_id"])
                status = WorkflowStatus[found["status"]]
                if status.has_ended and not events:
                    break
                loss.tell(found)
                items.refresh()
                current_clock().wait(_POLL_SECONDS if not events else 0)
    if as_json:
        print_json(found)
    else:
        click.echo(f"{plain(found['workflow_name'])}: {found['status']}")
    return 0 if status.is_good else 1


@click.command()
@click.argument("run")
@click.option("--step", help="Only the log of this step.")
@click.option("-f", "--follow", is_flag=True, help="Show new lines until the run has ended.")
@json_option
@click.pass_obj
def logs(session: Session, run: str, step: str | None, follow: bool, as_json: bool) -> None:
    """Show the log of the steps of RUN: what they log at level INFO and above, and what they print.

    With --follow, --json prints one object on each line.
    """
    with session.open_history() as project:
        run_id = project.runs.find(run)["run_id"]
        if follow:
            shown = json_line if as_json else _line
            for line in _following(project.runs, run_id, step):
                click.echo(shown(line), file=session.stdout)
            return
        lines = project.runs.logs(run_id, step=step)
    if as_json:
        print_json(lines)
        return
    if not lines:
        click.echo("nothing was logged")
    for line in lines:
        click.echo(_line(line))


def _following(runs: Runs, run_id: str, step: str | None) -> Iterator[Row]:
    """Yield the lines of a run until it has ended, in any process."""
    from spine.core.clock import current_clock
    from spine.orchestration.status import WorkflowStatus

    shown: set[int] = set()
    has_ended, loss = False, _Loss(runs)
    while True:
        run = runs.find(run_id)
        had_ended, has_ended = has_ended, WorkflowStatus[run["status"]].has_ended
        loss.tell(run)
        after = max(shown, default=0) - _OUT_OF_ORDER
        new = [line for line in runs.logs(run_id, step=step, after=max(after, 0)) if line["id"] not in shown]
        yield from new
        shown = {number for number in shown if number > after} | {line["id"] for line in new}
        if had_ended and not new:
            return
        current_clock().wait(_POLL_SECONDS)


class _Items:
    """Numbers of the items of a run's map steps, as they are stored."""

    def __init__(self, runs: Runs, run_id: str) -> None:
        self._runs = runs
        self._run_id = run_id
        self._found: dict[str, StepProgress] = {}
        self._due = 0.0

    def refresh(self) -> None:
        """Read the numbers, less often the longer that takes."""
        begun = time.monotonic()
        if begun < self._due:
            return
        self._found = {
            row["step_name"]: StepProgress(items=row["done"], failed=row["failed"], total=row["total"])
            for row in self._runs.progress(self._run_id)
        }
        ended = time.monotonic()
        self._due = ended + max(_POLL_SECONDS, _REST * (ended - begun))

    def get(self, place: tuple[str | None, str | None]) -> StepProgress | None:
        """Return what a step of the run has done."""
        run_id, step = place
        return self._found.get(step or "") if run_id == self._run_id else None


class _Branches:
    """Events of the runs below a followed one."""

    def __init__(self, runs: Runs, run_id: str) -> None:
        self._runs = runs
        self._run_id = run_id
        self._last: dict[str, int] = {}
        self._due = 0.0

    def new(self, *, at_once: bool) -> list[Row]:
        """Return the events since the last call; none before it is time again, unless they are wanted `at_once`."""
        begun = time.monotonic()
        if begun < self._due and not at_once:
            return []
        after = max(max(self._last.values(), default=0) - _OUT_OF_ORDER, 0)
        found = self._runs.events_below(self._run_id, after=after, limit=2 * _OUT_OF_ORDER)
        new = [row for row in found if row["id"] > self._last.get(row["run_id"], 0)]
        self._last.update((row["run_id"], row["id"]) for row in new)
        ended = time.monotonic()
        self._due = ended + _REST * (ended - begun)
        return new


class _Loss:
    """Notice that the process of a followed run has ended, on stderr, once for each process."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._told: str | None = None

    def tell(self, run: Row) -> None:
        """Print the notice for a run that no process executes; it is followed on, as a scheduler may resume it."""
        if run["lease_owner"] == self._told or not self._runs.is_abandoned(run):
            return
        self._told = run["lease_owner"]
        resume = next(resume_commands([{**run, "is_abandoned": True}]))
        click.echo(f"its process has ended: {resume}, unless a scheduler does", err=True)


def _line(line: dict[str, Any]) -> str:
    place = f"{line['step_name']}#{line['attempt']}" if line["step_name"] else ""
    return f"{exact(line['timestamp'], utc=is_utc())}  {line['level']:7}  {place}  {plain(line['message'])}"
