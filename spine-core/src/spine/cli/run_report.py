"""Report of a run at its end, and its exit code."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from spine.cli.cells import plain
from spine.cli.output import cell, print_json, seconds, shown_id, shown_time

if TYPE_CHECKING:
    from spine.cli.run_losses import Losses
    from spine.orchestration import StepExecution, WorkflowResult, WorkflowStatus
    from spine.orchestration.events import RunEvent

_GOES_TO = "next_step"  # a choice's output: the steps that follow show it
_LABELS = {"record_count": "rows"}
_LONGEST_FIGURE = 40
TERMINATED = 143  # 128 + SIGTERM, as in shells


_NO_LOSSES = {"rejected_rows": 0, "contract_warnings": 0, "tolerated": []}
_TOLERANT = ("map", "parallel", "workflow")  # types of steps whose losses are not among the run's own


class RejectWatch:
    """Run listener that notices rejected rows and warnings: most runs have none, and their history is not read."""

    has_seen = False

    def on_event(self, event: RunEvent) -> None:
        """Take the number of rejected rows, and of warnings of contracts, of an attempt."""
        self.has_seen |= getattr(event, "reject_count", 0) > 0 or getattr(event, "warning_count", 0) > 0

    def may_have_lost(self, result: WorkflowResult) -> bool:
        """Return whether the run may have rejected rows, warnings, or failures that it tolerated."""
        return self.has_seen or any(step.error or step.step_type in _TOLERANT for step in result.step_executions)


def report_run(
    result: WorkflowResult,
    losses: Losses | None = None,
    *,
    as_json: bool,
    whole: bool = False,
    is_resumed: bool = False,
) -> int:
    """Print the run with its losses, with `whole` the tracebacks of its failures.

    The time that a run took that `is_resumed` has that in which it did not run.

    Return 0 if it completed or waits, 143 if its process was asked to end before, else 1.
    """
    if as_json:
        print_json({**result.to_dict(), **(_NO_LOSSES if losses is None else losses.to_dict())})
    else:
        _summarize(result, losses, is_resumed=is_resumed)
        _print_failures(result, losses, whole=whole)
        logged = {} if losses is None else losses.logged
        maps = [step.step_name for step in result.step_executions if step.step_type == "map" and step.error is not None]
        logged_steps = [step for step, lines in logged.items() if lines]
        for line in next_commands(result.run_id, result.status, logged_steps, maps):
            click.echo(f"  {line}")
    if result.status.name == "PENDING":
        return TERMINATED
    return exit_code(result.status)


def exit_code(status: WorkflowStatus) -> int:
    """Return 0 if the run completed, or waits and continues by itself, else 1."""
    return 0 if status.is_good or status.name == "WAITING" else 1


def _summarize(result: WorkflowResult, losses: Losses | None, *, is_resumed: bool) -> None:
    took = seconds(round((result.duration_seconds or 0) * 1000))
    took = f", {took} after its first start" if is_resumed else f" in {took}"
    ending = f" until {shown_time(result.wake_at)}" if result.wake_at else took
    click.echo(f"{plain(result.headline)}{ending}")
    lines = {execution.step_name: _line(execution) for execution in result.step_executions}
    width = max((len(name) for name, line in lines.items() if line), default=0)
    for name, line in lines.items():
        if line:
            click.echo(f"  {name.ljust(width)}  {line}")
    for line in () if losses is None else losses.lines(result.run_id):
        click.echo(f"  {line}")


def next_commands(
    run_id: str, status: WorkflowStatus, logged: Sequence[str], maps: Sequence[str] = ()
) -> Iterator[str]:
    """Yield what to type next for a run that did not complete, in this order.

    `logged` are the failed steps that have a log, `maps` the map steps with failed items.
    """
    run = shown_id(run_id)
    if status.name != "COMPLETED":
        yield f"look closer: spine runs show {run}"
    for step in maps:
        yield f"the failed items: spine runs items {run} {shlex.quote(plain(step))} --failed"
    for step in logged[:1]:
        yield f"the whole log: spine runs logs {run} --step {shlex.quote(plain(step))}"
    if status.needs_resume:
        yield f"resume: spine runs resume {run}"


def _print_failures(result: WorkflowResult, losses: Losses | None, *, whole: bool) -> None:
    failures = {step.step_name: step.failure for step in result.step_executions if step.failure is not None}
    if not failures:
        return
    from spine.cli.failure_view import failure_lines  # most runs succeed

    for step, failure in failures.items():
        logged = () if losses is None else losses.logged.get(step, ())
        for line in (*failure_lines(failure, whole=whole), *logged):
            click.echo(f"  {plain(line)}")


def _line(execution: StepExecution) -> str:
    """Return a step's error, the reason of its skip, or the numbers of its output."""
    if execution.error is not None:
        return f"{execution.status.name}: {plain(execution.error)}"
    output = execution.output
    if set(output) == {"reason"}:
        return cell(output["reason"])
    return ", ".join(
        f"{_LABELS.get(key) or plain(key).replace('_', ' ')} {_figure(value)}"
        for key, value in output.items()
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and key != _GOES_TO
    )


def _figure(value: str | float) -> str:
    shown = cell(value)
    return shown if len(shown) <= _LONGEST_FIGURE else f"{shown[:_LONGEST_FIGURE]}..."
