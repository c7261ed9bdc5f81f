"""Parallel steps: branches of steps side by side, joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from spine.core.errors import WorkflowError
from spine.orchestration.context import WorkflowContext
from spine.orchestration.definition.step import Step
from spine.orchestration.definition.tolerance import tolerates
from spine.orchestration.definition.workflow import Workflow
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import StepServices
from spine.orchestration.steptypes.workflow import children_of, step_result_of


class ParallelStep:
    """Runs each branch as a run of its own, in a thread; its output is that of each branch's steps, by branch.

    The steps of a branch see the outputs of the steps before this one, not those of the other branches. All branches
    run to their end; more failures than are tolerated fail the step.
    """

    def execute(self, step: Step, context: WorkflowContext, services: StepServices) -> StepResult:
        if not step.parallel_steps:
            raise WorkflowError(f"step {step.name!r} has no branches: build it with Step.parallel(name, branches)")
        run = children_of(services).run
        before = context.outputs

        def branch(name: str, steps: Sequence[Step]) -> StepResult:
            workflow = Workflow(f"{context.workflow_name}.{step.name}.{name}", steps)
            result = run(workflow, context.params, f"{step.name}/{services.attempt.first}/{name}", before)
            return _own(step_result_of(result), {inner.name for inner in steps})

        with ThreadPoolExecutor(step.max_concurrency, thread_name_prefix="spine-branch") as pool:
            futures = {
                name: pool.submit(copy_context().run, branch, name, steps)
                for name, steps in step.parallel_steps.items()
            }
        return _joined(step, {name: future.result() for name, future in futures.items()})


def _own(result: StepResult, names: set[str]) -> StepResult:
    result.output = {name: output for name, output in result.output.items() if name in names}
    return result


def _joined(step: Step, results: Mapping[str, StepResult]) -> StepResult:
    waits = [result.wake_at for result in results.values() if result.wake_at is not None]
    if waits:
        return StepResult.wait(min(waits), {})
    output: dict[str, Any] = {name: result.output for name, result in results.items()}
    failed = {name: result for name, result in results.items() if not result.success}
    if tolerates(step.tolerated_failures, len(failed), len(results)):
        return StepResult.ok(output, events=[{"failed_branch": name, "error": r.error} for name, r in failed.items()])
    first, result = next(iter(failed.items()))
    others = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    return StepResult.fail(f"branch {first!r} failed: {result.error}{others}", result.error_category, output=output)
