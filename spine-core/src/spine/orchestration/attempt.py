"""One attempt of a step: run it, and turn whatever it returns or raises into a StepResult that a store can keep."""

from __future__ import annotations

from spine.core.errors import WorkflowError
from spine.core.jsonvalue import to_json_value
from spine.framework.work import Work, use_work
from spine.orchestration.context import WorkflowContext
from spine.orchestration.step import Step
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import StepServices, StepTypeHandler
from spine.orchestration.workflow import Workflow
from spine.plugins.catalog import load_class


class Attempt:
    """The n-th try of a step; what it stages is in `work.staged` afterwards."""

    def __init__(
        self,
        step: Step,
        context: WorkflowContext,
        services: StepServices,
        number: int,
        workflow: Workflow,
        refresh: bool,
    ) -> None:
        self._step = step
        self._context = context
        self._services = services
        self.work = Work(
            run_id=context.run_id,
            workflow=workflow.name,
            workflow_version=workflow.version,
            step=step.name,
            attempt=number,
            pipeline=step.pipeline_name,
            domain=workflow.domain or None,
            partition=context.partition,
            outputs=context.outputs,
            refresh=refresh,
        )

    def run(self) -> StepResult:
        """Return the result; only an interrupt (KeyboardInterrupt) is raised."""
        try:
            with use_work(self.work):
                return self._checked(self._handler().execute(self._step, self._context, self._services))
        except SystemExit as error:
            return StepResult.fail(
                WorkflowError(f"step {self._step.name!r} called sys.exit({error.code!r}): raise an error instead")
            )
        except Exception as error:  # noqa: BLE001 - a failing step is a result that keeps the error's category
            return StepResult.fail(error)

    def _handler(self) -> StepTypeHandler:
        handler: StepTypeHandler = load_class("step_type", self._step.kind)()
        return handler

    def _checked(self, result: StepResult) -> StepResult:
        """Replace output and updates by their JSON values, so that a resumed run sees what this one saw."""
        where = f"the output of step {self._step.name!r}"
        result.output = to_json_value(result.output, where)
        result.context_updates = to_json_value(
            result.context_updates, f"the context updates of step {self._step.name!r}"
        )
        result.events = to_json_value(result.events, f"the events of step {self._step.name!r}")
        if result.quality is not None:
            to_json_value(result.quality.to_dict(), f"the quality metrics of step {self._step.name!r}")
        return result
