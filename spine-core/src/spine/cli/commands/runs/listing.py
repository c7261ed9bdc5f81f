"""`spine runs list` and `show`: past and present runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import click

from spine.cli.abandoned import resume_commands, state_of_run
from spine.cli.ages import age_of
from spine.cli.assignments import assignments
from spine.cli.cells import plain
from spine.cli.enum_choice import EnumChoice
from spine.cli.failure_view import failure_lines, last_lines
from spine.cli.output import cell, json_option, print_fields, print_json, print_table, seconds, shown_id
from spine.cli.quality_view import print_quality
from spine.cli.session import Session
from spine.core.ids import trace_id_of
from spine.orchestration.lease import PROCESS_GONE

_STATUS = EnumChoice("spine.orchestration.status:WorkflowStatus")


def _age(ctx: click.Context, parameter: click.Parameter, text: str | None) -> timedelta | None:
    return None if text is None else age_of(ctx, parameter, text)


@click.command("list")
@click.option("--workflow", help="Only runs of this workflow.")
@click.option("--status", type=_STATUS, help="Only runs of this status.")
@click.option("--failed", is_flag=True, help="Only runs that failed or crashed.")
@click.option("--open", "only_open", is_flag=True, help="Only runs that have not ended.")
@click.option("--since", callback=_age, metavar="AGE", help="Only runs that started in this time: 2d, 12h or 30m.")
@click.option("--schedule", metavar="NAME", help="Only runs of this schedule.")
@click.option(
    "--partition",
    multiple=True,
    metavar="KEY=VALUE",
    callback=lambda _ctx, _parameter, values: assignments(values),
    help="Only runs of partitions with this value. May be repeated.",
)
@click.option(
    "--sort",
    type=click.Choice(["started", "duration"]),
    default="started",
    show_default=True,
    help="The newest first, or the longest.",
)
@click.option("--before", metavar="RUN", help="Only runs older than this one: the next page.")
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@json_option
@click.pass_obj
def list_(
    session: Session,
    workflow: str | None,
    status: str | None,
    failed: bool,
    only_open: bool,
    since: timedelta | None,
    schedule: str | None,
    partition: dict[str, Any],
    sort: str,
    before: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List runs, the newest first.

    A run took the time from its start to its end; of one that was resumed, with the time in which it did not run.
    """
    if (status is not None) + failed + only_open > 1:
        raise click.UsageError("give one of --status, --failed and --open")
    if before is not None and sort != "started":
        raise click.UsageError("--before is a page of the runs sorted by their start")
    from spine.orchestration.status import WorkflowStatus

    wanted: str | list[str] | None = status
    if failed or only_open:
        wanted = [each.name for each in WorkflowStatus if (each.has_failed if failed else each.is_open)]
    with session.open_history(with_modules=False) as project:
        listed = project.runs.list(
            workflow=workflow,
            status=wanted,
            before=before,
            since=None if since is None else project.now() - since,
            schedule=schedule,
            partition=partition,
            by_duration=sort == "duration",
            limit=limit,
        )
        found = [{**row, "is_abandoned": project.runs.is_abandoned(row)} for row in listed.rows]
    if as_json:
        print_json(found)
        return
    is_filtered = any(given is not None for given in (workflow, wanted, since, schedule, before)) or partition
    print_runs(found, "no run matches" if is_filtered else "no runs yet: start one with spine run WORKFLOW")
    for number, command in enumerate(resume_commands(found)):
        click.echo(f"{'then' if number else 'resume'}: {command}")
    if listed.next is not None and not session.quiet:
        last = shown_id(listed.next)
        click.echo(
            f"... there are more (--before {last}, or -n {10 * limit})" if sort == "started" else "...", err=True
        )


def print_runs(runs: Sequence[Mapping[str, Any]], empty: str) -> None:
    """Print runs as a table."""
    shown = [
        {
            **row,
            "run": row["run_id"],
            "workflow": row["workflow_name"],
            "status": state_of_run(row),
            "partition": row["partition_key"],
            "started": row["started_at"],
            "took": seconds(row["duration_ms"]),
        }
        for row in runs
    ]
    columns = ["run", "workflow", "partition", "status", "outcome", "started", "took"]
    wide = ["triggered_by", "parent_run_id", "params", "error_step", "error"]
    print_table(shown, columns, empty, wide=wide)


@click.command()
@click.argument("run")
@click.option("--traceback", is_flag=True, help="Show the whole traceback of each failure.")
@json_option
@click.pass_obj
def show(session: Session, run: str, traceback: bool, as_json: bool) -> None:
    """Show one RUN: an id, a part of one, or `latest`.

    For a failure it shows the place in your code and that line.
    """
    from spine.orchestration.status import WorkflowStatus

    with session.open_history(with_modules=False) as project:
        found = project.runs.find(run)
        run_id = found["run_id"]
        parts: dict[str, list[dict[str, Any]]] = {
            "steps": project.runs.steps(run_id),
            "fetches": project.runs.fetches(run_id),
            "captures": project.runs.captures(run_id),
            "rejects": project.runs.rejects(run_id),
            "quality": project.runs.quality(run_id),
            "items": project.runs.items(run_id),
            "failed_items": project.runs.failed_items(run_id),
            "children": project.runs.children(run_id) if as_json else project.runs.descendants(run_id),
        }
        events = project.runs.events(run_id) if as_json else []
        found = {**found, "is_abandoned": project.runs.is_abandoned(found), "waits_for": project.runs.waits_for(found)}
        was_resumed = not as_json and project.runs.was_resumed(run_id)
        has_failed = WorkflowStatus[found["status"]].has_failed and not as_json
        failed = [step for step in parts["steps"] if step["failure"] is not None] if has_failed else ()
        logged = {step["step_name"]: last_lines(project.runs, run_id, step["step_name"]) for step in failed}
    if as_json:
        print_json({**found, "trace_id": trace_id_of(run_id), **parts, "events": events})
    else:
        _print_run(found, parts, was_resumed=was_resumed)
        if found["is_abandoned"]:
            click.echo(f"\nits process has ended: {next(resume_commands([found]))}")
        _print_failures(parts["steps"], logged, whole=traceback or session.debug)
        status = WorkflowStatus[found["status"]]
        if status.has_failed:
            from spine.cli.run_report import next_commands

            click.echo()
            maps = list(dict.fromkeys(item["step_name"] for item in parts["failed_items"]))
            logged_steps = [step for step, lines in logged.items() if lines]
            for line in list(next_commands(run_id, status, logged_steps, maps))[1:]:
                click.echo(line)


def _print_run(run: dict[str, Any], parts: dict[str, list[dict[str, Any]]], *, was_resumed: bool) -> None:
    state = f"{run['status']} ({run['outcome']})" if run["outcome"] else state_of_run(run)
    print_fields(
        {
            "run": run["run_id"],
            "workflow": f"{run['workflow_name']} (version {run['workflow_version']})",
            "status": state,
            "partition": run["partition_key"] or None,
            "params": run["params"] or None,
            "started" if run["fence"] else "created": run["started_at"],  # the first to execute it raises the fence
            "duration": _duration(run, was_resumed=was_resumed) or None,
            "triggered by": run["triggered_by"],
            "parent": run["parent_run_id"],
            "waits until": run["wake_at"],
            "waits for": run["waits_for"],
            "error": run["error"] and f"{run['error_step']}: {plain(run['error'])} [{run['error_category']}]",
        }
    )
    click.echo()
    columns = ["step_name", "step_type", "attempt", "status", "began", "duration", "row_count", "error"]
    print_table(timeline(run, parts["steps"]), columns, "no steps")
    if parts["children"]:
        from spine.cli.run_tree import tree_rows

        click.echo()
        columns = ["runs below", "run", "partition", "status", "took", "error"]
        print_table(tree_rows(run["run_id"], parts["children"]), columns, "")
    sections = {
        "items": ["step_name", "status", "items"],
        "failed_items": ["step_name", "item_index", "item", "attempt", "error_type", "error"],
        "fetches": ["source_name", "status", "record_count", "byte_count", "content_hash", "source_locator", "error"],
        "captures": ["name", "partition_key", "revision", "row_count", "byte_count", "step_name", "content_hash"],
        "rejects": ["source_name", "location", "line_number", "reason", "raw"],
    }
    for title, columns in sections.items():
        if parts[title]:
            click.echo(f"\n{title}")
            print_table(parts[title], columns, "")
    if parts["quality"]:
        click.echo("\nquality")
        print_quality(parts["quality"])


def _print_failures(steps: list[dict[str, Any]], logged: Mapping[str, Sequence[str]], *, whole: bool) -> None:
    """Print the failures with their places in the code, and below the last attempt of a step what it logged."""
    failures = {(step["step_name"], step["attempt"]): step["failure"] for step in steps if step["failure"] is not None}
    for (name, attempt), failure in failures.items():
        click.echo(f"\n{plain(name)}, attempt {cell(attempt)}")
        is_last = (name, attempt + 1) not in failures
        for line in (*failure_lines(failure, whole=whole), *(logged.get(name, ()) if is_last else ())):
            click.echo(f"  {plain(line)}")


def timeline(run: dict[str, Any], steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the attempts, each with its start counted from the run's start and its error with the category."""
    return [
        {
            **step,
            "began": _since(run["started_at"], step["started_at"]),
            "duration": _attempt_duration(step),
            "error": " ".join(part for part in (_category(step), step["error"]) if part),
        }
        for step in steps
    ]


def _duration(run: dict[str, Any], *, was_resumed: bool) -> str:
    took = seconds(run["duration_ms"])
    return f"{took} from start to end, with the time in which no process ran it" if took and was_resumed else took


def _attempt_duration(step: dict[str, Any]) -> str:
    """Return the duration of an attempt; of one that was interrupted, only that it is not longer is known."""
    took = seconds(step["duration_ms"])
    return f"up to {took}" if took and step["error"] == PROCESS_GONE else took


def _category(step: dict[str, Any]) -> str:
    return f"[{step['error_category']}]" if step["error_category"] else ""


def _since(start: datetime | None, moment: datetime | None) -> str:
    return f"+{seconds(max(round((moment - start).total_seconds() * 1000), 0))}" if start and moment else ""
