"""Result of a run, as `WorkflowRunner.execute` returns it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import asdict, field, frozen

from spine.core.result import Outcome
from spine.orchestration.context import WorkflowContext
from spine.orchestration.records import RunRecord, StepRecord
from spine.orchestration.status import StepStatus, WorkflowStatus

if TYPE_CHECKING:
    from spine.orchestration.steptypes.base import PlannedStep


@frozen
class StepExecution:
    """Last attempt of a step, or its skip; errors are text."""

    step_name: str
    step_type: str
    status: StepStatus
    attempt: int = 1
    started_at: datetime | None = None
    completed_at: datetime | None = None
    output: dict[str, Any] = field(factory=dict)
    error: str | None = None
    error_category: str | None = None
    failure: Mapping[str, Any] | None = None

    @property
    def duration_seconds(self) -> float | None:
        """Duration in seconds, None if it did not run."""
        if self.started_at is None or self.completed_at is None:
            return None
        return (self.completed_at - self.started_at).total_seconds()

    def to_dict(self) -> dict[str, Any]:
        return {
            "step_name": self.step_name,
            "step_type": self.step_type,
            "status": self.status.name,
            "attempt": self.attempt,
            "started_at": _iso(self.started_at),
            "completed_at": _iso(self.completed_at),
            "duration_seconds": self.duration_seconds,
            "output": self.output,
            "error": self.error,
            "error_category": self.error_category,
            **({} if self.failure is None else {"failure": dict(self.failure)}),
        }


@frozen
class WorkflowResult(Outcome):
    """Result of a run: its status, its final context, and the result of each step.

    `plan` is that of a dry run: every step with what a run would do.
    """

    workflow_name: str
    run_id: str
    status: WorkflowStatus
    context: WorkflowContext
    started_at: datetime
    completed_at: datetime | None = None
    step_executions: list[StepExecution] = field(factory=list)
    error_step: str | None = None
    error: str | None = None
    error_category: str | None = None
    error_retryable: bool | None = None
    outcome: str | None = None
    wake_at: datetime | None = None
    plan: Sequence[PlannedStep] = ()
    total_steps: int = field()

    @total_steps.default
    def _as_many_as_are_known(self) -> int:
        return len(self.step_executions)

    @property
    def duration_seconds(self) -> float | None:
        """Duration in seconds."""
        return (self.completed_at - self.started_at).total_seconds() if self.completed_at else None

    @property
    def headline(self) -> str:
        """The workflow, its partition and the status on one line: `prices day=2026-01-05: COMPLETED (unchanged)`."""
        partition = "".join(f" {key}={value}" for key, value in self.context.partition.items())
        outcome = f" ({self.outcome})" if self.outcome else ""
        return f"{self.workflow_name}{partition}: {self.status.name}{outcome}"

    @property
    def completed_steps(self) -> list[str]:
        """Names of the completed steps."""
        return self._names(StepStatus.COMPLETED)

    @property
    def failed_steps(self) -> list[str]:
        """Names of the failed steps."""
        return self._names(StepStatus.FAILED)

    @property
    def skipped_steps(self) -> list[str]:
        """Names of the skipped steps."""
        return self._names(StepStatus.SKIPPED)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, with status names in upper case."""
        return {
            "workflow_name": self.workflow_name,
            "run_id": self.run_id,
            "status": self.status.name,
            "outcome": self.outcome,
            "wake_at": _iso(self.wake_at),
            "params": dict(self.context.params),
            "partition": dict(self.context.partition),
            "started_at": _iso(self.started_at),
            "completed_at": _iso(self.completed_at),
            "duration_seconds": self.duration_seconds,
            "total_steps": self.total_steps,
            "completed_steps": self.completed_steps,
            "failed_steps": self.failed_steps,
            "skipped_steps": self.skipped_steps,
            "error_step": self.error_step,
            "error": self.error,
            "error_category": self.error_category,
            "steps": [execution.to_dict() for execution in self.step_executions],
            **({"plan": [asdict(step) for step in self.plan]} if self.plan else {}),
        }

    def _names(self, status: StepStatus) -> list[str]:
        return [execution.step_name for execution in self.step_executions if execution.status is status]


def result_of(run: RunRecord, context: WorkflowContext, records: Sequence[StepRecord]) -> WorkflowResult:
    """Return the result of a run; `records` are the latest ones of the steps.

    Skipped steps are in workflow order among themselves, since some are only known at the end.
    """
    skipped = iter(sorted((r for r in records if r.status is StepStatus.SKIPPED), key=lambda r: r.step_order))
    records = [next(skipped) if record.status is StepStatus.SKIPPED else record for record in records]
    return WorkflowResult(
        workflow_name=run.workflow_name,
        run_id=run.run_id,
        status=run.status,
        context=context,
        started_at=run.started_at,
        completed_at=run.completed_at,
        step_executions=[_execution(record) for record in records],
        error_step=run.error_step,
        error=run.error,
        error_category=run.error_category,
        error_retryable=run.error_retryable,
        outcome=run.outcome,
        total_steps=run.total_steps,
        wake_at=run.wake_at,
    )


def _execution(record: StepRecord) -> StepExecution:
    return StepExecution(
        step_name=record.step_name,
        step_type=record.step_type,
        status=record.status,
        attempt=record.attempt,
        started_at=record.started_at,
        completed_at=record.completed_at,
        output=dict(record.outputs),
        error=record.error,
        error_category=record.error_category,
        failure=record.failure,
    )


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
