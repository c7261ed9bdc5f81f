"""`spine status`: the state of the project on one screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from spine.cli.abandoned import resume_commands, state_of_run
from spine.cli.cells import cut_end, plain
from spine.cli.incident_view import ending
from spine.cli.output import json_option, print_json, print_table, shown_id, shown_time
from spine.cli.schedule_view import no_scheduler
from spine.cli.screen import on_stdout
from spine.cli.session import Session
from spine.cli.table import field_lines, style_of
from spine.core.plain_text import counted

_CELLS = {
    "COMPLETED": "✓",
    "PARTIAL": "~",
    "FAILED": "✗",
    "CRASHED": "✗",
    "CANCELLED": "-",
    "RUNNING": "▶",
}
_OTHER_CELL = "·"  # of a run that waits
_LISTED = 3
_LONGEST_ERROR = 200


@click.command()
@json_option
@click.pass_obj
def status(session: Session, as_json: bool) -> None:
    """Show the state of the project: workflows, runs, and what is to be done.

    Each workflow has its last ten runs, the newest at the right: ✓ completed, ~ partly, ✗ failed, ▶ runs, - cancelled,
    · waits. `spine` alone does the same inside a project.
    """
    with session.open_history() as project:
        found = project.overview()
    if as_json:
        print_json(found)
        return
    if session.has_faults:
        empty = "no workflows, as the settings or the modules have the fault above"
    else:
        empty = "no workflows: register one in a module that [spine] modules names"
    print_table([_row(workflow) for workflow in found["workflows"]], ["workflow", "runs", *_COLUMNS], empty)
    if found["running"]:
        click.echo()
        print_table([_run(run) for run in found["running"]], ["run", "runs now", "partition", "state", "started"], "")
        if (more := found["open_runs"] - len(found["running"])) > 0:
            click.echo(f"{counted(more, 'older open run')} more: spine runs list --open")
    facts = list(_facts(found))
    if facts:
        click.echo()
    for line in field_lines(facts, on_stdout(), _style):
        click.echo(line)


_COLUMNS = ["status", "last start", "next"]


def _row(workflow: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of a workflow."""
    last = workflow["last"]
    newest = last[0] if last else None
    return {
        "workflow": workflow["name"],
        "runs": "".join(_CELLS.get(run["status"], _OTHER_CELL) for run in reversed(last)),
        "status": newest["status"] if newest else "never ran",
        "last start": newest["started_at"] if newest else None,
        "next": f"overdue: {_moment(workflow['next_run_at'])}" if workflow["is_overdue"] else workflow["next_run_at"],
    }


def _failure(workflow: Mapping[str, Any]) -> str:
    """Return since when a workflow fails, with the newest error."""
    count = workflow["failed_runs"]
    runs = f", {count} runs" if count > 1 else ""
    name, since = plain(workflow["name"]), _moment(workflow["failing_since"])
    error = cut_end(plain(workflow["error"]), _LONGEST_ERROR)
    return f"{name} since {since}{runs}: {error}: spine runs show {shown_id(workflow['failed_run'])}"


def _run(run: Mapping[str, Any]) -> dict[str, Any]:
    state = "process gone" if run["is_abandoned"] else state_of_run(run)
    shown = {"run": run["run_id"], "runs now": run["workflow_name"], "partition": run["partition_key"]}
    return {**shown, "state": state, "started": run["started_at"]}


def _facts(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what concerns the whole project, each with the command to type if something is to be done."""
    for workflow in found["workflows"]:
        if workflow["failing_since"] is not None:
            yield "failing", _failure(workflow)
    yield from _backfills(found)
    backfills = {backfill["id"] for backfill in found["backfills"]}
    gone = [run for run in found["abandoned"] if run["backfill_id"] not in backfills]
    if gone:
        yield "runs", f"warning: {counted(len(gone), 'run')} without a process: {', then '.join(resume_commands(gone))}"
    yield from _services(found)
    incidents = found["incidents"]
    for alert in incidents[:_LISTED]:
        title = f"{alert['severity']}: {plain(alert['title'])}, {_moment(alert['created_at'])}"
        yield "incident", f"{title}; {ending(alert)}: spine alerts show {shown_id(alert['id'])}"
    if (more := found["open_incidents"] - len(incidents[:_LISTED])) > 0:
        yield "incidents", f"{more:,} more open: spine alerts list --open"
    if found["unsent"]:
        yield "alerts", f"warning: {found['unsent']} not delivered: spine alerts list --unsent"
    if found["overdue"]:
        yield "alerts", f"warning: {found['overdue']} overdue, as no process delivers: spine alerts flush"
    if found["stale"]:
        in_turn = f"; and in turn: {_few(found['stale_in_turn'])}" if found["stale_in_turn"] else ""
        yield "captures", f"warning: stale: {_few(found['stale'])}{in_turn}: spine captures stale"


def _backfills(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the backfills that are not complete; resuming one also resumes its runs without a process."""
    if not found["backfills"]:
        return
    from spine.cli.backfill_view import counts_of, state_of

    for backfill in found["backfills"][:_LISTED]:
        resume = f"spine backfills resume {shown_id(backfill['id'])}"
        if backfill["status"] == "FAILED":
            resume += ", or give it up: spine backfills cancel"
        name = plain(backfill["workflow_name"])
        yield "backfill", f"warning: {name}: {state_of(backfill)}, {counts_of(backfill)}: {resume}"
    if (more := len(found["backfills"]) - _LISTED) > 0:
        yield "backfills", f"{more:,} more are not complete: spine backfills list"


def _services(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    active, alive = len(found["active_schedules"]), len(found["schedulers"])
    for row in found["ill_schedulers"][:_LISTED]:
        why = cut_end(plain(row["last_error"]), _LONGEST_ERROR)
        yield "scheduler", f"warning: {plain(row['process'])} is not well: {why}: spine scheduler run --status"
    if alive and found["overdue_schedules"]:
        names = _few(found["overdue_schedules"])
        yield "scheduler", f"warning: {alive} alive, and overdue: {names}: spine scheduler run --status"
    elif found["outdated_schedulers"]:
        old = found["outdated_schedulers"]
        process, file = plain(old[0]["process"]), plain(old[0]["file"])
        which = process if len(old) == 1 else f"{len(old)} of this machine, such as {process},"
        counts = f"{alive} alive, " if alive else ""
        yield "scheduler", f"warning: {counts}{which} started before {file} was changed: restart {_it(len(old))}"
    elif alive and not found["ill_schedulers"]:
        yield "scheduler", f"ok: {alive} alive, {counted(active, 'active schedule')}"
    elif active and not alive and not found["ill_schedulers"]:
        overdue = f", {len(found['overdue_schedules'])} overdue" if found["overdue_schedules"] else ""
        schedules = f"{counted(active, 'active schedule')}{overdue}"
        yield "scheduler", f"warning: {no_scheduler(found['scheduler_seen_at'])}, {schedules}: spine scheduler run"
    yield from _workers(found)


def _it(count: int) -> str:
    return "it" if count == 1 else "them"


def _workers(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    alive, waiting = len(found["workers"]), counted(found["waiting_for_worker"], "run")
    if not alive:
        if found["waiting_for_worker"]:
            yield "workers", f"warning: none alive, {waiting} in queues: spine worker run"
        return
    for row in found["stranded"][:_LISTED]:
        runs, queue = f"{counted(row['runs'], 'run')} of {plain(row['workflow_name'])}", plain(row["queue"])
        if row["lacks"] == "queue":
            lack = f"in queue {queue}, which none takes: spine worker run --queues {queue}"
        else:
            lack = f"in queues, whose code none has: spine runs list --workflow {plain(row['workflow_name'])}"
        yield "workers", f"warning: {alive} alive, {runs} {lack}"
    if (more := len(found["stranded"]) - _LISTED) > 0:
        yield "workers", f"{more:,} more workflows have runs that none takes: spine doctor"
    if not found["stranded"]:
        yield "workers", f"ok: {alive} alive, {waiting} in queues"


def _few(names: Sequence[str]) -> str:
    return ", ".join(map(plain, names[:_LISTED])) + (", ..." if len(names) > _LISTED else "")


def _moment(value: Any) -> str:
    return shown_time(value) if value is not None else ""


def _style(name: str, text: str) -> dict[str, Any]:
    return style_of("failed" if name == "failing" else text)
