"""Backfills on the command line: progress on stderr, the summary at the end, signals."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import click

from spine.cli.amounts import pace
from spine.cli.cells import plain
from spine.cli.live import displayed
from spine.cli.output import cell, print_fields, print_json, print_table, shown_id
from spine.cli.run_report import TERMINATED
from spine.cli.screen import on_stderr
from spine.core.plain_text import counted

if TYPE_CHECKING:
    from spine.app.backfill import BackfillOutcome
    from spine.cli.session import Session
    from spine.project import Project
    from spine.scheduling.backfill import Backfill
    from spine.scheduling.backfiller import BackfillProgress

_REPORT_SECONDS = 1.0
_SHOWN = 20  # failed partitions, in the summary


class _Signals:
    """The signal that asked this process to end, and the event that it sets."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.number: int | None = None

    def on_signal(self, number: int, _frame: object) -> None:
        self.number = number
        self.stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a second Ctrl-C interrupts the wait for the steps

    @property
    def code(self) -> int:
        return 130 if self.number == signal.SIGINT else TERMINATED


@contextmanager
def _signals() -> Iterator[_Signals]:
    found = _Signals()
    before = {number: signal.signal(number, found.on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield found
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def follow(session: Session, project: Project, execute: Callable[..., BackfillOutcome], what: Any) -> dict[str, Any]:
    """Execute a backfill in this process, show its progress, and return it at its end.

    The command exits if a signal stops it before.
    """
    begun: list[Backfill] = []
    followed = _Followed()

    def begin(backfill: Backfill) -> None:
        begun.append(backfill)
        if not session.quiet:
            click.echo(
                f"backfill {on_stderr().id_of(backfill.id)}: {counted(len(backfill.partitions), 'partition')}", err=True
            )

    shown = nullcontext() if session.quiet else displayed(followed.lines)
    with _signals() as signals:
        with shown:
            outcome = execute(what, signals.stop, followed, on_begin=begin, report_seconds=_REPORT_SECONDS)
        ended = outcome.backfill
        if ended is None:
            click.echo(f"stopped; continue with: spine backfills resume {shown_id(begun[0].id)}", err=True)
            if not outcome.is_parked:
                click.echo("some steps did not stop: their runs are left to the next process", err=True)
                sys.stderr.flush()
                os._exit(signals.code)
            raise SystemExit(signals.code)
    found = project.backfills.find(ended.id)
    found["refused"] = [{"partition": ended.locks()[lock], "error": said} for lock, said in outcome.refused.items()]
    return found


class _Followed:
    """The newest progress of a backfill, and how fast it has been since the first one."""

    def __init__(self) -> None:
        self._progress: BackfillProgress | None = None
        self._first: tuple[float, int] | None = None

    def __call__(self, progress: BackfillProgress) -> None:
        self._progress = progress
        if self._first is None:
            self._first = (time.monotonic(), progress.counts.done)

    def lines(self, _columns: int | None) -> list[str]:
        """Return one line, none before the first report."""
        if self._progress is None or self._first is None:
            return []
        (since, before), counts = self._first, self._progress.counts
        passed = time.monotonic() - since
        speed = pace(counts.done - before, counts.total - before, passed)
        return ["  ".join((progress_line(self._progress), *speed))]


def progress_line(progress: BackfillProgress) -> str:
    """Return one line, such as `120 of 365 done, 3 failed, 8 running, 234 left`."""
    parts = [f"{progress.counts.done:,} of {progress.counts.total:,} done", *_parts(progress.counts.to_dict())]
    if progress.busy:
        parts.append(f"{progress.busy:,} wait for other runs of their partition")
    return ", ".join(parts)


def print_plan(backfill: Backfill, *, as_json: bool) -> None:
    """Print the partitions of a backfill that is not stored."""
    if as_json:
        print_json({"workflow_name": backfill.workflow_name, "partitions": [dict(key) for key in backfill.partitions]})
        return
    if not backfill.partitions:
        click.echo("nothing to run: the range has no such partition")
        return
    print_table(backfill.partitions, list(backfill.partitions[0]), "")
    click.echo(f"{counted(len(backfill.partitions), 'partition')} would run")


def print_backfill(row: Mapping[str, Any], *, as_json: bool, with_runs: bool = False) -> None:
    """Print a backfill: one summary with the failed partitions, or all of it."""
    if as_json:
        print_json(row)
        return
    from spine.orchestration.status import WorkflowStatus
    from spine.scheduling.backfill import BackfillStatus

    if with_runs:
        names = ("id", "workflow_name", "status", "params", "created_at", "completed_at", "lease_owner")
        print_fields({name: row[name] for name in names if row[name] != {}} | {"status": state_of(row)})
    head = f"{plain(row['workflow_name'])}: {state_of(row)}, " if not with_runs else ""
    click.echo(f"{head}{counts_of(row)}")
    shown = [run for run in row["runs"] if with_runs or WorkflowStatus[run["status"]].has_failed]
    for run in shown if with_runs else shown[:_SHOWN]:
        note = "of another" if run["elsewhere"] else cell(run["error"] or run["outcome"])
        state = f"{run['status']} (process gone)" if run["is_abandoned"] else run["status"]
        click.echo(f"  {cell(run['partition'])}  {state}  {plain(run['run_id'])}  {note}".rstrip())
    for refused in row.get("refused", []):
        click.echo(f"  {cell(refused['partition'])}  not started: {plain(refused['error'])}")
    if BackfillStatus(row["status"]).can_be_resumed:
        click.echo(f"  resume: spine backfills resume {shown_id(row['id'])}")


def state_of(row: Mapping[str, Any]) -> str:
    """Return the status of a backfill; of one that no process executes, why, and of one that is to end, that."""
    if row["status"] == "RUNNING" and row["cancel_requested_at"] is not None:
        return "RUNNING (cancelling)"
    if row["status"] != "PENDING":
        return str(row["status"])
    return "PENDING (process gone)" if row["is_abandoned"] else "PENDING (stopped)"


def counts_of(row: Mapping[str, Any]) -> str:
    """Return how far a backfill is: `3 of 10 partitions done, 1 failed, 2 interrupted, 4 left`.

    Interrupted are runs whose own process has ended: a worker may execute them when that of the backfill is gone.
    """
    from spine.scheduling.backfill import BackfillCounts

    counts = row["counts"]
    done = f"{BackfillCounts(**counts).done:,} of {counts['total']:,} partitions done"
    apart = {"waiting": row["waiting"], "interrupted": row["interrupted"]}
    return ", ".join([done, *_parts({**counts, **apart, "running": counts["running"] - sum(apart.values())})])


def _parts(counts: Mapping[str, int]) -> list[str]:
    names = {"elsewhere": "by other runs"}
    shown = ("unchanged", "elsewhere", "failed", "cancelled", "running", "waiting", "interrupted", "left")
    return [f"{counts[name]:,} {names.get(name, name)}" for name in shown if counts.get(name)]
