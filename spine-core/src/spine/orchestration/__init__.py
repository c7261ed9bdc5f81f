"""Workflows: steps in order, with a context passed from one to the next."""

from spine.core.errors import ErrorCategory
from spine.framework.work import bound
from spine.orchestration.context import WorkflowContext
from spine.orchestration.definition.options import ErrorPolicy
from spine.orchestration.definition.retry import RetryPolicy
from spine.orchestration.definition.spec import Branch, StepSpec, TimeoutBy
from spine.orchestration.definition.step import END, Step, StepType
from spine.orchestration.definition.workflow import Workflow
from spine.orchestration.engine.runner import WorkflowRunner
from spine.orchestration.registry import WorkflowRegistry, workflow_registry
from spine.orchestration.result import StepExecution, WorkflowResult
from spine.orchestration.status import StepStatus, WorkflowStatus
from spine.orchestration.step_result import QualityMetrics, StepResult
from spine.orchestration.steptypes.base import Preview

__all__ = [
    "END",
    "Branch",
    "ErrorCategory",
    "ErrorPolicy",
    "Preview",
    "QualityMetrics",
    "RetryPolicy",
    "Step",
    "StepExecution",
    "StepResult",
    "StepSpec",
    "StepStatus",
    "StepType",
    "TimeoutBy",
    "Workflow",
    "WorkflowContext",
    "WorkflowRegistry",
    "WorkflowResult",
    "WorkflowRunner",
    "WorkflowStatus",
    "bound",
    "workflow_registry",
]
