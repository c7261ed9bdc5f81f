"""`spine alerts route` and `test`: the channels that take an alert, and test alerts."""

from __future__ import annotations

from typing import Any

import click

from spine.cli.assignments import assignments
from spine.cli.commands.alerts.control import report_results
from spine.cli.enum_choice import EnumChoice
from spine.cli.output import json_option, print_rows
from spine.cli.session import Session

_SEVERITY = EnumChoice("spine.framework.alerts.alert:AlertSeverity")


@click.command()
@click.option(
    "--severity",
    type=_SEVERITY,
    default="ERROR",
    show_default=True,
    help="Of the alert.",
)
@click.option("--domain", help="Of the alert.")
@click.option("--source", default="spine alerts route", help="Of the alert.")
@click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="KEY=VALUE",
    callback=lambda _context, _parameter, values: assignments(values),
    help="Of the alert; may be repeated.",
)
@click.option("--explain", is_flag=True, help="Also show why the other channels do not take it.")
@json_option
@click.pass_obj
def route(
    session: Session,
    severity: str,
    domain: str | None,
    source: str,
    labels: dict[str, Any],
    explain: bool,
    as_json: bool,
) -> None:
    """Show the channels that take an alert, without sending it."""
    from spine.framework.alerts import Alert, AlertSeverity

    with session.open() as project:
        alert = Alert(AlertSeverity(severity), "route", "", source, domain=domain, metadata=labels)
        found = [row for row in project.alerts.explain(alert) if explain or row["takes"]]
    print_rows(found, ["name", "takes", "reason"], "no channel takes it: see why with --explain", as_json=as_json)


@click.command("test")
@click.argument("name")
@json_option
@click.pass_obj
def test_channel(session: Session, name: str, as_json: bool) -> int:
    """Send a marked test alert through the channel NAME and show the result; what waits is not sent."""
    from spine.framework.alerts import Alert, AlertSeverity
    from spine.framework.alerts.alert import TEST_SOURCE

    with session.open() as project:
        message = f"Test alert of spine alerts test {name}. No action is needed."
        marked: dict[str, Any] = {"test": True}
        alert = Alert(AlertSeverity.INFO, f"TEST of {name}", message, TEST_SOURCE, metadata=marked)
        result = project.alerts.send_to(alert, name)
        waiting = project.alerts.list(unsent=True) if result.success else []
    report_results([result], as_json=as_json)
    if any(row["delivery"] == "PENDING" for row in waiting):
        click.echo("alerts wait to be sent: spine alerts flush", err=True)
    return 0 if result.success else 1
