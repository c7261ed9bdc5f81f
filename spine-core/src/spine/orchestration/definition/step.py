"""The steps of a workflow: what to do, and what to do next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Unpack

from attrs import evolve, field, fields, frozen
from attrs.validators import ge, gt, optional

from spine.core.errors import ValidationError
from spine.core.frozen import FrozenDict, FrozenList, freeze
from spine.core.jsonvalue import to_json_value
from spine.core.names import validate_name
from spine.orchestration.definition.moments import as_moment
from spine.orchestration.definition.options import (
    COMMON_OPTIONS,
    ErrorPolicy,
    OptionsButPolicy,
    StepOptions,
    WaitOptions,
)
from spine.orchestration.definition.references import reference_to
from spine.orchestration.definition.retry import RetryPolicy
from spine.orchestration.definition.tolerance import parse_tolerance
from spine.orchestration.steptypes.map_items import CaptureItems

if TYPE_CHECKING:
    from spine.orchestration.context import WorkflowContext
    from spine.orchestration.definition.workflow import Workflow
    from spine.orchestration.step_result import StepResult

END = "__end__"  # as `next_step`: the run ends here

# FrozenDict, so that a handler may declare its config as a dict or as a Mapping
Handler = Callable[["WorkflowContext", FrozenDict], "StepResult | Mapping[str, Any] | None"]
Condition = Callable[["WorkflowContext"], Any]
ItemFunction = Callable[["WorkflowContext", Any], Any]  # of the context and one item


class StepType(str, Enum):
    """The types of steps that core ships."""

    LAMBDA = "lambda"
    PIPELINE = "pipeline"
    CHOICE = "choice"
    WAIT = "wait"
    MAP = "map"
    PARALLEL = "parallel"
    WORKFLOW = "workflow"


def step_type(kind: str) -> StepType | str:
    """Return the StepType of that value, or `kind` itself where it is a plugin's type."""
    return StepType(kind) if kind in {known.value for known in StepType} else kind


@frozen
class Step:
    """One step of a workflow; make it with a factory. Which attributes are set depends on its type."""

    name: str = field(validator=lambda _self, _attribute, value: _validate_step_name(value))
    step_type: StepType | str
    config: FrozenDict = field(factory=FrozenDict, converter=freeze)
    on_error: ErrorPolicy = field(default=ErrorPolicy.STOP, converter=ErrorPolicy)
    retry_policy: RetryPolicy | None = None
    next_step: str | None = None
    timeout: float | None = field(default=None, validator=optional(gt(0)))
    when: Condition | None = None
    always_run: bool = False
    handler: Handler | None = None
    pipeline_name: str | None = None
    condition: Condition | None = None
    then_step: str | None = None
    else_step: str | None = None
    duration_seconds: float | None = field(default=None, validator=optional(ge(0)))
    until: datetime | Condition | None = field(default=None, converter=as_moment)
    poll_seconds: float | None = field(default=None, validator=optional(gt(0)))
    items_path: str | Condition | CaptureItems | None = None
    iterator_workflow: str | Workflow | None = None
    item_function: ItemFunction | None = None
    max_concurrency: int | None = field(default=None, validator=optional(ge(1)))
    item_param: str | None = None
    executor: str | None = None
    tolerated_failures: int | str = field(default=0, validator=lambda _self, _attribute, value: parse_tolerance(value))
    collect: bool = True
    parallel_steps: Mapping[str, Sequence[Step]] | None = None

    @classmethod
    def lambda_(
        cls,
        name: str,
        handler: Handler,
        config: Mapping[str, Any] | None = None,
        on_error: ErrorPolicy = ErrorPolicy.STOP,
        **options: Unpack[OptionsButPolicy],
    ) -> Step:
        """Return a step that calls `handler(context, config)`, which returns a StepResult, a dict or None."""
        return cls(name, StepType.LAMBDA, config or {}, on_error, handler=handler, **options)

    @classmethod
    def pipeline(
        cls,
        name: str,
        pipeline_name: str,
        params: Mapping[str, Any] | None = None,
        on_error: ErrorPolicy = ErrorPolicy.STOP,
        **options: Unpack[OptionsButPolicy],
    ) -> Step:
        """Return a step that runs a registered pipeline with the run's parameters, overlaid with `params`."""
        return cls(name, StepType.PIPELINE, params or {}, on_error, pipeline_name=pipeline_name, **options)

    @classmethod
    def choice(
        cls,
        name: str,
        condition: Condition,
        then_step: str,
        else_step: str | None = None,
        **options: Unpack[StepOptions],
    ) -> Step:
        """Return a step that goes on with `then_step` if `condition(context)` is true, else with `else_step`.

        The target that is not taken is skipped when the flow reaches it by falling through. Without `else_step` the
        run goes on with the step after `then_step`.
        """
        return cls(name, StepType.CHOICE, condition=condition, then_step=then_step, else_step=else_step, **options)

    @classmethod
    def wait(
        cls,
        name: str,
        duration_seconds: float | None = None,
        next_step: str | None = None,
        *,
        until: datetime | str | Condition | None = None,
        timeout: float | None = None,
        poll_seconds: float = 30.0,
        **options: Unpack[WaitOptions],
    ) -> Step:
        """Return a step that waits for `duration_seconds`, or `until` a time or a condition.

        A condition is asked every `poll_seconds` whether `condition(context)` is true; it may also return the time to
        wait for. After `timeout` seconds without it the step fails. Times are aware datetimes or ISO 8601 texts.
        """
        if (duration_seconds is None) == (until is None):
            raise ValidationError(f"wait step {name!r} needs either duration_seconds or until")
        return cls(
            name,
            StepType.WAIT,
            duration_seconds=duration_seconds,
            until=until,
            poll_seconds=poll_seconds if callable(until) else None,
            next_step=next_step,
            timeout=timeout,
            **options,
        )

    @classmethod
    def map(
        cls,
        name: str,
        items_path: str | Condition | CaptureItems,
        iterator_workflow: str | Workflow | None = None,
        max_concurrency: int = 4,
        item_param: str = "item",
        *,
        pipeline: str | None = None,
        function: ItemFunction | None = None,
        executor: str = "threads",
        tolerated_failures: int | str = 0,
        collect: bool = True,
        **options: Unpack[StepOptions],
    ) -> Step:
        """Return a step that runs a workflow, a pipeline or a `function(context, item)` for each item.

        `items_path` is a parameter's name, `step.key` into the outputs, a function of the context, or CaptureItems. The
        item is the parameter `item_param`. `tolerated_failures` is a count, or a share such as "5%". The results are in
        the output in the order of the items, unless `collect` is false: see `map_results`.
        """
        if sum(body is not None for body in (iterator_workflow, pipeline, function)) != 1:
            raise ValidationError(f"map step {name!r} needs one of iterator_workflow, pipeline and function")
        return cls(
            name,
            StepType.MAP,
            items_path=items_path,
            iterator_workflow=iterator_workflow,
            pipeline_name=pipeline,
            item_function=function,
            max_concurrency=max_concurrency,
            item_param=item_param,
            executor=executor,
            tolerated_failures=tolerated_failures,
            collect=collect,
            **options,
        )

    @classmethod
    def parallel(
        cls,
        name: str,
        branches: Mapping[str, Sequence[Step]],
        *,
        max_concurrency: int | None = None,
        tolerated_failures: int | str = 0,
        **options: Unpack[StepOptions],
    ) -> Step:
        """Return a step that runs the branches side by side, each a list of steps, and goes on when all have ended."""
        if not branches:
            raise ValidationError(f"parallel step {name!r} has no branches")
        for branch, inner in branches.items():
            names = [step.name for step in inner]
            if twice := next((step for step in names if names.count(step) > 1), None):
                raise ValueError(f"Duplicate step name {twice!r} in branch {branch!r} of step {name!r}")
        steps = FrozenDict((validate_name(key, "branch name"), FrozenList(value)) for key, value in branches.items())
        return cls(
            name,
            StepType.PARALLEL,
            parallel_steps=steps,
            max_concurrency=max_concurrency or len(steps),
            tolerated_failures=tolerated_failures,
            **options,
        )

    @classmethod
    def workflow(
        cls,
        name: str,
        workflow: str | Workflow,
        params: Mapping[str, Any] | None = None,
        **options: Unpack[StepOptions],
    ) -> Step:
        """Return a step that runs another workflow with the run's parameters, overlaid with `params`."""
        return cls(name, StepType.WORKFLOW, params or {}, iterator_workflow=workflow, **options)

    @classmethod
    def of(cls, kind: str, *, name: str, **given: Any) -> Step:
        """Return a step of a type that a plugin provides.

        Keyword arguments other than StepOptions are the options of the type, checked against what it declares. Raises
        the PluginError that says why the type is not available, ConfigError for an option that it does not have.
        """
        from spine.orchestration.definition.step_config import checked_config  # for steps of plugins

        common = {key: given.pop(key) for key in COMMON_OPTIONS if key in given}
        return cls(name, kind, checked_config(kind, name, given), **common)

    @property
    def kind(self) -> str:
        """The name of its type, as plugins know it."""
        return self.step_type.value if isinstance(self.step_type, StepType) else self.step_type

    @property
    def branches(self) -> tuple[str, ...]:
        """The steps that this one may choose between."""
        return tuple(target for target in (self.then_step, self.else_step) if target is not None)

    @property
    def targets(self) -> tuple[str, ...]:
        """Every step that this one names."""
        return tuple(target for target in (*self.branches, self.next_step) if target not in (None, END))

    @property
    def effective_retry(self) -> RetryPolicy | None:
        """The policy that applies: its own, or the default one where `on_error` is RETRY."""
        if self.retry_policy is None and self.on_error is ErrorPolicy.RETRY:
            return RetryPolicy()
        return self.retry_policy

    def is_basic_tier(self) -> bool:
        """Whether the basic tier has this type of step."""
        return self.step_type in (StepType.LAMBDA, StepType.PIPELINE)

    def is_intermediate_tier(self) -> bool:
        """Whether this type of step needs the intermediate tier."""
        return self.step_type is StepType.CHOICE

    def is_advanced_tier(self) -> bool:
        """Whether this type of step needs the advanced tier."""
        return not self.is_basic_tier() and not self.is_intermediate_tier()

    def with_retry(self, policy: RetryPolicy) -> Step:
        """Return this step with another retry policy."""
        return evolve(self, retry_policy=policy)

    def config_values(self) -> dict[str, Any]:
        """Return the configuration as JSON values; ValidationError for what JSON cannot hold."""
        values: dict[str, Any] = to_json_value(self.config, f"the config of step {self.name!r}")
        return values

    def functions(self) -> dict[str, Callable[..., Any]]:
        """Return the functions that it calls, by attribute."""
        found = {item.name: getattr(self, item.name) for item in fields(Step)}
        return {name: value for name, value in found.items() if name in _FUNCTIONS and callable(value)}

    def to_dict(self) -> dict[str, Any]:
        """Return the definition as JSON values; functions appear as `module:name`."""
        found: dict[str, Any] = {item.name: _json(self, item.name) for item in fields(Step)}
        found["type"] = found.pop("step_type")
        found["config"] = self.config_values()
        plain = {name: value for name, value in found.items() if value not in (None, {}, _DEFAULTS.get(name))}
        return {"name": self.name, "type": self.kind, "on_error": self.on_error.value, **plain}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Step:
        """Return the step that `to_dict` described, importing the functions that it names; see Workflow.from_dict."""
        from spine.orchestration.definition.step_definition import step_of

        return step_of(data)


_FUNCTIONS = frozenset(("handler", "condition", "when", "until", "items_path", "item_function"))
_DEFAULTS = {"always_run": False, "tolerated_failures": 0, "collect": True}


def _json(step: Step, name: str) -> Any:
    value = getattr(step, name)
    if name in _FUNCTIONS and callable(value):
        return {"function": reference_to(value)} if name in ("until", "items_path") else reference_to(value)
    if name == "parallel_steps" and value is not None:
        return {branch: [inner.to_dict() for inner in steps] for branch, steps in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    return value.to_dict() if hasattr(value, "to_dict") else value


def _validate_step_name(name: object) -> None:
    if validate_name(name, "step name") == END:
        raise ValidationError(f"step name {END!r} is taken: as a target it means the end of the run", field="step name")
