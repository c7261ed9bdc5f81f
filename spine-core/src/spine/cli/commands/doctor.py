"""`spine doctor`: the checks of a project as one table."""

from __future__ import annotations

import click

from spine.cli.output import json_option, print_rows
from spine.cli.session import Session


@click.command()
@json_option
@click.pass_obj
def doctor(session: Session, as_json: bool) -> int:
    """Check the health of the project.

    It checks the database and its tables, this machine's clock against the database's, free space, schedules, plugins,
    and the channels' last deliveries. Exits with 1 if a check fails.
    """
    from attrs import asdict

    from spine.app.checks import CHECKS

    with session.open() as project:
        findings = [finding for check in CHECKS for finding in check(project.application)]
    rows = [asdict(finding) for finding in findings]
    print_rows(rows, ["check", "well", "says"], "nothing to check", as_json=as_json)
    return 0 if all(finding.well for finding in findings) else 1
