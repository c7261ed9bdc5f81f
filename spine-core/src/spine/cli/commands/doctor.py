"""`spine doctor`: whether everything that a project needs is well."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import click

from spine.cli.output import json_option, print_rows
from spine.cli.session import Session

if TYPE_CHECKING:
    from spine.app import Application

_MOST_SKEW_SECONDS = 2.0
_LEAST_FREE_BYTES = 100 * 2**20


@click.command()
@json_option
@click.pass_obj
def doctor(session: Session, as_json: bool) -> int:
    """Check that everything a project needs is well.

    That is its database and tables, this machine's clock against the database's, free space, schedules, plugins, and
    the channels' last deliveries. Exits with 1 if something is not.
    """
    with session.open() as opened:
        project = opened.application
        rows = [_database(project), _clock(project), _space(project), _schedules(project)]
        rows += [*_plugins(project), *_channels(project)]
    print_rows(rows, ["check", "well", "says"], "nothing to check", as_json=as_json)
    return 0 if all(row["well"] for row in rows) else 1


def _row(check: str, well: bool, says: str) -> dict[str, Any]:
    return {"check": check, "well": well, "says": says}


def _database(project: Application) -> dict[str, Any]:
    return _row("database", True, f"{project.adapter!r} has tables of this version")


def _clock(project: Application) -> dict[str, Any]:
    from spine.core.clock import utc_now
    from spine.storage.clock import StoreClock

    before = utc_now()
    there = StoreClock(project.adapter).now()
    skew = (before + (utc_now() - before) / 2 - there).total_seconds()
    says = f"this machine is {abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} the database, whose time counts"
    return _row("clock", abs(skew) <= _MOST_SKEW_SECONDS, says)


def _space(project: Application) -> dict[str, Any]:
    free = shutil.disk_usage(project.settings.root).free
    return _row("disk", free >= _LEAST_FREE_BYTES, f"{free / 2**30:.1f} GiB are free where the project is")


def _schedules(project: Application) -> dict[str, Any]:
    found = project.schedules.list_schedules()
    paused = sum(record.paused_at is not None for record in found)
    return _row("schedules", True, f"{len(found)} are valid, {paused} of them paused")


def _plugins(project: Application) -> list[dict[str, Any]]:
    faulty = [report for report in project.catalog.reports if report.is_at_fault]
    return [_row(f"plugin {report.label}", False, f"{report.state.value}: {report.reason}") for report in faulty]


def _channels(project: Application) -> list[dict[str, Any]]:
    from spine.storage.alerts.queries import list_channels

    project.sync_channels()
    return [
        _row(
            f"channel {row['name']}",
            row["consecutive_failures"] == 0,
            f"{row['consecutive_failures']} failures since the last success: spine alerts test {row['name']}"
            if row["consecutive_failures"]
            else "its last delivery arrived"
            if row["last_success_at"]
            else "nothing was sent yet",
        )
        for row in list_channels(project.adapter)
    ]
