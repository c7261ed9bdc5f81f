"""`spine alerts flush`, `retry`, `ack`, `resolve` and `silence`: send pending deliveries, and end incidents."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from spine.cli.moments import exact
from spine.cli.output import json_option, print_fields, print_json, print_rows
from spine.cli.screen import is_utc
from spine.cli.session import Session

if TYPE_CHECKING:
    from spine.framework.alerts import DeliveryResult
    from spine.project import Project


@click.command()
@json_option
@click.pass_obj
def flush(session: Session, as_json: bool) -> int:
    """Send all pending deliveries now, ignoring the time of their next attempt; paused channels wait."""
    with session.open() as project:
        results = project.alerts.flush(force=True)
        paused = _paused(project)
    report_results(results, as_json=as_json)
    _tell(paused)
    return 0 if all(result.success for result in results) else 1


@click.command()
@click.argument("alert")
@json_option
@click.pass_obj
def retry(session: Session, alert: str, as_json: bool) -> int:
    """Send the failed deliveries of ALERT again."""
    with session.open() as project:
        results = project.alerts.retry(alert)
        paused = _paused(project)
    report_results(results, as_json=as_json)
    _tell(paused)
    return 0 if all(result.success for result in results) else 1


@click.command()
@click.argument("alert")
@json_option
@click.pass_obj
def ack(session: Session, alert: str, as_json: bool) -> None:
    """Acknowledge the incident of ALERT: an operator is working on it."""
    with session.open_to_stop() as project:
        incident = project.alerts.acknowledge(alert)
    _show(incident, as_json)


@click.command()
@click.argument("alert")
@json_option
@click.pass_obj
def resolve(session: Session, alert: str, as_json: bool) -> None:
    """End the incident of ALERT, and notify the channels that delivered it."""
    with session.open_to_stop() as project:
        incident = project.alerts.resolve(alert)
    _show(incident, as_json)


@click.command()
@click.option("--match", "matches", multiple=True, required=True, metavar="FIELD=GLOB", help="Alerts to silence.")
@click.option("--until", required=True, metavar="TIME", help="End of the silence: 30m, 2h, 3d, or 2026-12-01T06:00.")
@click.option("--comment", help="Why.")
@json_option
@click.pass_obj
def silence(session: Session, matches: tuple[str, ...], until: str, comment: str | None, as_json: bool) -> None:
    """Suppress the alerts that match every --match until a time; the history records them."""
    from spine.framework.alerts.silence import Silence, parse_matchers

    matchers = parse_matchers(matches)
    with session.open_to_stop() as project:
        made = Silence(matchers, _end(until, project.now()), comment)
        project.alerts.silence(made)
    shown = {"id": made.silence_id, "match": dict(made.matchers), "comment": comment, "ends_at": made.ends_at}
    if as_json:
        print_json(shown)
    else:
        print_fields(shown)


def report_results(results: Sequence[DeliveryResult], *, as_json: bool) -> None:
    """Print the results of deliveries."""
    rows: list[dict[str, Any]] = [result.to_dict() for result in results]
    print_rows(rows, ["channel_name", "success", "attempt", "message"], "nothing to send", as_json=as_json)


def _paused(project: Project) -> list[dict[str, Any]]:
    return [row for row in project.alerts.channels() if row["paused_until"]]


def _tell(paused: list[dict[str, Any]]) -> None:
    for row in paused:
        until = exact(row["paused_until"], utc=is_utc())
        click.echo(f"{row['name']} is paused until {until}, as its service asks: its deliveries wait", err=True)


def _show(incident: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(incident)
    else:
        print_fields({name.replace("_", " "): value for name, value in incident.items()})


def _end(until: str, now: datetime) -> datetime:
    """Return the end that `until` states: a duration from `now`, or a time, local if it has no zone."""
    from spine.core.duration import parse_duration
    from spine.core.errors import ValidationError

    with suppress(ValidationError):
        return now + parse_duration(until)
    try:
        ends_at = datetime.fromisoformat(until).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(f"{until!r:.80} is not 30m, 2h, 3d or a time such as 2026-12-01T06:00") from error
    if ends_at <= now:
        raise click.BadParameter(f"{until} has passed: use a time in the future")
    return ends_at
