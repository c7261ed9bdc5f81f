"""The log of a service on stderr: lines for readers, or one JSON object on each line."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from spine.cli.cells import plain
from spine.cli.output import json_line, seconds
from spine.core.clock import current_clock, utc_now
from spine.core.errors import SpineError
from spine.core.ids import trace_id_of
from spine.core.kept_text import kept_values, log_text
from spine.orchestration.isolation.project_address import mark_handler

if TYPE_CHECKING:
    from spine.app import Application
    from spine.cli.session import Session

SHOWN = "spine.scheduling"  # the logger whose messages are the log of a service
_RENEWED_SECONDS = 1.0  # next times are read at most so often, however many runs end
_SHOWN_OF_ID = 8

log_format_option = click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Lines for readers, or one JSON object on each line.",
)


class ServiceLog(logging.StreamHandler):  # type: ignore[type-arg]  # generic for type checkers only
    """Handler of the messages of a service, and of the sentences that its command says itself.

    `next_of` returns the next time of a schedule; it is called outside of the handler's lock.
    """

    def __init__(self, verbose: bool, quiet: bool, log_format: str) -> None:
        super().__init__(sys.stderr)
        self._verbose, self._quiet = verbose, quiet
        self.is_json = log_format == "json"
        self.next_of: Callable[[str], datetime | None] = lambda _schedule: None
        self.addFilter(self._takes)

    def say(self, sentence: str, level: int = logging.INFO) -> None:
        """Print a sentence of the command itself; as text without a time, which the messages have."""
        if self.is_json:
            click.echo(_json_line("spine.cli", level, utc_now(), sentence, {}), err=True)
        else:
            prefix = {logging.WARNING: "Warning: ", logging.ERROR: "Error: "}.get(level, "")
            click.echo(f"{prefix}{plain(sentence)}", err=True)

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a message; on all but the first, text is indented, so that no data can pass for one."""
        at = datetime.fromtimestamp(record.created, UTC)
        run: Mapping[str, Any] = getattr(record, "run", {})
        if self.is_json:
            return _json_line(record.name, record.levelno, at, log_text(record), run or _step_of_line())
        level = "" if record.levelno == logging.INFO else f"{record.levelname} "
        said = _run_line(run, at) if run else log_text(record)
        return f"{_clock(at)} {level}" + "\n  ".join(plain(line) for line in said.splitlines())

    def _takes(self, record: logging.LogRecord) -> bool:
        is_own = record.name == "spine" or record.name.startswith("spine.")
        is_shown = record.levelno >= logging.INFO and record.name == SHOWN and not self._quiet
        if record.levelno < logging.WARNING and not is_shown and not (self._verbose and is_own):
            return False
        run = getattr(record, "run", None)
        if run is not None and run["schedule"] is not None:
            record.run = {**run, "next_at": self.next_of(run["schedule"])}
        return True


def log_as_service(verbose: bool, quiet: bool, log_format: str) -> ServiceLog:
    """Log in this process, and in those of steps and items, as a service."""
    log = ServiceLog(verbose, quiet, log_format)
    here = f"{__name__}:{log_as_service.__name__}"
    mark_handler(log, here, verbose=verbose, quiet=quiet, log_format=log_format)
    logging.getLogger().addHandler(log)
    logging.getLogger().setLevel(logging.INFO)
    return log


@contextmanager
def service_log(session: Session, log_format: str) -> Iterator[ServiceLog]:
    """Log on stderr in this format inside the block, from the opening of the project on; as JSON, errors too."""
    log = log_as_service(session.verbose, session.quiet, log_format)
    try:
        yield log
    except SpineError as error:
        if not log.is_json:
            raise
        from spine.cli.failure import exit_code, sentence

        log.say(sentence(error), logging.ERROR)
        raise SystemExit(exit_code(error)) from error
    finally:
        logging.getLogger().removeHandler(log)


class NextTimes:
    """The next times of a project's schedules, read again when they may have changed."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._read_at: float | None = None
        self._times: dict[str, datetime | None] = {}

    def __call__(self, schedule: str) -> datetime | None:
        """Return the next time of a schedule; None if it is unknown, as for one that is paused."""
        now = current_clock().monotonic()
        if self._read_at is None or now - self._read_at >= _RENEWED_SECONDS:
            self._read_at = now
            with suppress(SpineError):  # the run has ended all the same
                found = self._application.recorded_schedules.list_schedules()
                self._times = {record.name: record.next_run_at for record in found if record.is_active}
        return self._times.get(schedule)


def _run_line(run: Mapping[str, Any], at: datetime) -> str:
    """Return `often -> people.flow 4c102f3a COMPLETED 0.19 s, next 10:28:55`."""
    schedule = f"{run['schedule']} -> " if run["schedule"] else ""
    partition = "".join(f" {key}={value}" for key, value in run["partition"].items())
    outcome = f" ({run['outcome']})" if run["outcome"] else ""
    took = "" if run["duration_seconds"] is None else f" {seconds(round(run['duration_seconds'] * 1000))}"
    where = f" at {run['error_step']}" if run["error_step"] else ""
    why = f"{where}: {plain(str(kept_values(run['error'])))}," if run["error"] else ""
    upcoming = run.get("next_at")
    then = "" if upcoming is None else f", next {_moment(upcoming, at)}"
    head = f"{schedule}{run['workflow']}{partition} {run['run_id'][-_SHOWN_OF_ID:]}"
    return f"{head} {run['status']}{outcome}{why}{took}{then}"


def _clock(at: datetime) -> str:
    return at.astimezone().strftime("%H:%M:%S")


def _moment(moment: datetime, now: datetime) -> str:
    """Return a time as that of a clock, with the date if it is of another day."""
    local = moment.astimezone()
    return _clock(moment) if local.date() == now.astimezone().date() else local.strftime("%Y-%m-%d %H:%M:%S")


def _step_of_line() -> Mapping[str, Any]:
    """Return the run, step and attempt whose code logs now, if any."""
    from spine.framework.work import current_work  # for JSON only

    work = current_work()
    if work is None or work.run_id is None:
        return {}
    return {"run_id": work.run_id, "step": work.step, "attempt": work.attempt}


def _json_line(logger: str, level: int, at: datetime, message: str, run: Mapping[str, Any]) -> str:
    said = {"time": at, "level": logging.getLevelName(level), "logger": logger, "message": message}
    about = {key: kept_values(value) for key, value in run.items() if key != "headline"}
    if "run_id" in run:
        about["trace_id"] = trace_id_of(run["run_id"])
    return json_line({**said, **about})
