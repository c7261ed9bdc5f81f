"""`spine scheduler`: the service that starts scheduled runs."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import click

from spine.cli.health_option import Address, health_option, serving_health
from spine.cli.output import json_option, print_rows
from spine.cli.run_report import TERMINATED
from spine.cli.service_log import NextTimes, ServiceLog, log_format_option, service_log
from spine.cli.session import Session
from spine.core.plain_text import counted

if TYPE_CHECKING:
    from spine.app import Application
    from spine.scheduling.scheduler import Status


@click.group()
def scheduler() -> None:
    """The service that starts scheduled runs."""


@scheduler.command()
@click.option("--status", is_flag=True, help="Show the state of the project's schedulers on this machine.")
@health_option
@log_format_option
@json_option
@click.pass_obj
def run(session: Session, status: bool, health: Address | None, log_format: str, as_json: bool) -> int:
    """Start scheduled runs until SIGTERM or Ctrl-C; any number of schedulers may share a database.

    Each run is a line on stderr when it ends, with the next time of its schedule; -q leaves these out. It also resumes
    runs that wait or whose process died, sends pending alerts, and prunes the history.
    With --status it starts nothing, and exits with 1 unless a scheduler runs and is well; `hung` counts its threads
    that were left behind, since the code that they run does not return.
    """
    from spine.app.health_file import read_health

    if not status:
        with service_log(session, log_format) as log, session.open() as opened:
            _serve(session, opened.application, health, log)
        return 0
    with session.open_history(with_modules=False) as opened:
        rows = read_health(opened.application.settings.root)
    columns = ["process", "well", "started_at", "beat_at", "ticks", "runs_going", "hung", "last_error"]
    print_rows(rows, columns, "no scheduler runs here: start one with spine scheduler run", as_json=as_json)
    return 0 if any(row["well"] for row in rows) else 1


def _serve(session: Session, project: Application, address: Address | None, log: ServiceLog) -> None:
    from spine.app.health_file import health_file
    from spine.scheduling.store import StoreGoneError

    log.next_of = NextTimes(project)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    with health_file(project.settings.root) as file, serving_health(project, address, stop, log.say) as health:
        _warn(project, log)

        def on_beat(status: Status) -> None:
            health.beat(status.last_error)
            file.write(status)

        service = project.scheduler(on_beat)
        if not session.quiet:
            count = sum(record.gone_at is None for record in project.schedules.list_schedules())
            log.say(f"{counted(count, 'schedule')}; stop with Ctrl-C")
        grace_seconds = project.settings.runs.grace_seconds
        try:
            is_parked = service.run(stop, grace_seconds)
        except StoreGoneError as error:
            if not len(service.pool):
                raise
            file.path.unlink(missing_ok=True)
            _end(log, str(error), logging.ERROR, 1)
    if not is_parked:
        left = counted(len(service.pool), "run")
        said = f"{left} did not stop within {grace_seconds:g} s: the next scheduler resumes them"
        _end(log, said, logging.INFO, TERMINATED)


def _warn(project: Application, log: ServiceLog) -> None:
    """Print the declarations that will make runs fail, as `spine doctor` finds them."""
    from spine.app.checks.declared import check_built

    for finding in check_built(project):
        log.say(f"{finding.check}: {finding.says}; mend it: {finding.fix}", logging.WARNING)


def _end(log: ServiceLog, sentence: str, level: int, code: int) -> None:
    """End the process at once; the interpreter would wait for the steps that did not stop."""
    log.say(sentence, level)
    sys.stderr.flush()
    os._exit(code)
