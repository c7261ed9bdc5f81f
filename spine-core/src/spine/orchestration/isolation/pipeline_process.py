"""Pipeline of a step on an executor of other processes: all data is passed as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, wait
from contextlib import closing
from typing import TYPE_CHECKING, Any

from spine.core.interrupts import INTERRUPTS
from spine.core.jsonvalue import to_json_value
from spine.framework.dispatcher import TriggerSource, get_dispatcher
from spine.framework.pipelines import PipelineResult
from spine.framework.work import Work, current_work
from spine.orchestration.engine.attempt import failed_by
from spine.orchestration.executors.base import Executor, Limits, Task, make_executor
from spine.orchestration.isolation.item_process import failed_from_json, failed_to_json, work_fields, working_there
from spine.orchestration.isolation.memory import ran_out_of_memory
from spine.orchestration.isolation.project_address import current_address
from spine.orchestration.isolation.staged_json import staged_from_json, staged_to_json
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import StepServices
from spine.orchestration.steptypes.pipeline_run import run_pipeline

if TYPE_CHECKING:
    from spine.orchestration.context import WorkflowContext
    from spine.orchestration.definition.step import Step

_LOOK_SECONDS = 0.05  # interval at which this process checks for a stop of its run


def run_pipeline_elsewhere(
    executor: str,
    pipeline: str,
    step: Step,
    context: WorkflowContext,
    params: Mapping[str, Any],
    services: StepServices,
) -> StepResult:
    """Run the pipeline of a step in a worker of an executor; what it staged is the step's.

    When the run or the time of the step is over, the worker is ended.
    """
    work = current_work() or Work(run_id=context.run_id, step=step.name)
    arguments = {
        "project": current_address(),
        "step": step.name,
        "pipeline": pipeline,
        "params": dict(params),
        "context": context.to_dict(),
        "work": work_fields(work),
        "trigger": services.trigger_source.value,
    }
    limits = Limits(f"step {step.name!r}", max_memory=step.max_memory)
    with closing(make_executor(executor, 1)) as opened:
        future = opened.submit(Task(run_pipeline_there, arguments, limits))
        try:
            while not wait([future], _LOOK_SECONDS).done:
                services.stop.check()
        except BaseException:
            _end(opened, future)
            raise
    answer = future.result()
    work.sources_read.extend(answer["sources_read"])
    if "failed" in answer:
        return failed_from_json(answer)
    work.stage(staged_from_json(answer["staged"]))
    result = StepResult.ok(answer["metrics"])
    result.outcome = answer["outcome"]
    return result


def run_pipeline_there(
    project: dict[str, str] | None,
    step: str,
    pipeline: str,
    params: dict[str, Any],
    context: dict[str, Any],
    work: dict[str, Any],
    trigger: str,
) -> dict[str, Any]:
    """Run a pipeline in this worker process, with the project opened again; its failure is in the answer."""
    with working_there(project, context, work) as (_, here):
        answer = _answer(step, pipeline, params, StepServices(get_dispatcher(), TriggerSource(trigger)), here)
        return {**answer, "sources_read": here.sources_read}


def _answer(
    step: str, pipeline: str, params: Mapping[str, Any], services: StepServices, here: Work
) -> Mapping[str, Any]:
    try:
        result: PipelineResult = run_pipeline(pipeline, params, services)
        metrics = to_json_value(result.metrics, f"the output of step {step!r}")
    except INTERRUPTS:
        raise
    except BaseException as error:
        if ran_out_of_memory(error):
            raise  # to the one who limits it
        return failed_to_json(failed_by(error, step))
    return {"metrics": metrics, "outcome": result.outcome, "staged": staged_to_json(here.staged)}


def _end(executor: Executor, future: Future[Any]) -> None:
    abandon = getattr(executor, "abandon", None)
    if not future.cancel() and abandon is not None:
        abandon(future)
