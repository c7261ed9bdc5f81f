"""`spine alerts`: what was told to whom, and what is still to be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from spine.cli.assignments import assignments
from spine.cli.output import json_option, print_fields, print_json, print_table
from spine.cli.session import Session

if TYPE_CHECKING:
    from spine.framework.alerts import DeliveryResult

_SEVERITIES = click.Choice(["INFO", "WARNING", "ERROR", "CRITICAL"], case_sensitive=False)


@click.group()
def alerts() -> None:
    """What was told to whom, and what is still to be."""


@alerts.command("list")
@click.option("--run", help="Only alerts of this run.")
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@json_option
@click.pass_obj
def list_(session: Session, run: str | None, limit: int, as_json: bool) -> None:
    """List alerts, the newest first."""
    from spine.history import queries

    with session.open() as project:
        run_id = queries.find_run(project.adapter, run)["run_id"] if run else None
        rows = queries.list_alerts(project.adapter, run_id=run_id, limit=limit)
    if as_json:
        print_json(rows)
    else:
        columns = ["id", "created_at", "severity", "title", "source", "domain", "run_id"]
        print_table(rows, columns, "no alerts yet")


@alerts.command()
@click.argument("alert")
@json_option
@click.pass_obj
def show(session: Session, alert: str, as_json: bool) -> None:
    """Show one ALERT: an id, the beginning of one, or `latest`."""
    from spine.history import queries

    with session.open() as project:
        found = queries.find_alert(project.adapter, alert)
        deliveries = queries.alert_deliveries_of(project.adapter, found["id"])
    if as_json:
        print_json({**found, "deliveries": deliveries})
        return
    print_fields({key: value for key, value in found.items() if value not in (None, {}, "")})
    click.echo()
    columns = ["channel_name", "status", "attempt", "delivered_at", "next_retry_at", "resolves", "error"]
    print_table(deliveries, columns, "no channel took it")


@alerts.command()
@json_option
@click.pass_obj
def channels(session: Session, as_json: bool) -> None:
    """List the channels and how they have been doing."""
    from spine.history import queries

    with session.open() as project:
        project.register_channels()
        rows = queries.list_channels(project.adapter)
    if as_json:
        print_json(rows)
    else:
        columns = ["name", "channel_type", "min_severity", "domains", "enabled", "throttle_minutes"]
        health = ["last_success_at", "last_failure_at", "consecutive_failures"]
        print_table(rows, [*columns, *health], "no channels: declare one in spine.toml as [channels.NAME]")


@alerts.command()
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@json_option
@click.pass_obj
def history(session: Session, limit: int, as_json: bool) -> None:
    """List deliveries, the newest first."""
    from spine.history import queries

    with session.open() as project:
        rows = queries.list_deliveries(project.adapter, limit=limit)
    if as_json:
        print_json(rows)
    else:
        columns = ["alert_id", "channel_name", "status", "attempt", "attempted_at", "next_retry_at", "error"]
        print_table(rows, columns, "nothing was delivered yet")


@alerts.command()
@click.option("--severity", type=_SEVERITIES, default="ERROR", show_default=True, help="Of the alert.")
@click.option("--domain", help="Of the alert.")
@click.option("--source", default="spine", show_default=True, help="Of the alert.")
@click.option("--explain", is_flag=True, help="Also say why a channel takes it, or does not.")
@json_option
@click.pass_obj
def route(session: Session, severity: str, domain: str | None, source: str, explain: bool, as_json: bool) -> None:
    """Say which channels would take an alert; nothing is sent."""
    from spine.framework.alerts import Alert, AlertSeverity, alert_registry
    from spine.framework.alerts.outbox import explain_route

    alert = Alert(AlertSeverity(severity.upper()), "a test", "a test", source, domain)
    with session.open() as project:
        project.register_channels()
        found = [alert_registry.get(name) for name in alert_registry.list_channels()]
        ways = explain_route(alert, [channel for channel in found if channel is not None])
    rows = [{"channel": name, "takes": takes, "why": why} for name, takes, why in ways if takes or explain or as_json]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ["channel", "takes", "why"], "no channel takes it: see why with --explain")


@alerts.command()
@click.argument("channel")
@json_option
@click.pass_obj
def test(session: Session, channel: str, as_json: bool) -> int:
    """Send a marked test through CHANNEL and say exactly what failed."""
    from spine.framework.alerts import Alert, AlertSeverity, alert_registry

    with session.open() as project:
        project.register_channels()
        name = project.settings.name
        text = f"This is a test of channel {channel!r} of project {name!r}: nothing has happened."
        result = alert_registry.send(Alert(AlertSeverity.INFO, "Test", text, "spine alerts test"), channel)
    return _report([result], as_json)


@alerts.command()
@json_option
@click.pass_obj
def flush(session: Session, as_json: bool) -> int:
    """Send everything that is pending now, whatever its next time is; exits 1 if something could not be sent."""
    from spine.framework.alerts import alert_registry

    with session.open() as project:
        project.register_channels()
        results = alert_registry.flush(everything=True)
    return _report(results, as_json)


@alerts.command()
@click.argument("alert")
@json_option
@click.pass_obj
def retry(session: Session, alert: str, as_json: bool) -> int:
    """Send ALERT again through every channel that did not get it."""
    from attrs import evolve

    from spine.framework.alerts import alert_registry
    from spine.framework.alerts.store import DeliveryStatus, alert_store
    from spine.history import queries

    with session.open() as project:
        project.register_channels()
        store = alert_store()
        sent = store.get(queries.find_alert(project.adapter, alert)["id"])
        for delivery in sent.deliveries if sent else ():
            if delivery.status is DeliveryStatus.FAILED:
                store.finish(evolve(delivery, status=DeliveryStatus.PENDING, next_retry_at=None))
        results = alert_registry.flush()
    return _report(results, as_json)


@alerts.command()
@click.argument("alert")
@json_option
@click.pass_obj
def ack(session: Session, alert: str, as_json: bool) -> int:
    """Say that somebody is at the problem that ALERT told of."""
    from spine.framework.alerts import alert_registry
    from spine.history import queries

    with session.open() as project:
        project.register_channels()
        found = queries.find_alert(project.adapter, alert)
        results = alert_registry.acknowledge(found["fingerprint"])
    return _report(results, as_json)


@alerts.command()
@click.argument("alert")
@json_option
@click.pass_obj
def resolve(session: Session, alert: str, as_json: bool) -> int:
    """Say that the problem that ALERT told of is over; channels that delivered it are told."""
    from spine.framework.alerts import alert_registry
    from spine.history import queries

    with session.open() as project:
        project.register_channels()
        found = queries.find_alert(project.adapter, alert)
        results = alert_registry.resolve(found["fingerprint"])
    return _report(results, as_json)


@alerts.command()
@click.option(
    "--match",
    "match",
    multiple=True,
    required=True,
    metavar="KEY=GLOB",
    callback=lambda _context, _parameter, values: assignments(values),
    help="severity, source, domain or title, and a glob; all must fit. May be repeated.",
)
@click.option("--until", required=True, metavar="TIME", help="When it ends: 2h, 3d, or an ISO 8601 time with a zone.")
@click.option("--comment", default="", help="Why.")
@json_option
@click.pass_obj
def silence(session: Session, match: dict[str, str], until: str, comment: str, as_json: bool) -> None:
    """Keep alerts that match, and send none of them, until a time."""
    from spine.framework.alerts.store import Silence, alert_store

    unknown = sorted(set(match) - {"severity", "source", "domain", "title"})
    if unknown:
        raise click.BadParameter(f"{unknown[0]!r} is none of severity, source, domain and title")
    ends_at = _end(until)
    with session.open():
        made = Silence(match, ends_at, comment)
        alert_store().add_silence(made)
    if as_json:
        print_json({"id": made.id, "match": match, "ends_at": ends_at, "comment": comment})
    else:
        click.echo(f"silent until {ends_at:%Y-%m-%d %H:%M:%S} UTC")


def _end(until: str) -> datetime:
    units = {"m": "minutes", "h": "hours", "d": "days"}
    now = datetime.now(UTC)
    if until[:-1].isdigit() and until[-1] in units:
        return now + timedelta(**{units[until[-1]]: int(until[:-1])})
    try:
        moment = datetime.fromisoformat(until)
    except ValueError:
        moment = now.replace(tzinfo=None)
    if moment.tzinfo is None or moment <= now:
        raise click.BadParameter(f"{until!r} is not 30m, 2h, 3d or a future ISO 8601 time with a zone")
    return moment.astimezone(UTC)


def _report(results: list[DeliveryResult], as_json: bool) -> int:
    rows: list[dict[str, Any]] = [
        {"channel": result.channel_name, "sent": result.success, "message": result.message} for result in results
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ["channel", "sent", "message"], "nothing to send")
    return 0 if all(row["sent"] for row in rows) else 1
