"""`spine plugins`: installed plugins, checks of them, and new ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spine.cli.cells import plain
from spine.cli.output import cell, json_option, print_fields, print_json, print_table
from spine.cli.session import Session
from spine.core.plain_text import counted
from spine.plugins.descriptors import KINDS

if TYPE_CHECKING:
    from spine.plugins.catalog import Catalog
    from spine.plugins.report import PluginReport


@click.group()
def plugins() -> None:
    """Installed plugins."""


@plugins.command("list")
@json_option
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """List the plugins, their state, and what they provide."""
    rows = [report.to_dict() for report in _catalog(session).reports]
    if as_json:
        print_json(rows)
        return
    shown = [{**row, "provides": [f"{item['kind']} {item['name']}" for item in row["provides"]]} for row in rows]
    print_table(shown, ["name", "distribution", "version", "state", "provides", "reason"], "no plugins")


@plugins.command()
@click.argument("name")
@json_option
@click.pass_obj
def show(session: Session, name: str, as_json: bool) -> None:
    """Show what plugin NAME provides, with the options of each item."""
    from spine.plugins.options import describe_options

    report = _find(_catalog(session), name)
    row = report.to_dict()
    for item, descriptor in zip(row["provides"], report.provides, strict=True):
        item["target"] = descriptor.target
        item["options"] = describe_options(descriptor)
    if as_json:
        print_json(row)
        return
    print_fields({key: row[key] for key in ("name", "distribution", "version", "state", "reason")})
    for item in row["provides"]:
        click.echo(f"\n{item['kind']} {item['name']}  {cell(item['help'])}".rstrip())
        if item["options"]:
            shown = [{**row, "default": "(required)"} if row["required"] else row for row in item["options"]]
            print_table(shown, ["option", "type", "default", "help"], "")


@plugins.command()
@click.argument("name", required=False)
@click.option("--traceback", is_flag=True, help="Show the traceback of each fault.")
@json_option
@click.pass_obj
def check(session: Session, name: str | None, traceback: bool, as_json: bool) -> int:
    """Load everything that plugin NAME (or every plugin) provides; exit 1 on any fault."""
    from traceback import format_exception

    from spine.config.plugin_policy import project_policy
    from spine.plugins.catalog import discover
    from spine.plugins.check import check_plugin

    catalog = discover(project_policy(session.project))  # must work under SPINE_PLUGINS_STRICT, which refers to it
    reports = [_find(catalog, name)] if name else catalog.reports
    faults = [fault for report in reports for fault in check_plugin(report)]
    if as_json:
        print_json([{"plugin": fault.plugin, "fault": fault.sentence} for fault in faults])
        return 1 if faults else 0
    for fault in faults:
        click.echo(f"{fault.plugin}: {cell(fault.sentence)}")
        if traceback and fault.error is not None:
            for line in "".join(format_exception(fault.error)).splitlines():
                click.echo(plain(line))
    if not faults:
        provided = sum(len(report.provides) for report in reports)
        click.echo(f"{counted(len(reports), 'plugin')} with {counted(provided, 'item')}: all load and fit")
    return 1 if faults else 0


@plugins.command()
@click.argument("kind", type=click.Choice([spec.word for spec in KINDS.values() if spec.has_template]))
@click.argument("name")
@click.option("--into", type=click.Path(file_okay=False), default=".", metavar="DIR", help="The parent of its folder.")
@click.pass_obj
def new(session: Session, kind: str, name: str, into: str) -> None:
    """Write a plugin of KIND called NAME: a working distribution in ./spine-KIND-NAME."""
    import shlex

    from spine.cli.scaffold.new_plugin import PLACEHOLDER_AUTHOR, git_author, new_plugin, taken_by

    owner = taken_by(_catalog(session), kind, name)
    author = git_author()
    try:
        folder, files = new_plugin(kind, name, Path(into), author=author)
    except FileExistsError as error:
        raise click.UsageError(
            f"{error.filename} exists already: choose another name, or another folder with --into"
        ) from error
    except OSError as error:
        raise click.UsageError(f"the plugin cannot be written in {into}: {error.strerror}") from error
    if owner is not None:
        click.echo(f"Warning: {kind} {name!r} is what {owner} provides; with both, [plugins.prefer] decides", err=True)
    if author is None:
        click.echo(
            f"Warning: git config user.name is not set, so LICENSE and pyproject.toml say {PLACEHOLDER_AUTHOR!r}; "
            "write your name there",
            err=True,
        )
    click.echo(f"Made {folder}:")
    for file in files:
        click.echo(f"  {file}")
    click.echo("Next:")
    click.echo(f"  cd {shlex.quote(str(folder))}")
    click.echo("  python -m pip install -e '.[test]' && python -m pytest")
    click.echo("  spine plugins list")


def _catalog(session: Session) -> Catalog:
    from spine.cli.logs import log_to_stderr
    from spine.config.plugin_policy import project_policy
    from spine.plugins.catalog import load_catalog

    log_to_stderr(verbose=session.verbose)
    return load_catalog(project_policy(session.project))


def _find(catalog: Catalog, name: str) -> PluginReport:
    found = [report for report in catalog.reports if name in (report.name, report.distribution)]
    if found:
        return found[0]
    from spine.core.suggest import what_there_is

    known: set[Any] = {report.name for report in catalog.reports}
    raise click.UsageError(f"no plugin {name!r} is installed{what_there_is('plugin', name, known)}")
