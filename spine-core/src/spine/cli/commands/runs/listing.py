"""`spine runs list` and `show`: past and present runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from spine.cli.enum_choice import EnumChoice
from spine.cli.failure_view import failure_lines
from spine.cli.output import json_option, plain, print_fields, print_json, print_table, seconds
from spine.cli.quality_view import print_quality
from spine.cli.session import Session

_STATUS = EnumChoice("spine.orchestration.status:WorkflowStatus")


@click.command("list")
@click.option("--workflow", help="Only runs of this workflow.")
@click.option("--status", type=_STATUS, help="Only runs of this status.")
@click.option("--before", metavar="RUN", help="Only runs older than this one: the next page.")
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@json_option
@click.pass_obj
def list_(
    session: Session, workflow: str | None, status: str | None, before: str | None, limit: int, as_json: bool
) -> None:
    """List runs, the newest first."""
    with session.open_history(with_modules=False) as project:
        listed = project.runs.list(workflow=workflow, status=status, before=before, limit=limit).rows
        found = [{**row, "is_abandoned": project.runs.is_abandoned(row)} for row in listed]
    if as_json:
        print_json(found)
        return
    shown = [
        {**row, "status": _state(row), "partition": row["partition_key"], "duration": seconds(row["duration_ms"])}
        for row in found
    ]
    columns = ["run_id", "workflow_name", "partition", "status", "outcome", "started_at", "duration"]
    is_filtered = workflow is not None or status is not None or before is not None
    print_table(shown, columns, "no run matches" if is_filtered else "no runs yet: start one with spine run WORKFLOW")
    abandoned = [row["run_id"] for row in found if row["is_abandoned"]]
    if abandoned:
        click.echo(f"resume: spine runs resume {abandoned[0]}" if len(abandoned) == 1 else "resume: spine runs recover")


def _state(run: dict[str, Any]) -> str:
    """Return the status of a run; RUNNING alone is one whose process is alive."""
    return f"{run['status']} (process gone)" if run["is_abandoned"] else run["status"]


@click.command()
@click.argument("run")
@click.option("--traceback", is_flag=True, help="Show the whole traceback of each failure.")
@json_option
@click.pass_obj
def show(session: Session, run: str, traceback: bool, as_json: bool) -> None:
    """Show one RUN: an id, the beginning of one, or `latest`.

    For a failure it shows the place in your code and that line.
    """
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
            "children": project.runs.children(run_id),
        }
        events = project.runs.events(run_id) if as_json else []
        found = {**found, "is_abandoned": project.runs.is_abandoned(found)}
    if as_json:
        print_json({**found, **parts, "events": events})
    else:
        _print_run(found, parts)
        if found["is_abandoned"]:
            click.echo(f"\nits process has ended: spine runs resume {run_id}")
        _print_failures(parts["steps"], whole=traceback or session.debug)


def _print_run(run: dict[str, Any], parts: dict[str, list[dict[str, Any]]]) -> None:
    state = f"{run['status']} ({run['outcome']})" if run["outcome"] else _state(run)
    print_fields(
        {
            "run": run["run_id"],
            "workflow": f"{run['workflow_name']} (version {run['workflow_version']})",
            "status": state,
            "partition": run["partition_key"] or None,
            "params": run["params"] or None,
            "started": run["started_at"],
            "duration": seconds(run["duration_ms"]) or None,
            "triggered by": run["triggered_by"],
            "parent": run["parent_run_id"],
            "waits until": run["wake_at"],
            "error": run["error"] and f"{run['error_step']}: {plain(run['error'])} [{run['error_category']}]",
        }
    )
    click.echo()
    columns = ["step_name", "step_type", "attempt", "status", "began", "duration", "row_count", "error"]
    print_table(timeline(run, parts["steps"]), columns, "no steps")
    sections = {
        "items": ["step_name", "status", "items"],
        "failed_items": ["step_name", "item_index", "attempt", "error_type", "error"],
        "children": ["run_id", "workflow_name", "status", "error_step", "error"],
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


def _print_failures(steps: list[dict[str, Any]], *, whole: bool) -> None:
    for step in steps:
        if step["failure"] is None:
            continue
        click.echo(f"\n{step['step_name']}, attempt {step['attempt']}")
        for line in failure_lines(step["failure"], whole=whole):
            click.echo(f"  {plain(line)}")


def timeline(run: dict[str, Any], steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the attempts, each with its start counted from the run's start and its error with the category."""
    return [
        {
            **step,
            "began": _since(run["started_at"], step["started_at"]),
            "duration": seconds(step["duration_ms"]),
            "error": " ".join(part for part in (_category(step), step["error"]) if part),
        }
        for step in steps
    ]


def _category(step: dict[str, Any]) -> str:
    return f"[{step['error_category']}]" if step["error_category"] else ""


def _since(start: datetime | None, moment: datetime | None) -> str:
    return f"+{seconds(max(round((moment - start).total_seconds() * 1000), 0))}" if start and moment else ""
