"""`spine schedules add`, `remove`, `pause`, `resume` and `trigger`: change and start schedules."""

from __future__ import annotations

from typing import Any

import click

from spine.cli.assignments import assignments, params_option
from spine.cli.output import json_option, print_fields, print_json, print_table
from spine.cli.run_losses import losses_of
from spine.cli.run_report import report_run
from spine.cli.schedule_view import MOMENT_COLUMNS, describe, describe_moments, shown_moments, without_marks
from spine.cli.session import Session


@click.command()
@click.argument("name")
@click.option("--workflow", metavar="NAME", help="The workflow to run.")
@click.option("--pipeline", metavar="NAME", help="The pipeline to run.")
@click.option("--cron", metavar="FIELDS", help='The times: "0 6 * * MON", or @daily.')
@click.option("--every", metavar="DURATION", help="The interval: 5m, 2h, 1d.")
@click.option("--at", metavar="TIME", help="Once, at a time: 2026-12-01T06:00.")
@click.option("--timezone", metavar="ZONE", help="Such as America/New_York; UTC by default.")
@params_option("A parameter of its runs; key:=json for anything but text. May be repeated.")
@click.option(
    "--set",
    "rules",
    multiple=True,
    metavar="KEY=VALUE",
    callback=lambda _context, _parameter, values: assignments(values),
    help="Any other key of [schedules.NAME], such as overlap=queue. May be repeated.",
)
@json_option
@click.pass_obj
def add(
    session: Session,
    /,
    name: str,
    params: dict[str, Any],
    rules: dict[str, Any],
    as_json: bool,
    **given: str | None,
) -> None:
    """Add schedule NAME to those of spine.toml, and show its next moments."""
    table = {**rules, **{key: value for key, value in given.items() if value is not None}}
    if params:
        table["params"] = params
    with session.open() as project:
        project.schedules.add(name, table)
        moments = project.schedules.upcoming(name, 5)
    if as_json:
        print_json({"name": name, "next": describe_moments(moments)})
    else:
        print_table(shown_moments(moments), MOMENT_COLUMNS, "it never fires")


@click.command()
@click.argument("name")
@json_option
@click.pass_obj
def remove(session: Session, name: str, as_json: bool) -> None:
    """Remove schedule NAME, created with add; its ticks and runs are kept."""
    with session.open() as project:
        project.schedules.remove(name)
    _say({"name": name, "state": "removed"}, as_json)


@click.command()
@click.argument("name")
@json_option
@click.pass_obj
def pause(session: Session, name: str, as_json: bool) -> None:
    """Pause schedule NAME until it is resumed."""
    with session.open_to_stop() as project:
        described = describe(project.schedules.pause(name), project.now())
    _say(described, as_json)


@click.command()
@click.argument("name")
@json_option
@click.pass_obj
def resume(session: Session, name: str, as_json: bool) -> None:
    """Resume schedule NAME from now; the ticks of the pause do not run."""
    with session.open() as project:
        described = describe(project.schedules.resume(name), project.now())
    _say(described, as_json)


@click.command()
@click.argument("name")
@json_option
@click.pass_obj
def trigger(session: Session, name: str, as_json: bool) -> int:
    """Run the target of schedule NAME here and now, ignoring its times and overlap rule."""
    from spine.cli.foreground import foreground
    from spine.cli.progress import shown_progress

    with session.open() as project, foreground(project.application) as current:
        with shown_progress(quiet=session.quiet) as progress:
            result = project.schedules.trigger(name, listeners=[current, *progress], stop=current.stop)
        losses = losses_of(project, result)
    return report_run(result, losses, as_json=as_json)


def _say(row: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(row)
    else:
        print_fields(without_marks(row))
