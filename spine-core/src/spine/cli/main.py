"""The entry point: global options, the table of commands, and one place where errors become exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from spine.cli.garbage import begin_start
from spine.cli.lazy_group import LazyGroup

_COMMANDS = "spine.cli.commands"

COMMANDS = {
    "init": (f"{_COMMANDS}.init:init", "Make a project in a folder."),
    "status": (f"{_COMMANDS}.status:status", "Show the state of the project: workflows, runs, and what is to be done."),
    "run": (f"{_COMMANDS}.run:run", "Run a workflow and show its progress."),
    "plan": (f"{_COMMANDS}.plan:plan", "Show what a run of WORKFLOW would do and why."),
    "workflows": (f"{_COMMANDS}.workflows:workflows", "The workflows of the project."),
    "pipelines": (f"{_COMMANDS}.pipelines:pipelines", "The pipelines of the project."),
    "runs": (f"{_COMMANDS}.runs:runs", "Past and present runs."),
    "partitions": (
        f"{_COMMANDS}.partitions:partitions",
        "Show the partitions of WORKFLOW, each with the state of its last run.",
    ),
    "backfill": (
        f"{_COMMANDS}.backfill:backfill",
        "Run many partitions of WORKFLOW, a number of them at once, with the executor of the scheduler.",
    ),
    "backfills": (f"{_COMMANDS}.backfills:backfills", "Past and present backfills."),
    "emit": (
        f"{_COMMANDS}.emit:emit",
        "Emit event NAME: schedules with on_event = NAME start a run, once for each key.",
    ),
    "sources": (f"{_COMMANDS}.sources:sources", "The sources of the project."),
    "captures": (f"{_COMMANDS}.captures:captures", "Captures produced by runs."),
    "schedules": (f"{_COMMANDS}.schedules:schedules", "Schedules of workflows and pipelines."),
    "scheduler": (f"{_COMMANDS}.scheduler:scheduler", "The service that starts scheduled runs."),
    "worker": (f"{_COMMANDS}.worker:worker", "The service that executes runs which wait in a queue."),
    "workers": (f"{_COMMANDS}.workers:workers", "The workers that live, on any machine."),
    "alerts": (f"{_COMMANDS}.alerts:alerts", "Alerts and their deliveries."),
    "metrics": (f"{_COMMANDS}.metrics:metrics", "Print the metrics of the project for Prometheus."),
    "history": (f"{_COMMANDS}.history:history", "Retention of the history."),
    "db": (f"{_COMMANDS}.db:db", "The project's own database."),
    "doctor": (f"{_COMMANDS}.doctor:doctor", "Tell what will fail, and the command that mends it."),
    "config": (f"{_COMMANDS}.config:config", "The settings in effect."),
    "plugins": (f"{_COMMANDS}.plugins:plugins", "Installed plugins."),
    "completion": (f"{_COMMANDS}.completion:completion", "Print the completion script of a shell."),
    "help": (f"{_COMMANDS}.help:help", "Show the help of COMMAND, such as `runs list`, or of spine itself."),
}

HELP_OPTIONS = ["-h", "--help"]

SECTIONS = {
    "Run": ("run", "plan", "backfill", "emit"),
    "Look": ("status", "runs", "workflows", "pipelines", "partitions", "backfills", "sources", "captures"),
    "Operate": ("scheduler", "schedules", "worker", "workers", "alerts", "metrics", "history", "db", "doctor"),
    "Set up": ("init", "config", "plugins", "completion", "help"),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    sections=SECTIONS,
    find_more=lambda context, name: _of_plugins(context, name),
    more_help="Plugins may add commands: spine plugins list shows them.",
    context_settings={"help_option_names": HELP_OPTIONS},
    help="Spine ingests files and APIs on a schedule and stores the results.",
)
@click.option("--project", type=click.Path(), metavar="DIR", help="The project's folder (default: the nearest one).")
@click.option("-v", "--verbose", is_flag=True, help="Show all log messages; anywhere on the line.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress; anywhere on the line.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error; anywhere.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda *args: _version(*args),
    help="Show the version.",
)
@click.pass_context
def cli(ctx: click.Context, project: str | None, verbose: bool, quiet: bool, debug: bool) -> None:
    from spine.cli.session import Session

    ctx.obj = Session(project, verbose, quiet, debug)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 the run or check failed, 2 wrong usage or settings, 130 interrupted."""
    if sys.platform == "win32":  # locks, rights and processes are POSIX'
        click.echo("Error: Spine runs on Linux and macOS, not on Windows itself: install it in WSL", err=True)
        sys.exit(2)
    given = (sys.argv[1:] if arguments is None else list(arguments)) or _without_arguments()
    if arguments is None:  # not in the process of a program that calls it
        begin_start()
    try:
        code = cli(given, prog_name="spine", standalone_mode=False) or 0
    except BaseException as error:  # noqa: BLE001 - the last place to report an error as a sentence
        from spine.cli.failure import report

        code = report(error, given)
    sys.exit(code)


def _without_arguments() -> list[str]:
    """Return the arguments of `spine` alone: the status of the project of this folder; without one, the help."""
    from spine.config.find import find_root
    from spine.core.errors import SpineError

    try:
        find_root()
    except (SpineError, OSError):
        return []
    return ["status"]


def _of_plugins(context: click.Context, name: str) -> click.Command | None:
    """Return the command of that name that a plugin provides, or None.

    Plugins are discovered only for a command that is not core's: `spine --help` stays fast.
    """
    from spine.cli.plugin_commands import find_command

    return find_command(context.params.get("project"), name)


def _version(ctx: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if asked:
        from spine.plugins.discovery import core_version

        click.echo(f"spine {core_version()}")
        ctx.exit()


if __name__ == "__main__":
    main()
