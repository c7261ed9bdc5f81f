"""Specs of step types: the options, and the facts needed to draw, plan, check and run a step of the type.

The options of a type, of core or of a plugin, are the fields of an attrs class derived from StepSpec, which has the
defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from attrs import NOTHING, fields, frozen

from spine.core.errors import ValidationError
from spine.orchestration.definition.references import reference_to, resolve_reference
from spine.plugins.catalog import current_catalog

if TYPE_CHECKING:
    from spine.orchestration.definition.step import Step
    from spine.orchestration.definition.workflow import Workflow


class TimeoutBy(Enum):
    """Enforcement of a step's `timeout`."""

    PROCESS = "process"  # each attempt runs in its own process, which is killed
    STOP = "stop"  # the step checks `services.stop`
    ITSELF = "itself"  # the step reads `step.timeout`


@frozen
class Branch:
    """Branch of a step, taken if `answer` holds: to `target`, or past its other branches if that is None."""

    label: str
    answer: str
    target: str | None


class Nested(Protocol):
    """Reader of nested definitions."""

    def step(self, data: Mapping[str, Any]) -> Step: ...

    def workflow(self, data: Mapping[str, Any]) -> Workflow: ...


@frozen
class StepSpec:
    """Options of one type of step; `functions_of` names the fields that may hold a function."""

    tier: ClassVar[str] = "advanced"
    timeout_by: ClassVar[TimeoutBy] = TimeoutBy.PROCESS
    shape: ClassVar[tuple[str, str]] = ("[", "]")  # around its text in Mermaid
    functions_of: ClassVar[tuple[str, ...]] = ()
    silent: ClassVar[frozenset[str]] = frozenset()  # fields that a definition leaves out while they have their default

    @property
    def can_have_own_process(self) -> bool:
        """True if an attempt can run in a process of its own."""
        return self.timeout_by is TimeoutBy.PROCESS

    def check_limits(self, step: Step) -> None:
        """Raise ValidationError for a limit that its step cannot have, such as `max_memory` without a process."""
        if step.max_memory is not None and not self.can_have_own_process:
            raise ValidationError(
                f"step {step.name!r} cannot have max_memory: a step of type {step.kind} runs in no process of its own; "
                "give it to the steps inside, or to a lambda or pipeline step",
                field="max_memory",
            )

    def branches(self) -> Sequence[Branch]:
        """Return the branches that it may take; empty if it continues in order."""
        return ()

    def functions(self) -> Mapping[str, Callable[..., Any]]:
        """Return its functions by field."""
        found = {name: getattr(self, name) for name in self.functions_of}
        return {name: value for name, value in found.items() if callable(value)}

    def pipelines(self) -> Sequence[str]:
        """Return the names of the pipelines that it runs."""
        return ()

    def workflows(self) -> Sequence[str]:
        """Return the names of the workflows that it runs, without those that it contains."""
        return ()

    def databases(self) -> Sequence[str]:
        """Return the names of the databases that it writes into."""
        return ()

    def inner_steps(self) -> Sequence[Step]:
        """Return the steps that it contains."""
        return ()

    def runs_pipelines(self) -> bool:
        """Return True if it or a contained step runs a pipeline."""
        inner = (step.spec.runs_pipelines() for step in self.inner_steps())
        return bool(self.pipelines() or self.workflows()) or any(inner)

    def calls_function(self) -> bool:
        """Return True if it or a contained step calls a function, which may read sources."""
        return any(step.spec.calls_function() for step in self.inner_steps())

    def does(self) -> str:
        """Return a short description of its action, for a plan."""
        return next((str(reference_to(function)) for function in self.functions().values()), "")

    def inside(self) -> Sequence[str]:
        """Return the lines drawn below it."""
        return ()

    def elsewhere(self, timeout: float | None) -> str | None:
        """Return the reason why its functions run in another process; None if they run in this one."""
        return "it has a timeout" if timeout is not None and self.timeout_by is TimeoutBy.PROCESS else None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that are set, as JSON values; functions as `module:name`."""
        found = {item.name: self.json_of(item.name, getattr(self, item.name)) for item in fields(type(self))}
        unsaid = {item.name: item.default for item in fields(type(self)) if item.name in self.silent}
        return {name: value for name, value in found.items() if value not in (None, {}, unsaid.get(name, NOTHING))}

    def json_of(self, name: str, value: Any) -> Any:
        """Return a field's value as JSON values."""
        if name in self.functions_of and callable(value):
            return reference_to(value)
        if isinstance(value, datetime):
            return value.isoformat()
        return value.to_dict() if hasattr(value, "to_dict") else value

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], nested: Nested | None) -> Self:
        """Return the spec from its `to_dict` form, importing the functions that it names.

        Without `nested` it must contain no steps or workflows.
        """
        names = {item.name for item in fields(cls)}
        return cls(**{name: cls.value_of(name, value, nested) for name, value in data.items() if name in names})

    @classmethod
    def value_of(cls, name: str, value: Any, nested: Nested | None) -> Any:
        """Return a field's value from its JSON form."""
        return resolve_reference(value) if name in cls.functions_of and isinstance(value, str) else value


@frozen
class PlainSpec(StepSpec):
    """Spec of a type without its own spec: its options are the step's `config`."""


def spec_class(kind: str) -> type[StepSpec]:
    """Return the spec class declared by the step type of that name, PlainSpec if it declares none."""
    declared = current_catalog().load_config("step_type", kind)
    return declared if declared is not None and issubclass(declared, StepSpec) else PlainSpec
