"""Steps that run in another process, and whether their functions can be found there: only names are sent."""

from __future__ import annotations

from spine.orchestration.definition.references import reference_to
from spine.orchestration.definition.step import Step, StepType
from spine.orchestration.executors.base import DEFAULT_EXECUTOR, is_in_process

COMPOSITE = (StepType.WAIT, StepType.MAP, StepType.PARALLEL, StepType.WORKFLOW)  # they stop by themselves


def runs_elsewhere(step: Step) -> bool:
    """Whether the step, or its items, run in a process of their own."""
    if step.step_type is StepType.MAP:
        return not is_in_process(step.executor or DEFAULT_EXECUTOR)
    return step.timeout is not None and step.step_type not in COMPOSITE


def check_addressable(step: Step, where: str) -> None:
    """Raise ValueError if the step runs in another process and its function cannot be named there."""
    for inner in (inner for steps in (step.parallel_steps or {}).values() for inner in steps):
        check_addressable(inner, where)
    if not runs_elsewhere(step):
        return
    why = "its executor is another process" if step.step_type is StepType.MAP else "it has a timeout"
    for attribute in ("handler", "condition", "item_function"):
        reference = reference_to(getattr(step, attribute))
        if reference is not None and "<" in reference:
            raise ValueError(
                f"{where}: step {step.name!r} runs in a process of its own because {why}, "
                f"and {reference} cannot be found there: move the function to the top of a module"
            )
