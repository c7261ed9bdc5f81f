"""`spine doctor`: the checks of a project one line each, with the commands that mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from spine.cli.cells import plain
from spine.cli.output import json_option, print_json
from spine.cli.screen import on_stdout
from spine.cli.session import Session
from spine.cli.table import style_of

if TYPE_CHECKING:
    from spine.app.checks import Finding


@click.command()
@json_option
@click.pass_obj
def doctor(session: Session, as_json: bool) -> int:
    """Tell what will fail, and the command that mends it.

    It builds everything that spine.toml declares as a run would, and checks modules, workflows, schedules, plugins, the
    database, runs of dead processes, schedulers, channels, rights, free space and the clock. It works in any state of
    the project. Exits with 1 if a check fails, 0 if there are warnings only.
    """
    from attrs import asdict

    from spine.app.checks import State
    from spine.app.diagnosis import diagnose

    with session.open_history(warning=False) as project:
        findings = diagnose(project.application)
    if as_json:
        print_json([{**asdict(found), "status": found.status.value} for found in findings])
    else:
        _print(findings)
    return 1 if any(found.status is State.FAIL for found in findings) else 0


def _print(findings: list[Finding]) -> None:
    """Print a line for each finding, and the command below it."""
    screen = on_stdout()
    width = max(len(found.check) for found in findings)
    for found in findings:
        state = screen.styled(f"{found.status.value:4}", **style_of(found.status.value))
        click.echo(f"{state}  {plain(found.check).ljust(width)}  {plain(found.says)}")
        if found.fix:
            click.echo(f"{'':{width + 8}}{plain(found.fix)}")
