"""`spine schedules`: what is declared to run when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from spine.cli.output import json_option, print_json, print_table
from spine.cli.session import Session

if TYPE_CHECKING:
    from spine.app import Application
    from spine.scheduling.schedule import Schedule


@click.group()
def schedules() -> None:
    """What is declared to run when."""


@schedules.command("list")
@json_option
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """List the schedules of spine.toml, each with its next moment."""
    from spine.core.clock import utc_now
    from spine.scheduling.upcoming import upcoming

    now = utc_now()
    with session.open() as project:
        declared = _declared(project)
    rows = [
        {
            "name": schedule.name,
            "target_type": "workflow" if schedule.workflow else "pipeline",
            "target_name": schedule.target,
            "when": schedule.cron or schedule.every or schedule.at,
            "timezone": schedule.timezone,
            "enabled": schedule.enabled,
            "next_run_at": next((item.local.isoformat() for item in upcoming(schedule, now, 1)), None),
        }
        for schedule in declared.values()
    ]
    if as_json:
        print_json(rows)
    else:
        columns = ["name", "target_name", "when", "timezone", "enabled", "next_run_at"]
        print_table(rows, columns, "no schedules: declare one in spine.toml as [schedules.NAME]")


@schedules.command("next")
@click.argument("name")
@click.option("--count", type=click.IntRange(1, 10_000), default=5, show_default=True, help="How many moments.")
@json_option
@click.pass_obj
def next_(session: Session, name: str, count: int, as_json: bool) -> None:
    """Show the next moments of schedule NAME, in its zone and in UTC, and which days change the clocks."""
    from spine.core.clock import utc_now
    from spine.core.errors import ConfigError
    from spine.core.suggest import did_you_mean
    from spine.scheduling.upcoming import upcoming

    with session.open() as project:
        declared = _declared(project)
    if name not in declared:
        raise ConfigError(f"there is no schedule {name!r}{did_you_mean(name, declared)}")
    rows = [
        {
            "scheduled_at": item.local.isoformat(),
            "utc": f"{item.utc:%Y-%m-%d %H:%M:%S}",
            "clocks": item.mark,
            "blackout": item.blackout,
        }
        for item in upcoming(declared[name], utc_now(), count)
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ["scheduled_at", "utc", "clocks", "blackout"], "it never fires again")


@schedules.command()
@json_option
@click.pass_obj
def lint(session: Session, as_json: bool) -> None:
    """List the gaps, repeats and overlaps of the next two years."""
    from spine.core.clock import utc_now
    from spine.scheduling.lint import lint as look

    with session.open() as project:
        found = look(_declared(project).values(), utc_now())
    rows = [{"schedule": item.schedule, "kind": item.kind.value, "at": item.at, "text": item.text} for item in found]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ["at", "schedule", "kind", "text"], "nothing to tell of the next two years")


def _declared(project: Application) -> dict[str, Schedule]:
    """Return the schedules; a ConfigError, with the closest name, for one whose target does not exist."""
    from spine.core.errors import ConfigError
    from spine.core.suggest import did_you_mean
    from spine.framework.pipelines import pipeline_registry
    from spine.orchestration import workflow_registry
    from spine.scheduling.declare import read_schedules

    found = read_schedules(project.settings)
    for schedule in found.values():
        kind = "workflow" if schedule.workflow else "pipeline"
        known = workflow_registry.list_workflows() if schedule.workflow else pipeline_registry.list_pipelines()
        if schedule.target not in known:
            raise ConfigError(
                f"{project.settings.path}: schedules.{schedule.name}: there is no {kind} {schedule.target!r}"
                f"{did_you_mean(schedule.target, known)}"
            )
    return found
