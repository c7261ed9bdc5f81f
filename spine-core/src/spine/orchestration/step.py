"""The steps of a workflow: what to do, and what to do next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from spine.core.errors import ValidationError
from spine.core.frozen import FrozenDict, freeze
from spine.core.jsonvalue import to_json_value
from spine.core.names import validate_name
from spine.orchestration.references import reference_to
from spine.orchestration.retry import RetryPolicy
from spine.orchestration.step_config import checked_config

if TYPE_CHECKING:
    from spine.orchestration.context import WorkflowContext
    from spine.orchestration.step_result import StepResult

END = "__end__"  # as `next_step`: the run ends here

# FrozenDict, so that a handler may declare its config as a dict or as a Mapping
Handler = Callable[["WorkflowContext", FrozenDict], "StepResult | Mapping[str, Any] | None"]
Condition = Callable[["WorkflowContext"], Any]


class StepType(str, Enum):
    """The types of steps that core ships."""

    LAMBDA = "lambda"
    PIPELINE = "pipeline"
    CHOICE = "choice"


def step_type(kind: str) -> StepType | str:
    """Return the StepType of that value, or `kind` itself where it is a plugin's type."""
    return StepType(kind) if kind in {known.value for known in StepType} else kind


class ErrorPolicy(str, Enum):
    """What a step's failure means: the run fails, goes on as PARTIAL, or the step is tried again and then fails it."""

    STOP = "stop"
    CONTINUE = "continue"
    RETRY = "retry"


@frozen
class Step:
    """One step of a workflow; make it with a factory. Which attributes are set depends on its type.

    `next_step` (a step's name or END) says where to go after success instead of to the next in order.
    """

    name: str = field(validator=lambda _self, _attribute, value: _validate_step_name(value))
    step_type: StepType | str
    config: FrozenDict = field(factory=FrozenDict, converter=freeze)
    on_error: ErrorPolicy = field(default=ErrorPolicy.STOP, converter=ErrorPolicy)
    retry_policy: RetryPolicy | None = None
    next_step: str | None = None
    handler: Handler | None = None
    pipeline_name: str | None = None
    condition: Condition | None = None
    then_step: str | None = None
    else_step: str | None = None

    @classmethod
    def lambda_(
        cls,
        name: str,
        handler: Handler,
        config: Mapping[str, Any] | None = None,
        on_error: ErrorPolicy = ErrorPolicy.STOP,
        *,
        retry_policy: RetryPolicy | None = None,
        next_step: str | None = None,
    ) -> Step:
        """Return a step that calls `handler(context, config)`, which returns a StepResult, a dict or None."""
        return cls(name, StepType.LAMBDA, config or {}, on_error, retry_policy, next_step, handler=handler)

    @classmethod
    def pipeline(
        cls,
        name: str,
        pipeline_name: str,
        params: Mapping[str, Any] | None = None,
        on_error: ErrorPolicy = ErrorPolicy.STOP,
        *,
        retry_policy: RetryPolicy | None = None,
        next_step: str | None = None,
    ) -> Step:
        """Return a step that runs a registered pipeline with the run's parameters, overlaid with `params`."""
        return cls(
            name, StepType.PIPELINE, params or {}, on_error, retry_policy, next_step, pipeline_name=pipeline_name
        )

    @classmethod
    def choice(cls, name: str, condition: Condition, then_step: str, else_step: str | None = None) -> Step:
        """Return a step that goes on with `then_step` if `condition(context)` is true, else with `else_step`.

        The target that is not taken is skipped when the flow reaches it by falling through. Without `else_step` the
        run goes on with the step after `then_step`.
        """
        return cls(name, StepType.CHOICE, condition=condition, then_step=then_step, else_step=else_step)

    @classmethod
    def of(
        cls,
        kind: str,
        *,
        name: str,
        on_error: ErrorPolicy = ErrorPolicy.STOP,
        retry_policy: RetryPolicy | None = None,
        next_step: str | None = None,
        **config: Any,
    ) -> Step:
        """Return a step of a type that a plugin provides, with `config` checked against the type's options.

        Raises the PluginError that says why the type is not available, ConfigError for an option that it does not have.
        """
        checked = checked_config(kind, name, config)
        return cls(name, kind, checked, on_error, retry_policy, next_step)

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

    def to_dict(self) -> dict[str, Any]:
        """Return the definition as JSON values; functions appear as `module:name`."""
        found: dict[str, Any] = {
            "name": self.name,
            "type": self.kind,
            "config": self.config_values(),
            "on_error": self.on_error.value,
            "retry_policy": self.retry_policy.to_dict() if self.retry_policy else None,
            "next_step": self.next_step,
            "handler": reference_to(self.handler),
            "pipeline_name": self.pipeline_name,
            "condition": reference_to(self.condition),
            "then_step": self.then_step,
            "else_step": self.else_step,
        }
        return {key: value for key, value in found.items() if value not in (None, {})}


def _validate_step_name(name: object) -> None:
    if validate_name(name, "step name") == END:
        raise ValidationError(f"step name {END!r} is taken: as a target it means the end of the run", field="step name")
