"""Parallel steps: branches of steps that run at once and are joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import evolve, field, frozen
from attrs.validators import ge, optional

from spine.orchestration.definition.spec import Nested, StepSpec, TimeoutBy
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import PlannedStep, Preview
from spine.orchestration.steptypes.tolerance import check_tolerance, tolerates
from spine.orchestration.steptypes.workflow import children_of, known_result_of, step_result_of

if TYPE_CHECKING:
    from spine.orchestration.context import WorkflowContext
    from spine.orchestration.definition.step import Step
    from spine.orchestration.steptypes.base import StepServices


@frozen
class ParallelStepSpec(StepSpec):
    """Branches by name, and the number of tolerated failures."""

    timeout_by: ClassVar[TimeoutBy] = TimeoutBy.STOP
    silent: ClassVar[frozenset[str]] = frozenset(("tolerated_failures",))

    max_concurrency: int | None = field(default=None, validator=optional(ge(1)))
    tolerated_failures: int | str = field(default=0, validator=check_tolerance)
    parallel_steps: Mapping[str, Sequence[Step]] = field(factory=dict)

    def inner_steps(self) -> Sequence[Step]:
        return [inner for steps in self.parallel_steps.values() for inner in steps]

    def does(self) -> str:
        return ", ".join(self.parallel_steps)

    def inside(self) -> Sequence[str]:
        branches = self.parallel_steps.items()
        return [f"{name}: {' -> '.join(inner.name for inner in steps)}" for name, steps in branches]

    def json_of(self, name: str, value: Any) -> Any:
        if name != "parallel_steps":
            return super().json_of(name, value)
        return {branch: [inner.to_dict() for inner in steps] for branch, steps in value.items()}

    @classmethod
    def value_of(cls, name: str, value: Any, nested: Nested | None) -> Any:
        if name != "parallel_steps" or nested is None:
            return value
        return {branch: [nested.step(inner) for inner in steps] for branch, steps in value.items()}


class ParallelStep:
    """Handler that runs each branch as a child run, in a thread; its output has the outputs of the steps by branch.

    The steps of a branch see the outputs of the steps before this one, not those of the other branches. All branches
    run to their end; more failures than tolerated fail the step.
    """

    def execute(self, step: Step, context: WorkflowContext, services: StepServices) -> StepResult:
        spec, children = step.spec_of(ParallelStepSpec), children_of(services)
        before = context.outputs

        def branch(name: str, steps: Sequence[Step]) -> StepResult:
            workflow = children.build(f"{context.workflow_name}.{step.name}.{name}", steps)
            result = children.run(workflow, context.params, f"{step.name}/{services.attempt.first}/{name}", before)
            return _own(step_result_of(result), {inner.name for inner in steps})

        with ThreadPoolExecutor(
            spec.max_concurrency or len(spec.parallel_steps), thread_name_prefix="spine-branch"
        ) as pool:
            futures = {
                name: pool.submit(copy_context().run, branch, name, steps)
                for name, steps in spec.parallel_steps.items()
            }
        return _joined(spec, {name: future.result() for name, future in futures.items()})

    def preview(self, step: Step, context: WorkflowContext, services: StepServices) -> Preview:
        """Return the steps of the branches, each as its own type previews it, one branch after the other."""
        spec, children = step.spec_of(ParallelStepSpec), children_of(services)
        results: dict[str, StepResult | None] = {}
        inside: list[PlannedStep] = []
        for name, steps in spec.parallel_steps.items():
            workflow = children.build(f"{context.workflow_name}.{step.name}.{name}", steps)
            found = children.run(workflow, context.params, f"{step.name}/{name}", context.outputs)
            inside += [evolve(inner, step=f"{name}/{inner.step}") for inner in found.plan]
            known = known_result_of(found)
            results[name] = None if known is None else _own(known, {inner.name for inner in steps})
        known_results = {name: result for name, result in results.items() if result is not None}
        is_known = len(known_results) == len(results)
        return Preview(step.spec.does(), _joined(spec, known_results) if is_known else None, inside)


def _own(result: StepResult, names: set[str]) -> StepResult:
    result.output = {name: output for name, output in result.output.items() if name in names}
    return result


def _joined(spec: ParallelStepSpec, results: Mapping[str, StepResult]) -> StepResult:
    waits = [result.wake_at for result in results.values() if result.wake_at is not None]
    if waits:
        return StepResult.wait(min(waits), {})
    output: dict[str, Any] = {name: result.output for name, result in results.items()}
    failed = {name: result for name, result in results.items() if not result.success}
    if tolerates(spec.tolerated_failures, len(failed), len(results)):
        return StepResult.ok(output, events=[{"failed_branch": name, "error": r.error} for name, r in failed.items()])
    first, result = next(iter(failed.items()))
    others = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    joined = StepResult.fail(f"branch {first!r} failed: {result.error}{others}", result.error_category, output=output)
    joined.retry, joined.failure = result.retryable, result.failure
    return joined
