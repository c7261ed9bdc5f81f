"""`spine alerts list`, `show`, `channels` and `history`: alerts, channels and deliveries."""

from __future__ import annotations

import click

from spine.cli.enum_choice import EnumChoice
from spine.cli.incident_view import print_what_to_do
from spine.cli.output import json_option, print_fields, print_json, print_table
from spine.cli.session import Session

_DELIVERY_STATUS = EnumChoice("spine.framework.alerts.outbox:DeliveryStatus")
_SEVERITY = EnumChoice("spine.framework.alerts.alert:AlertSeverity")
_limit_option = click.option(
    "-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many."
)


@click.command("list")
@click.option("--run", metavar="RUN", help="Only alerts of this run.")
@click.option("--severity", type=_SEVERITY, help="Only alerts of this severity.")
@click.option("--open", "only_open", is_flag=True, help="Only alerts of open incidents.")
@click.option("--unsent", is_flag=True, help="Only alerts that no channel has delivered.")
@_limit_option
@json_option
@click.pass_obj
def list_(
    session: Session,
    run: str | None,
    severity: str | None,
    only_open: bool,
    unsent: bool,
    limit: int,
    as_json: bool,
) -> None:
    """List alerts, the newest first."""
    with session.open_history() as project:
        run_id = project.runs.find(run)["run_id"] if run else None
        found = project.alerts.list(run=run_id, severity=severity, only_open=only_open, unsent=unsent, limit=limit)
    if as_json:
        print_json(found)
        return
    columns = ["id", "severity", "title", "source", "domain", "created_at", "incident_resolved_at", "delivery"]
    is_filtered = run or severity or only_open or unsent
    print_table(found, [*columns, "reason"], "no alert matches" if is_filtered else "no alerts yet")
    print_what_to_do(found)


@click.command()
@click.argument("alert")
@json_option
@click.pass_obj
def show(session: Session, alert: str, as_json: bool) -> None:
    """Show one ALERT: an id, a part of one, or `latest`."""
    with session.open_history() as project:
        found = project.alerts.find(alert)
        deliveries = project.alerts.deliveries(found["id"])
    if as_json:
        print_json({**found, "deliveries": deliveries})
        return
    below = ["is_overdue", "ends_after", *(["reason"] if deliveries and not found["is_overdue"] else [])]
    shown = {name: value for name, value in found.items() if value not in (None, {}) and name not in below}
    print_fields({name.replace("_", " "): value for name, value in shown.items()})
    click.echo()
    columns = ["channel_name", "kind", "status", "attempt", "delivered_at", "next_retry_at", "error", "reason"]
    print_table(deliveries, columns, "no deliveries")
    print_what_to_do([found])


@click.command()
@json_option
@click.pass_obj
def channels(session: Session, as_json: bool) -> None:
    """List the channels and their health."""
    with session.open_history() as project:
        found = project.alerts.channels()
    if as_json:
        print_json(found)
        return
    columns = ["name", "channel_type", "target", "min_severity", "enabled", "last_success_at", "last_failure_at"]
    print_table(
        found, [*columns, "consecutive_failures", "paused_until"], "no channels: add [channels.NAME] to spine.toml"
    )


@click.command()
@click.option("--channel", metavar="NAME", help="Only deliveries of this channel.")
@click.option("--status", type=_DELIVERY_STATUS, help="Only deliveries of this status.")
@_limit_option
@json_option
@click.pass_obj
def history(session: Session, channel: str | None, status: str | None, limit: int, as_json: bool) -> None:
    """List deliveries, the newest first."""
    with session.open_history() as project:
        found = project.alerts.history(channel=channel, status=status, limit=limit)
    if as_json:
        print_json(found)
        return
    columns = ["alert_id", "title", "channel_name", "kind", "status", "attempt", "attempted_at", "error"]
    print_table(found, columns, "no delivery matches" if channel or status else "no deliveries yet")
