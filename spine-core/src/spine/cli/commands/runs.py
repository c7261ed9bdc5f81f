"""`spine runs`: past and present runs."""

from __future__ import annotations

from typing import Any

import click

from spine.cli.output import json_option, plain, print_fields, print_json, print_table, seconds
from spine.cli.session import Session

_STATUSES = ["PENDING", "RUNNING", "WAITING", "COMPLETED", "PARTIAL", "FAILED", "CANCELLED", "CRASHED"]


@click.group()
def runs() -> None:
    """Past and present runs."""


@runs.command("list")
@click.option("--workflow", help="Only runs of this workflow.")
@click.option("--status", type=click.Choice(_STATUSES, case_sensitive=False), help="Only runs of this status.")
@click.option("--before", metavar="RUN", help="Only runs older than this one: the next page.")
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@json_option
@click.pass_obj
def list_(
    session: Session, workflow: str | None, status: str | None, before: str | None, limit: int, as_json: bool
) -> None:
    """List runs, the newest first."""
    from spine.history import queries

    with session.open() as project:
        found = queries.list_runs(project.adapter, workflow=workflow, status=status, before=before, limit=limit)
    if as_json:
        print_json(found)
        return
    shown = [{**row, "partition": row["partition_key"], "duration": seconds(row["duration_ms"])} for row in found]
    columns = ["run_id", "workflow_name", "partition", "status", "outcome", "started_at", "duration"]
    print_table(shown, columns, "no runs yet: start one with spine run WORKFLOW")


@runs.command()
@click.argument("run")
@json_option
@click.pass_obj
def show(session: Session, run: str, as_json: bool) -> None:
    """Show one RUN: an id, the beginning of one, or `latest`."""
    from spine.history import queries

    with session.open() as project:
        found = queries.find_run(project.adapter, run)
        run_id = found["run_id"]
        parts: dict[str, list[dict[str, Any]]] = {
            "steps": queries.run_steps(project.adapter, run_id),
            "fetches": queries.run_fetches(project.adapter, run_id),
            "captures": queries.run_captures(project.adapter, run_id),
            "rejects": queries.run_rejects(project.adapter, run_id),
        }
        events = queries.run_events(project.adapter, run_id) if as_json else []
    if as_json:
        print_json({**found, **parts, "events": events})
    else:
        _print_run(found, parts)


def _print_run(run: dict[str, Any], parts: dict[str, list[dict[str, Any]]]) -> None:
    state = f"{run['status']} ({run['outcome']})" if run["outcome"] else run["status"]
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
            "error": run["error"] and f"{run['error_step']}: {plain(run['error'])} [{run['error_category']}]",
        }
    )
    steps = [{**step, "duration": seconds(step["duration_ms"])} for step in parts["steps"]]
    click.echo()
    print_table(steps, ["step_name", "step_type", "attempt", "status", "duration", "row_count", "error"], "no steps")
    sections = {
        "fetches": ["source_name", "status", "record_count", "byte_count", "content_hash", "source_locator"],
        "captures": ["name", "revision", "row_count", "byte_count", "step_name", "content_hash"],
        "rejects": ["source_name", "line_number", "reason", "raw"],
    }
    for title, columns in sections.items():
        if parts[title]:
            click.echo(f"\n{title}")
            print_table(parts[title], columns, "")
