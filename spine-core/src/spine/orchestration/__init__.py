"""Workflows: steps in order, with a context passed from one to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spine.core.lazy import lazy_names

if TYPE_CHECKING:
    from spine.core.errors import ErrorCategory
    from spine.framework.work import bound
    from spine.orchestration.context import WorkflowContext
    from spine.orchestration.definition.options import ErrorPolicy
    from spine.orchestration.definition.retry import RetryPolicy
    from spine.orchestration.definition.spec import Branch, StepSpec, TimeoutBy
    from spine.orchestration.definition.step import END, Step, StepType
    from spine.orchestration.definition.workflow import Workflow
    from spine.orchestration.engine.runner import WorkflowRunner
    from spine.orchestration.partitions import Daily, Monthly, Partitions, Static, Weekly
    from spine.orchestration.registry import WorkflowRegistry, workflow_registry
    from spine.orchestration.result import StepExecution, WorkflowResult
    from spine.orchestration.status import StepStatus, WorkflowStatus
    from spine.orchestration.step_result import QualityMetrics, StepResult
    from spine.orchestration.steptypes.base import Preview

__all__ = [
    "END",
    "Branch",
    "Daily",
    "ErrorCategory",
    "ErrorPolicy",
    "Monthly",
    "Partitions",
    "Preview",
    "QualityMetrics",
    "RetryPolicy",
    "Static",
    "Step",
    "StepExecution",
    "StepResult",
    "StepSpec",
    "StepStatus",
    "StepType",
    "TimeoutBy",
    "Weekly",
    "Workflow",
    "WorkflowContext",
    "WorkflowRegistry",
    "WorkflowResult",
    "WorkflowRunner",
    "WorkflowStatus",
    "bound",
    "workflow_registry",
]

if not TYPE_CHECKING:  # type checkers know the names above; a command that reads the history imports no engine
    __getattr__ = lazy_names(
        __name__,
        {
            "spine.core.errors": ["ErrorCategory"],
            "spine.framework.work": ["bound"],
            "spine.orchestration.context": ["WorkflowContext"],
            "spine.orchestration.definition.options": ["ErrorPolicy"],
            "spine.orchestration.definition.retry": ["RetryPolicy"],
            "spine.orchestration.definition.spec": ["Branch", "StepSpec", "TimeoutBy"],
            "spine.orchestration.definition.step": ["END", "Step", "StepType"],
            "spine.orchestration.definition.workflow": ["Workflow"],
            "spine.orchestration.engine.runner": ["WorkflowRunner"],
            "spine.orchestration.partitions": ["Daily", "Monthly", "Partitions", "Static", "Weekly"],
            "spine.orchestration.registry": ["WorkflowRegistry", "workflow_registry"],
            "spine.orchestration.result": ["StepExecution", "WorkflowResult"],
            "spine.orchestration.status": ["StepStatus", "WorkflowStatus"],
            "spine.orchestration.step_result": ["QualityMetrics", "StepResult"],
            "spine.orchestration.steptypes.base": ["Preview"],
        },
    )
