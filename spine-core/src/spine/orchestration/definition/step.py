"""Step of a workflow: the common options, and the spec of its type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Unpack

from attrs import evolve, field, fields, frozen
from attrs.validators import gt, optional

from spine.core.duration import check_number
from spine.core.errors import ConfigError, ValidationError, WorkflowError
from spine.core.frozen import FrozenDict, FrozenList, freeze
from spine.core.jsonvalue import to_json_value
from spine.core.names import validate_name
from spine.orchestration.definition.options import (
    COMMON_OPTIONS,
    ErrorPolicy,
    OptionsButPolicy,
    StepOptions,
    WaitOptions,
    check_limits,
    dry_run_mode,
    error_policy,
    step_names,
)
from spine.orchestration.definition.references import check_plain_function, reference_to
from spine.orchestration.definition.retry import RetryPolicy
from spine.orchestration.definition.spec import PlainSpec, StepSpec

if TYPE_CHECKING:
    from spine.orchestration.context import WorkflowContext
    from spine.orchestration.definition.workflow import Workflow
    from spine.orchestration.steptypes.lambda_ import Handler
    from spine.orchestration.steptypes.map_items import CaptureItems

END = "__end__"  # as `next_step`: the run ends here

Condition = Callable[["WorkflowContext"], Any]
ItemFunction = Callable[["WorkflowContext", Any], Any]  # of the context and one item
S = TypeVar("S", bound=StepSpec)


class StepType(str, Enum):
    """Types of steps in core."""

    LAMBDA = "lambda"
    PIPELINE = "pipeline"
    CHOICE = "choice"
    WAIT = "wait"
    MAP = "map"
    PARALLEL = "parallel"
    WORKFLOW = "workflow"
    COMMAND = "command"
    LOAD = "load"


_BUILT_IN = {kind.value: kind for kind in StepType}


def _plain(kind: StepType | str) -> str:
    return kind.value if isinstance(kind, StepType) else kind


@frozen
class Step:
    """Step of a workflow, created by a factory method. `spec` holds the options of its type."""

    name: str = field(validator=lambda _self, _attribute, value: _validate_step_name(value))
    kind: str = field(converter=_plain)
    config: FrozenDict = field(factory=FrozenDict, converter=freeze)
    on_error: ErrorPolicy = field(default=ErrorPolicy.STOP, converter=error_policy)
    retry_policy: RetryPolicy | None = None
    next_step: str | None = None
    timeout: float | None = field(default=None, validator=optional(gt(0)))
    max_memory: int | None = field(default=None, kw_only=True)
    when: Condition | None = None
    always_run: bool = False
    after: Sequence[str] | None = field(default=None, converter=step_names)
    dry_run: str = field(default="skip", converter=dry_run_mode)
    spec: StepSpec = field(factory=PlainSpec, kw_only=True)

    def __attrs_post_init__(self) -> None:
        for place, function in self.functions().items():
            may_yield = place == "items_path"  # a map reads what a generator gives
            check_plain_function(function, f"the {place} of step {self.name!r}", may_yield=may_yield)
        check_limits(self)
        for item in fields(type(self.spec)):
            check_number(item.name, getattr(self.spec, item.name), f"step {self.name!r}")

    @classmethod
    def lambda_(
        cls,
        name: str,
        handler: Handler,
        config: Mapping[str, Any] | None = None,
        on_error: ErrorPolicy | str = ErrorPolicy.STOP,
        **options: Unpack[OptionsButPolicy],
    ) -> Step:
        """Return a step that calls `handler(context, config)`, which returns a StepResult, a dict or None."""
        from spine.orchestration.steptypes.lambda_ import LambdaStepSpec  # each type is imported where it is used

        return cls(name, StepType.LAMBDA, config or {}, on_error, spec=LambdaStepSpec(handler), **options)

    @classmethod
    def pipeline(
        cls,
        name: str,
        pipeline_name: str,
        params: Mapping[str, Any] | None = None,
        on_error: ErrorPolicy | str = ErrorPolicy.STOP,
        *,
        executor: str | None = None,
        **options: Unpack[OptionsButPolicy],
    ) -> Step:
        """Return a step that runs a registered pipeline with the run's parameters, overlaid with `params`.

        It runs in this process, or in a worker of an `executor` of other processes.
        """
        from spine.orchestration.steptypes.pipeline import PipelineStepSpec

        spec = PipelineStepSpec(pipeline_name, executor)
        return cls(name, StepType.PIPELINE, params or {}, on_error, spec=spec, **options)

    @classmethod
    def choice(
        cls,
        name: str,
        condition: Condition,
        then_step: str,
        else_step: str | None = None,
        **options: Unpack[StepOptions],
    ) -> Step:
        """Return a step that continues with `then_step` if `condition(context)` is true, else with `else_step`.

        The target not taken is skipped when the flow reaches it in order. Without `else_step` the run continues with
        the step after `then_step`.
        """
        from spine.orchestration.steptypes.choice import ChoiceStepSpec

        return cls(name, StepType.CHOICE, spec=ChoiceStepSpec(condition, then_step, else_step), **options)

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

        A condition is called with the context every `poll_seconds` until it returns true; it may also return the time
        to wait for. After `timeout` seconds the step fails. Times are aware datetimes or ISO 8601 texts.
        """
        if (duration_seconds is None) == (until is None):
            raise ValidationError(f"wait step {name!r} needs either duration_seconds or until")
        from spine.orchestration.steptypes.wait import WaitStepSpec

        spec = WaitStepSpec(duration_seconds, until, poll_seconds if callable(until) else None)
        return cls(name, StepType.WAIT, next_step=next_step, timeout=timeout, spec=spec, **options)

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
        collect: bool | Literal["capture"] = True,
        item_key: str | None = None,
        capture: str | None = None,
        item_timeout: float | None = None,
        **options: Unpack[StepOptions],
    ) -> Step:
        """Return a step that runs a workflow, a pipeline or a `function(context, item)` for each item.

        `items_path` is a parameter's name, `step.key` into the outputs, a function of the context, or CaptureItems. The
        item is the parameter `item_param`. `tolerated_failures` is a count, or a share such as "5%". The output has the
        results in the order of the items, unless `collect` is false. With `collect="capture"` they are the rows of a
        capture, named `capture` or else `workflow.step`. A further attempt, or a resumed run, recognizes an item by its
        value, or by the field `item_key` of it. On an executor of other processes, an item may take `item_timeout`
        seconds, and allocate `max_memory` bytes; then it fails, and its process is ended.
        """
        if capture is not None and collect != "capture":
            raise ValidationError(f'map step {name!r} names a capture for its results: give it collect="capture"')
        if sum(body is not None for body in (iterator_workflow, pipeline, function)) != 1:
            raise ValidationError(f"map step {name!r} needs one of iterator_workflow, pipeline and function")
        from spine.orchestration.steptypes.map_ import MapStepSpec

        spec = MapStepSpec(
            items_path,
            pipeline,
            iterator_workflow,
            function,
            max_concurrency,
            item_param,
            executor,
            tolerated_failures,
            collect,
            item_key,
            capture,
            item_timeout,
        )
        return cls(name, StepType.MAP, spec=spec, **options)

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
        """Return a step that runs branches in parallel, each a list of steps, and continues when all have ended."""
        if not branches or not hasattr(branches, "items"):
            raise ValidationError(f"parallel step {name!r} has no branches: give lists of steps by name")
        for branch, inner in branches.items():
            names = [step.name for step in inner]
            if twice := next((step for step in names if names.count(step) > 1), None):
                raise ValueError(f"Duplicate step name {twice!r} in branch {branch!r} of step {name!r}")
        steps = FrozenDict((validate_name(key, "branch name"), FrozenList(value)) for key, value in branches.items())
        from spine.orchestration.steptypes.parallel import ParallelStepSpec

        spec = ParallelStepSpec(max_concurrency or len(steps), tolerated_failures, steps)
        return cls(name, StepType.PARALLEL, spec=spec, **options)

    @classmethod
    def workflow(
        cls,
        name: str,
        workflow: str | Workflow,
        params: Mapping[str, Any] | None = None,
        **options: Unpack[StepOptions],
    ) -> Step:
        """Return a step that runs another workflow with the run's parameters, overlaid with `params`."""
        from spine.orchestration.steptypes.workflow import WorkflowStepSpec

        return cls(name, StepType.WORKFLOW, params or {}, spec=WorkflowStepSpec(workflow), **options)

    @classmethod
    def command(
        cls,
        name: str,
        argv: Sequence[str],
        *,
        cwd: str | PathLike[str] | None = None,
        env: Mapping[str, Any] | None = None,
        output: Literal["json", "text"] | None = None,
        ok_codes: Sequence[int] = (0,),
        retry_codes: Sequence[int] = (),
        **options: Unpack[StepOptions],
    ) -> Step:
        """Return a step that runs a program, without a shell; `{name}` in an argument is a parameter's value.

        `cwd` is relative to the project's folder, the values of `env` are texts or references such as
        `{"env": "NAME"}`. The step fails for an exit code that is not in `ok_codes`, and may be retried for one in
        `retry_codes`.
        """
        from spine.orchestration.steptypes.command import CommandStepSpec

        spec = CommandStepSpec(argv, cwd, env, output, ok_codes, retry_codes)
        return cls(name, StepType.COMMAND, spec=spec, **options)

    @classmethod
    def load(
        cls,
        name: str,
        *,
        capture: str,
        database: str,
        table: str,
        mode: Literal["append", "replace_partition", "merge", "scd2"] = "append",
        key: str | Sequence[str] | None = None,
        partition: Literal["this"] | Mapping[str, Any] | None = None,
        schema: Literal["evolve", "freeze"] = "evolve",
        **options: Unpack[StepOptions],
    ) -> Step:
        """Return a step that loads the current revision of a capture into a table of a named database.

        `partition` is that of the capture, and of the table for mode "replace_partition": "this" is the run's, which is
        also read by default if the capture has it. See `spine.load` for the modes.
        """
        from spine.orchestration.steptypes.load import LoadStepSpec

        spec = LoadStepSpec(capture, database, table, mode, key, partition, schema)
        return cls(name, StepType.LOAD, spec=spec, **options)

    @classmethod
    def of(cls, kind: str, *, name: str, **given: Any) -> Step:
        """Return a step of a plugin's type.

        Keyword arguments other than StepOptions are the options of the type, checked against its declaration. Raises
        PluginError if the type is not available, ConfigError for an unknown option.
        """
        from spine.orchestration.definition.plugin_step import spec_and_config  # for the types of plugins

        common = {key: given.pop(key) for key in COMMON_OPTIONS if key in given}
        if kind in _BUILT_IN:
            factory = "lambda_" if kind == "lambda" else kind
            raise ConfigError(f"step {name!r} of type {kind!r}: build it with Step.{factory}(name, ...)")
        spec, config = spec_and_config(kind, name, given)
        return cls(name, kind, config, spec=spec, **common)

    @property
    def step_type(self) -> StepType | str:
        """StepType for a type of core, name for a plugin's type."""
        return _BUILT_IN.get(self.kind, self.kind)

    def spec_of(self, cls: type[S]) -> S:
        """Return its spec as an instance of `cls`; WorkflowError for a step not built by its factory."""
        if isinstance(self.spec, cls):
            return self.spec
        factory = "lambda_" if self.kind == "lambda" else self.kind
        raise WorkflowError(f"step {self.name!r} has no {cls.__name__}: build it with Step.{factory}(name, ...)")

    @property
    def handler(self) -> Any:
        """Function of a lambda step."""
        return self._of_spec("handler")

    @property
    def pipeline_name(self) -> Any:
        """Pipeline of a pipeline step or a map step."""
        return self._of_spec("pipeline_name")

    @property
    def condition(self) -> Any:
        """Condition of a choice step."""
        return self._of_spec("condition")

    @property
    def then_step(self) -> Any:
        """Target of a choice step if its condition is true."""
        return self._of_spec("then_step")

    @property
    def else_step(self) -> Any:
        """Target of a choice step if its condition is false."""
        return self._of_spec("else_step")

    @property
    def duration_seconds(self) -> Any:
        """Duration of a wait step, in seconds."""
        return self._of_spec("duration_seconds")

    @property
    def items_path(self) -> Any:
        """Items of a map step."""
        return self._of_spec("items_path")

    @property
    def iterator_workflow(self) -> Any:
        """Workflow of a map step or a workflow step."""
        return self._of_spec("iterator_workflow")

    @property
    def max_concurrency(self) -> Any:
        """Maximum number of items or branches that run at once."""
        return self._of_spec("max_concurrency")

    @property
    def branches(self) -> tuple[str, ...]:
        """Names of the steps that this one may branch to."""
        return tuple(branch.target for branch in self.spec.branches() if branch.target is not None)

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of all steps that this one refers to."""
        named = (*self.branches, self.next_step)
        return tuple(target for target in named if target is not None and target != END)

    @property
    def effective_retry(self) -> RetryPolicy | None:
        """Effective retry policy: its own, or the default one if `on_error` is RETRY."""
        if self.retry_policy is None and self.on_error is ErrorPolicy.RETRY:
            return RetryPolicy()
        return self.retry_policy

    def is_basic_tier(self) -> bool:
        """True if the basic tier has this type of step."""
        return self.spec.tier == "basic"

    def is_intermediate_tier(self) -> bool:
        """True if this type of step needs the intermediate tier."""
        return self.spec.tier == "intermediate"

    def is_advanced_tier(self) -> bool:
        """True if this type of step needs the advanced tier."""
        return not self.is_basic_tier() and not self.is_intermediate_tier()

    def with_retry(self, policy: RetryPolicy) -> Step:
        """Return this step with another retry policy."""
        return evolve(self, retry_policy=policy)

    def config_values(self) -> dict[str, Any]:
        """Return the configuration as JSON values; ValidationError for a value that JSON cannot hold."""
        values: dict[str, Any] = to_json_value(self.config, f"the config of step {self.name!r}")
        return values

    def functions(self) -> dict[str, Callable[..., Any]]:
        """Return its functions by attribute."""
        return {**({"when": self.when} if self.when is not None else {}), **self.spec.functions()}

    def to_dict(self) -> dict[str, Any]:
        """Return the definition as JSON values; functions appear as `module:name`."""
        common = {
            "config": self.config_values(),
            "retry_policy": self.retry_policy.to_dict() if self.retry_policy else None,
            "next_step": self.next_step,
            "timeout": self.timeout,
            "max_memory": self.max_memory,
            "when": reference_to(self.when),
            "always_run": self.always_run or None,
            "after": None if self.after is None else list(self.after),
            "dry_run": self.dry_run if self.dry_run != "skip" else None,
        }
        said = {name: value for name, value in common.items() if value not in (None, {})}
        return {"name": self.name, "type": self.kind, "on_error": self.on_error.value, **said, **self.spec.to_dict()}

    def _of_spec(self, name: str) -> Any:
        return getattr(self.spec, name, None)


def _validate_step_name(name: object) -> None:
    if validate_name(name, "step name") == END:
        raise ValidationError(f"step name {END!r} is taken: as a target it means the end of the run", field="step name")
