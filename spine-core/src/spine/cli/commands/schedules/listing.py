"""`spine schedules list`, `show`, `history`, `next` and `lint`: schedules, ticks and next moments."""

from __future__ import annotations

import click

from spine.cli.cells import plain
from spine.cli.output import json_option, print_fields, print_json, print_rows, print_table
from spine.cli.schedule_view import MOMENT_COLUMNS, describe, describe_moments, in_its_zone, overdue_line, shown_moments
from spine.cli.session import Session


@click.command("list")
@json_option
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """List the schedules, each with its next moment."""
    with session.open() as project:
        records = project.schedules.list()
        now = project.now()
        late = None if as_json else overdue_line(records, now, project.schedules.schedulers)
    rows = [describe(record, now) for record in records]
    if as_json:
        print_json(rows)
        return
    shown = [in_its_zone(row, record) for row, record in zip(rows, records, strict=True)]
    columns = ["name", "target_name", "when", "timezone", "state", "next_run_at", "last_run_status"]
    empty = "no schedules: declare one in spine.toml as [schedules.NAME]"
    print_table(shown, columns, empty, wide=["target_type", "last_run_at", "gone_at"])
    if late is not None:
        click.echo(late)


@click.command()
@click.argument("name")
@json_option
@click.pass_obj
def show(session: Session, name: str, as_json: bool) -> None:
    """Show schedule NAME: its target, times and rules."""
    with session.open() as project:
        record = project.schedules.get(name)
        moments = project.schedules.upcoming(name, 5)
        described = describe(record, now := project.now())
        late = None if as_json else overdue_line([record], now, project.schedules.schedulers)
    rules = {key: value for key, value in record.definition.items() if key not in ("workflow", "pipeline", "timezone")}
    if as_json:
        print_json({**described, "rules": rules, "next": describe_moments(moments)})
        return
    print_fields(in_its_zone(described, record))
    click.echo()
    print_fields(rules)
    click.echo()
    print_table(shown_moments(moments), MOMENT_COLUMNS, "it never fires again")
    if late is not None:
        click.echo(f"\n{late}")


@click.command()
@click.argument("name", required=False)
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@json_option
@click.pass_obj
def history(session: Session, name: str | None, limit: int, as_json: bool) -> None:
    """List the ticks of schedule NAME, or of all schedules, the newest first."""
    from attrs import asdict

    with session.open_history() as project:
        found = project.schedules.history(name, limit=limit)
    rows = [{**asdict(tick), "status": tick.status.value} for tick in found]
    if as_json:
        print_json(rows)
    else:
        empty = "no ticks yet" if name is None else f"schedule {plain(name)} has no ticks yet"
        columns = ["schedule_name", "scheduled_at", "status", "started_at", "completed_at", "run_id", "why"]
        print_table([{**row, "why": row["error"] or row["skip_reason"]} for row in rows], columns, empty)


@click.command("next")
@click.argument("name")
@click.option("--count", type=click.IntRange(1, 10_000), default=5, show_default=True, help="Number of moments.")
@json_option
@click.pass_obj
def next_(session: Session, name: str, count: int, as_json: bool) -> None:
    """Show the next moments of schedule NAME, in its zone and in UTC, and the days with clock changes."""
    with session.open() as project:
        moments = project.schedules.upcoming(name, count)
    rows = describe_moments(moments) if as_json else shown_moments(moments)
    print_rows(rows, MOMENT_COLUMNS, "it never fires again", as_json=as_json)


@click.command()
@json_option
@click.pass_obj
def lint(session: Session, as_json: bool) -> None:
    """List the gaps, repeats and overlaps of the next two years."""
    from spine.cli.waiting import waiting

    with session.open() as project, waiting("checking the next two years", quiet=session.quiet):
        found = project.schedules.lint()
    rows = [{"schedule": item.schedule, "kind": item.kind.value, "at": item.at, "text": item.text} for item in found]
    print_rows(rows, ["at", "schedule", "kind", "text"], "no findings in the next two years", as_json=as_json)
