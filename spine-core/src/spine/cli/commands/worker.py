"""`spine worker`: the service that executes the runs of a run queue."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import click

from spine.cli.health_option import Address, health_option, serving_health
from spine.cli.run_report import TERMINATED
from spine.cli.service_log import NextTimes, ServiceLog, log_format_option, service_log
from spine.cli.session import Session
from spine.core.plain_text import counted

if TYPE_CHECKING:
    from spine.app import Application
    from spine.app.health_server import Health
    from spine.scheduling.worker import Worker

_AWAY_SECONDS = 2.0


@click.group()
def worker() -> None:
    """The service that executes runs which wait in a queue."""


def _names(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> list[str]:
    if text is None:
        return []
    from spine.core.errors import ValidationError
    from spine.orchestration.run_queue import check_queue

    try:
        return [check_queue(name.strip()) for name in text.split(",")]
    except ValidationError as error:
        raise click.BadParameter(str(error)) from error


@worker.command()
@click.option("--queues", metavar="A,B", callback=_names, help="Only these (default: of all workflows).")
@click.option("--concurrency", type=click.IntRange(1), metavar="N", help="Runs at once ([scheduler] workers).")
@health_option
@log_format_option
@click.pass_obj
def run(session: Session, queues: list[str], concurrency: int | None, health: Address | None, log_format: str) -> None:
    """Execute enqueued runs until SIGTERM or Ctrl-C; any number of workers may run, on any number of machines.

    Workflows name their queue and priority. At the end, active runs park after their steps, and other workers resume
    them. A run of another version of a workflow is left to a worker that has it.
    """
    with service_log(session, log_format) as log, session.open() as project:
        log.next_of = NextTimes(project.application)
        _work(log, project.application, queues, concurrency, health, quiet=session.quiet)


def _work(
    log: ServiceLog,
    application: Application,
    queues: list[str],
    concurrency: int | None,
    address: Address | None,
    *,
    quiet: bool,
) -> None:
    from spine.app.workers import declared_queues, definition_hashes

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    grace_seconds = application.settings.runs.grace_seconds
    at_once = concurrency or application.settings.scheduler.workers
    with serving_health(application, address, stop, log.say) as health:
        service = _service(log, application, queues, at_once, health, stop)
        if service is None:
            return
        if not quiet:
            log.say(f"{counted(at_once, 'run')} at once, from {', '.join(service.queues)}; stop with Ctrl-C")
        if not definition_hashes():
            log.say("this project has no workflow, so it executes no run: see [spine] modules", logging.WARNING)
        for name in sorted({*queues}.difference(declared_queues())):
            log.say(f"no workflow of this project has the queue {name!r}", logging.WARNING)
        is_parked = service.run(stop, grace_seconds)
    if not is_parked:
        left = counted(len(service), "run")
        log.say(f"{left} did not stop within {grace_seconds:g} s: another worker resumes them")
        sys.stderr.flush()
        os._exit(TERMINATED)  # the interpreter would wait for the steps that did not stop


def _service(
    log: ServiceLog, application: Application, queues: list[str], at_once: int, health: Health, stop: threading.Event
) -> Worker | None:
    """Make the worker; wait for a database that is away, as it may start together with this process."""
    from spine.app.workers import make_worker
    from spine.core.errors import SpineError

    while not stop.is_set():
        try:
            return make_worker(application, queues, at_once, health.beat)
        except SpineError as error:
            if not error.retryable:
                raise
            health.beat(str(error))
            log.say(f"{error}; asked again in {_AWAY_SECONDS:g} s", logging.WARNING)
            stop.wait(_AWAY_SECONDS)
    return None
