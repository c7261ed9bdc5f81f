"""Losses of a run that do not fail it: rejected rows, warnings of contracts, and tolerated failures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from spine.cli.cells import plain
from spine.cli.failure_view import last_lines
from spine.cli.output import shown_id
from spine.core.plain_text import counted

if TYPE_CHECKING:
    from spine.orchestration import StepExecution, WorkflowResult
    from spine.project import Project


@frozen
class Losses:
    """Number of rejected rows and of warnings of a run and its children, and a phrase for each tolerated failure.

    `logged` has the last lines that each failed step logged.
    """

    rejected_rows: int = 0
    contract_warnings: int = 0
    tolerated: Sequence[str] = ()
    logged: Mapping[str, Sequence[str]] = field(factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "rejected_rows": self.rejected_rows,
            "contract_warnings": self.contract_warnings,
            "tolerated": list(self.tolerated),
        }

    def lines(self, run_id: str) -> Iterator[str]:
        """Yield the losses as lines of the summary."""
        run = shown_id(run_id)
        for phrase in self.tolerated:
            yield f"tolerated: {phrase}; no alert is raised for it"
        if self.rejected_rows:
            yield f"rejected: {counted(self.rejected_rows, 'row')}: spine runs show {run}"
        if self.contract_warnings:
            yield f"{counted(self.contract_warnings, 'warning')} of contracts: spine runs show {run}"


def losses_of(project: Project, result: WorkflowResult) -> Losses:
    """Return the losses of a run in the project's history."""
    failed = [child for child in project.runs.children(result.run_id) if child["status"] == "FAILED"]
    tolerated = _tolerated(result, [child["workflow_name"] for child in failed]) if result.status.is_good else ()
    runs = project.runs
    logged = {
        step.step_name: last_lines(runs, result.run_id, step.step_name)
        for step in result.step_executions
        if step.failure is not None
    }
    return Losses(runs.count_rejects(result.run_id), runs.count_warnings(result.run_id), tuple(tolerated), logged)


def _tolerated(result: WorkflowResult, failed_children: Sequence[str]) -> Iterator[str]:
    for execution in result.step_executions:
        if execution.error is not None:
            yield f"step {plain(execution.step_name)} failed, and its on_error is CONTINUE"
        elif execution.step_type == "map" and (count := _failed_items(execution.output)):
            yield f"{count} of {counted(execution.output['count'], 'item')} of {plain(execution.step_name)} failed"
        elif execution.step_type == "parallel":
            yield from _failed_branches(result, execution, failed_children)


def _failed_items(output: Mapping[str, Any]) -> int:
    return int(output.get("failed") or 0)


def _failed_branches(result: WorkflowResult, execution: StepExecution, failed_children: Sequence[str]) -> Iterator[str]:
    head = f"{result.workflow_name}.{execution.step_name}."
    for branch in sorted({name.removeprefix(head) for name in failed_children if name.startswith(head)}):
        yield f"branch {plain(branch)} of {plain(execution.step_name)} failed"
