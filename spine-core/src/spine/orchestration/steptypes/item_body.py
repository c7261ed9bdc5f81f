"""Body of a map step, a function or a pipeline, run for one item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from spine.core.errors import WorkflowError
from spine.core.jsonvalue import to_json_value
from spine.core.result import unwrapped
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.pipeline_run import run_pipeline

if TYPE_CHECKING:
    from spine.orchestration.context import WorkflowContext
    from spine.orchestration.steptypes.base import StepServices
    from spine.orchestration.steptypes.map_ import MapStepSpec


def run_item(
    step_name: str, spec: MapStepSpec, context: WorkflowContext, services: StepServices, item: Any
) -> StepResult:
    """Run the function or the pipeline of a map step for one item; its value is in the output as `value`."""
    if spec.pipeline_name is not None:
        params: Mapping[str, Any] = {**context.params, spec.item_param: item}
        metrics = run_pipeline(spec.pipeline_name, params, services).metrics
        return StepResult.ok({"value": to_json_value(metrics, f"an item's result of step {step_name!r}")})
    if spec.item_function is None:
        raise WorkflowError(f"map step {step_name!r} has no body: give it a workflow, a pipeline or a function")
    try:
        returned = unwrapped(spec.item_function(context, item))
    except SystemExit as error:
        raise WorkflowError(f"the function of step {step_name!r} called sys.exit({error.code!r})") from None
    if isinstance(returned, StepResult):
        if not returned.success:
            return returned
        returned = returned.output
    return StepResult.ok({"value": to_json_value(returned, f"an item's result of step {step_name!r}")})
