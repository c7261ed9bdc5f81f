"""`spine alerts`: what operators were told, and how it reaches them."""

from __future__ import annotations

from typing import Any

import click

from spine.cli.assignments import assignments
from spine.cli.commands.alert_control import ack, flush, report_results, resolve, retry, silence
from spine.cli.output import json_option, print_fields, print_json, print_rows, print_table
from spine.cli.session import Session

_SEVERITIES = click.Choice(["INFO", "WARNING", "ERROR", "CRITICAL"], case_sensitive=False)
_STATUSES = click.Choice(["PENDING", "SENT", "FAILED", "THROTTLED", "SILENCED"], case_sensitive=False)
_limit_option = click.option(
    "-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many."
)


@click.group()
def alerts() -> None:
    """What was told to whom, and what is still to be."""


for _command in (flush, retry, ack, resolve, silence):
    alerts.add_command(_command)


@alerts.command("list")
@click.option("--run", metavar="RUN", help="Only alerts of this run.")
@click.option("--severity", type=_SEVERITIES, help="Only alerts of this severity.")
@click.option("--open", "only_open", is_flag=True, help="Only alerts of incidents that are not over.")
@_limit_option
@json_option
@click.pass_obj
def list_(session: Session, run: str | None, severity: str | None, only_open: bool, limit: int, as_json: bool) -> None:
    """List alerts, the newest first."""
    with session.open() as project:
        run_id = project.runs.find(run)["run_id"] if run else None
        found = project.alerts.list(run=run_id, severity=severity, only_open=only_open, limit=limit)
    if as_json:
        print_json(found)
        return
    print_table(
        found, ["id", "severity", "title", "source", "domain", "created_at", "incident_resolved_at"], "no alerts"
    )


@alerts.command()
@click.argument("alert")
@json_option
@click.pass_obj
def show(session: Session, alert: str, as_json: bool) -> None:
    """Show one ALERT: an id, the beginning of one, or `latest`."""
    with session.open() as project:
        found = project.alerts.find(alert)
        deliveries = project.alerts.deliveries(found["id"])
    if as_json:
        print_json({**found, "deliveries": deliveries})
        return
    print_fields({name.replace("_", " "): value for name, value in found.items() if value not in (None, {})})
    click.echo()
    print_table(deliveries, ["channel_name", "kind", "status", "attempt", "delivered_at", "error"], "no deliveries")


@alerts.command()
@json_option
@click.pass_obj
def channels(session: Session, as_json: bool) -> None:
    """List the channels and whether they deliver."""
    with session.open() as project:
        found = project.alerts.channels()
    if as_json:
        print_json(found)
        return
    columns = ["name", "channel_type", "min_severity", "enabled", "last_success_at", "last_failure_at"]
    print_table(found, [*columns, "consecutive_failures"], "no channels: add [channels.NAME] to spine.toml")


@alerts.command()
@click.option("--channel", metavar="NAME", help="Only deliveries of this channel.")
@click.option("--status", type=_STATUSES, help="Only deliveries of this status.")
@_limit_option
@json_option
@click.pass_obj
def history(session: Session, channel: str | None, status: str | None, limit: int, as_json: bool) -> None:
    """List deliveries, the newest first."""
    with session.open() as project:
        found = project.alerts.history(channel=channel, status=status, limit=limit)
    if as_json:
        print_json(found)
        return
    columns = ["alert_id", "title", "channel_name", "kind", "status", "attempt", "attempted_at", "error"]
    print_table(found, columns, "no deliveries")


@alerts.command()
@click.option("--severity", type=_SEVERITIES, default="ERROR", show_default=True, help="Of the alert.")
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
@click.option("--explain", is_flag=True, help="Also say why the other channels do not take it.")
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
    """Say which channels take an alert; nothing is sent."""
    from spine.framework.alerts import Alert, AlertSeverity

    with session.open() as project:
        alert = Alert(AlertSeverity(severity), "route", "", source, domain=domain, metadata=labels)
        found = [row for row in project.alerts.explain(alert) if explain or row["takes"]]
    print_rows(found, ["name", "takes", "reason"], "no channel takes it: see why with --explain", as_json=as_json)


@alerts.command("test")
@click.argument("name")
@json_option
@click.pass_obj
def test_channel(session: Session, name: str, as_json: bool) -> int:
    """Send a marked test alert through the channel NAME and say what became of it."""
    from spine.framework.alerts import Alert, AlertSeverity

    with session.open() as project:
        message = f"Somebody ran spine alerts test {name}. Nothing is wrong."
        marked: dict[str, Any] = {"test": True}
        alert = Alert(AlertSeverity.INFO, f"TEST of {name}", message, "spine alerts test", metadata=marked)
        result = project.alerts.send_to(alert, name)
    report_results([result], as_json=as_json)
    return 0 if result.success else 1
