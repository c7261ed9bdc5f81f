"""Map steps: a workflow, a pipeline or a function, run for each item."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import field, frozen
from attrs.validators import ge, gt, optional

from spine.core.errors import ValidationError, WorkflowError
from spine.orchestration.definition.references import reference_to, resolve_reference
from spine.orchestration.definition.spec import Nested, StepSpec, TimeoutBy
from spine.orchestration.executors.base import DEFAULT_EXECUTOR, is_in_process, make_executor
from spine.orchestration.outputs import NotComputedError
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import PlannedStep, Preview, planned_inside
from spine.orchestration.steptypes.map_items import CaptureItems, MapItems
from spine.orchestration.steptypes.tolerance import check_tolerance
from spine.orchestration.steptypes.workflow import called, children_of, names_of, steps_of

if TYPE_CHECKING:
    from spine.orchestration.context import WorkflowContext
    from spine.orchestration.definition.step import Step
    from spine.orchestration.definition.workflow import Workflow
    from spine.orchestration.steptypes.base import StepServices


def _check_collect(_spec: object, _attribute: object, value: object) -> None:
    if value not in (True, False, "capture"):
        raise ValidationError(f'collect is True, False or "capture", not {value!r:.80}', field="collect", value=value)


@frozen
class MapStepSpec(StepSpec):
    """Items, body and executor of a map step; the body is one of workflow, pipeline and function."""

    timeout_by: ClassVar[TimeoutBy] = TimeoutBy.STOP
    functions_of: ClassVar[tuple[str, ...]] = ("items_path", "item_function")
    silent: ClassVar[frozenset[str]] = frozenset(
        ("tolerated_failures", "collect", "item_key", "capture", "item_timeout")
    )

    items_path: str | Callable[[WorkflowContext], Any] | CaptureItems
    pipeline_name: str | None = None
    iterator_workflow: str | Workflow | None = None
    item_function: Callable[[WorkflowContext, Any], Any] | None = None
    max_concurrency: int = field(default=4, validator=ge(1))
    item_param: str = "item"
    executor: str = DEFAULT_EXECUTOR
    tolerated_failures: int | str = field(default=0, validator=check_tolerance)
    collect: bool | str = field(default=True, validator=_check_collect)
    item_key: str | None = None
    capture: str | None = None
    item_timeout: float | None = field(default=None, validator=optional(gt(0)))

    def pipelines(self) -> Sequence[str]:
        return () if self.pipeline_name is None else (self.pipeline_name,)

    def workflows(self) -> Sequence[str]:
        return names_of(self.iterator_workflow)

    def inner_steps(self) -> Sequence[Step]:
        return steps_of(self.iterator_workflow)

    def calls_function(self) -> bool:
        return self.item_function is not None or super().calls_function()

    def does(self) -> str:
        if self.iterator_workflow is not None:
            return called(self.iterator_workflow)
        return self.pipeline_name or str(reference_to(self.item_function))

    def inside(self) -> Sequence[str]:
        return () if self.iterator_workflow is None else (f"runs {called(self.iterator_workflow)}",)

    def elsewhere(self, timeout: float | None) -> str | None:
        return None if is_in_process(self.executor) else "its executor is another process"

    def check_limits(self, step: Step) -> None:
        limits = {"item_timeout": self.item_timeout, "max_memory": step.max_memory}
        given = next((name for name, value in limits.items() if value is not None), None)
        if given is not None and is_in_process(self.executor):
            raise ValidationError(
                f"step {step.name!r} cannot have {given}: its items run in this process, by executor "
                f"{self.executor!r}; name one of other processes, such as executor='processes'",
                field=given,
            )

    def json_of(self, name: str, value: Any) -> Any:
        is_function = name == "items_path" and callable(value)
        return {"function": reference_to(value)} if is_function else super().json_of(name, value)

    @classmethod
    def value_of(cls, name: str, value: Any, nested: Nested | None) -> Any:
        if name == "items_path" and isinstance(value, Mapping):
            return CaptureItems(**value["capture"]) if "capture" in value else resolve_reference(value["function"])
        if name == "iterator_workflow" and nested is not None and isinstance(value, Mapping):
            return nested.workflow(value)
        return value if name == "items_path" else super().value_of(name, value, nested)


class MapStep:
    """Handler that runs the body for each item on an executor, and commits finished items in groups.

    The output has `count`, `succeeded`, `failed`, and `results` in the order of the items, None for a tolerated
    failure, or the `capture` of them. A retry and a resumed run execute only missing and failed items.
    """

    def execute(self, step: Step, context: WorkflowContext, services: StepServices) -> StepResult:
        spec = step.spec_of(MapStepSpec)
        if services.items is None:
            raise WorkflowError("a map step needs a WorkflowRunner")
        from spine.orchestration.steptypes.map_results import with_results
        from spine.orchestration.steptypes.map_work import MapWork  # not for the definition of workflows

        with closing(make_executor(spec.executor, spec.max_concurrency)) as executor:
            work = MapWork(step, spec, context, services, services.items, executor)
            work.run()
        result = work.result()
        if not result.success or result.wake_at is not None:
            return result
        return with_results(result, step.name, spec, context, services.items)

    def preview(self, step: Step, context: WorkflowContext, services: StepServices) -> Preview:
        """Return the body and its items, if they are in a parameter or an output that is known.

        The steps of a workflow are those of its first item; all items are gone through if one of them is called.
        """
        spec = step.spec_of(MapStepSpec)
        if not isinstance(spec.items_path, str):
            place = _named(spec.items_path)
            return Preview(f"{spec.does()} for each item of {place}", inside=_for_each(spec, services))
        try:
            items = list(MapItems.of(step, context))
        except NotComputedError:
            does = f"{spec.does()} for each item of {spec.items_path!r}, which is not known"
            return Preview(does, inside=_for_each(spec, services))
        inside = _for_items(step.name, spec, context, services, items)
        return Preview(f"{spec.does()} for {len(items)} item{'' if len(items) == 1 else 's'}", inside=inside)


def _for_each(spec: MapStepSpec, services: StepServices) -> Sequence[PlannedStep]:
    if spec.iterator_workflow is None:
        return ()
    return planned_inside(children_of(services).find(spec.iterator_workflow).steps, "for each item")


def _for_items(
    name: str, spec: MapStepSpec, context: WorkflowContext, services: StepServices, items: Sequence[Any]
) -> Sequence[PlannedStep]:
    if spec.iterator_workflow is None or not items:
        return ()
    children = children_of(services)
    workflow = children.find(spec.iterator_workflow)
    plans = []
    for item in items if any(step.dry_run == "call" for step in workflow.steps) else items[:1]:
        given = {**workflow.accepted(context.params), spec.item_param: item}
        plans.append(children.run(workflow, given, name, {}).plan)
    return plans[0]


def _named(items: Callable[[WorkflowContext], Any] | CaptureItems) -> str:
    return f"capture {items.name!r}" if isinstance(items, CaptureItems) else str(reference_to(items))
