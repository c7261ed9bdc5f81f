"""Alerts that need somebody: what is overdue, how open incidents end, and what to type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from spine.cli.cells import plain
from spine.cli.output import shown_id
from spine.cli.screen import on_stdout
from spine.cli.table import field_lines
from spine.core.plain_text import counted

_LISTED = 3


def ending(alert: Mapping[str, Any]) -> str:
    """Return how the open incident of an alert ends: by the next success of a run, or only by hand."""
    if alert["ends_after"] is not None:
        return f"ends after {plain(alert['ends_after'])}"
    return "stays open until it is resolved"


def print_what_to_do(alerts: Sequence[Mapping[str, Any]]) -> None:
    """Print the commands for alerts that are overdue or given up, and for open incidents; nothing if there are none."""
    lines = [*_deliveries(alerts), *_incidents(alerts)]
    if lines:
        click.echo()
    for line in field_lines(lines, on_stdout()):
        click.echo(line)


def _deliveries(alerts: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    overdue = sum(alert["is_overdue"] for alert in alerts)
    if overdue:
        yield "overdue", f"{counted(overdue, 'alert')}, as no process delivers: spine alerts flush"
    given_up = next((alert for alert in alerts if alert["delivery"] == "FAILED"), None)
    if given_up is not None:
        yield "failed", f"to send it again: spine alerts retry {shown_id(given_up['id'])}"


def _incidents(alerts: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield for the open incidents, the newest first, how they end, and the commands."""
    newest = {alert["incident_id"]: alert for alert in reversed(alerts) if _is_open(alert)}
    found = list(newest.values())[::-1]
    for alert in found[:_LISTED]:
        yield "open", f"{shown_id(alert['id'])} {ending(alert)}"
    if len(found) > _LISTED:
        yield "open", f"{len(found) - _LISTED} more"
    if found:
        one = shown_id(found[0]["id"])
        yield "you work on it", f"spine alerts ack {one}"
        yield "it is over", f"spine alerts resolve {one}"


def _is_open(alert: Mapping[str, Any]) -> bool:
    return alert["incident_id"] is not None and alert["resolved_at"] is None
