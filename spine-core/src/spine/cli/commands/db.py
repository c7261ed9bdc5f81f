"""`spine db`: the project's own database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import click

from spine.cli.output import json_option, print_fields, print_json, print_rows, seconds
from spine.cli.session import Session
from spine.core.errors import SpineError

if TYPE_CHECKING:
    from spine.app import Application
    from spine.plugins.descriptors import MigrationSpec
    from spine.storage.migrate import SchemaStatus


@click.group()
def db() -> None:
    """The project's own database."""


@db.command("list")
@json_option
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """List the named databases of the project, their last connections, and the errors in their declarations."""
    from spine.storage.named_databases import list_connections

    with session.open_history() as opened:
        project = opened.application
        known = {row["name"]: row for row in list_connections(project.history)}
        rows = [
            {"dialect": declared.type, **known.get(name, {}), "name": name, "error": _fault(project, name)}
            for name, declared in sorted(project.settings.databases.items())
        ]
    columns = ["name", "dialect", "host", "port", "database", "last_connected_at", "error", "last_error"]
    print_rows(rows, columns, "no named databases: declare one in spine.toml as [databases.name]", as_json=as_json)


@db.command()
@json_option
@click.pass_obj
def status(session: Session, as_json: bool) -> int:
    """Show the location of the database and the version of its tables; exit 1 if they are not up to date."""
    from spine.storage.migrate import schema_status

    with session.open_history() as opened:
        project = opened.application
        found = schema_status(project.database, project.catalog.descriptors("migration"))
        fields = {"version": found.current, "needed": found.head, "up_to_date": found.is_current}
        row = {"database": project.database.location, **fields, **_of_plugins(found)}
    _print(row, as_json)
    return 0 if found.is_current else 1


@db.command()
@json_option
@click.pass_obj
def upgrade(session: Session, as_json: bool) -> None:
    """Bring the tables up to date."""
    from spine.storage.migrate import upgrade as upgrade_tables

    with session.open_history() as opened:
        project = opened.application
        plugins = project.catalog.descriptors("migration")
        before = upgrade_tables(project.database, plugins, project=project.settings.spine.name)
        row = _after(project, before)
    _print(row, as_json)


@db.command()
@click.argument("version")
@click.option("--plugin", metavar="NAME", help="Downgrade the tables of this plugin, not Spine's own.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def downgrade(session: Session, version: str, plugin: str | None, yes: bool, as_json: bool) -> None:
    """Downgrade the tables to VERSION (`base`: no tables). Data that exists only in newer tables is lost."""
    from spine.storage.migrate import downgrade as downgrade_tables

    with session.open_history() as opened:
        project = opened.application
        spec = None if plugin is None else cast("MigrationSpec", project.catalog.find("migration", plugin))
        if not yes:
            whose = "" if plugin is None else f"plugin {plugin} in "
            what = f"the tables of {whose}{project.database.location}"
            click.confirm(f"Downgrade {what} to {version}?", abort=True, err=True)
        before = downgrade_tables(project.database, version, spec)
        row = _after(project, before if spec is None else None)
    _print(row, as_json)


@db.command()
@click.argument("project")
@json_option
@click.pass_obj
def adopt(session: Session, project: str, as_json: bool) -> None:
    """Give the history of PROJECT to this one: for a project whose name in [spine] was changed ('' was none)."""
    from spine.storage.projects import adopt as adopt_rows

    with session.open_history() as opened:
        moved = adopt_rows(opened.application.history, project)
    _print({"rows": sum(moved.values()), **moved}, as_json)


@db.command()
@click.argument("source")
@click.argument("target")
@json_option
@click.pass_obj
def copy(session: Session, source: str, target: str, as_json: bool) -> None:
    """Copy the history of the project from SOURCE to TARGET, and compare them row by row.

    Both are URLs, or names of [databases]. A copy that was stopped continues where it was. Refused while runs go on.
    """
    from functools import partial

    from spine.app.copying import copy_project
    from spine.cli.counting import Counting
    from spine.core.clock import current_clock

    clock = current_clock()
    began = clock.monotonic()
    with session.open_history() as opened:
        made = copy_project(opened.application, source, target, partial(Counting, quiet=session.quiet))
    lasted = clock.monotonic() - began
    tables = made.history.tables
    row: dict[str, Any] = {
        "source": made.source,
        "target": made.target,
        "project": opened.application.settings.spine.name,
        "continued": made.history.was_continued,
        "rows": sum(tables.values()),
    }
    if as_json:
        print_json({**row, "seconds": round(lasted, 3), "tables": tables, "not_copied": made.history.left})
        return
    row |= {"duration": seconds(round(lasted * 1000)), "not copied": made.history.left or None}
    print_fields({**row, "project": row["project"] or None, **{name: rows for name, rows in tables.items() if rows}})
    if not session.quiet:
        click.echo("next: name the target as [spine] database in spine.toml, and run spine doctor", err=True)


@db.command()
@json_option
@click.pass_obj
def check(session: Session, as_json: bool) -> int:
    """Check the database, its tables and the captures' files; exit 1 on any fault."""
    from spine.cli.counting import Counting
    from spine.storage.check import check_store
    from spine.storage.history import History

    with session.open_history() as opened:
        project = opened.application
        history = History(project.database, project.settings.spine.name)
        counting = Counting("bytes of captures read", None, quiet=session.quiet)
        faults = check_store(history, project.payloads, project.catalog.descriptors("migration"), counting)
    if as_json:
        print_json([{"fault": fault} for fault in faults])
    elif faults:
        for fault in faults:
            click.echo(fault)
    else:
        click.echo("the database, its tables and the captures' files are sound")
    return 1 if faults else 0


def _fault(project: Application, name: str) -> str | None:
    """Return the error of a database's declaration, such as a variable that is not set; nothing is connected."""
    try:
        project.build_declared("database", name)
    except SpineError as error:
        return str(error)
    return None


def _after(project: Application, before: SchemaStatus | None) -> dict[str, Any]:
    """Return the database's location and the present versions, with the one before, if given."""
    from spine.storage.migrate import schema_status

    now = schema_status(project.database, project.catalog.descriptors("migration"))
    fields = {} if before is None else {"version_before": before.current}
    fields |= {"version": now.current, "needed": now.head}
    return {"database": project.database.location, **fields, **_of_plugins(now)}


def _of_plugins(status: SchemaStatus) -> dict[str, Any]:
    """Return the versions of the plugins' tables, if any."""
    if not status.plugins:
        return {}
    return {"plugins": {plugin.owner: f"{plugin.current or 'none'} of {plugin.head}" for plugin in status.plugins}}


def _print(row: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(row)
    else:
        print_fields({key.replace("_", " "): "none" if value is None else value for key, value in row.items()})
