"""Workflow: named steps in order, with defaults for its parameters."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import field, frozen
from attrs.validators import gt, optional

from spine.core.duration import check_number
from spine.core.errors import BadParamsError
from spine.core.frozen import FrozenDict, FrozenList, freeze
from spine.core.hashing import hash_json
from spine.core.jsonvalue import to_json_value
from spine.core.names import check_text, validate_name
from spine.core.suggest import did_you_mean
from spine.framework.params import PipelineSpec
from spine.orchestration.definition.parameters import (
    check_params,
    described,
    read_params,
    spec_from,
    spec_of,
    takes_tick,
)
from spine.orchestration.definition.references import check_plain_function, reference_to, resolve_reference
from spine.orchestration.definition.retry import RetryPolicy
from spine.orchestration.definition.spec import spec_class
from spine.orchestration.definition.step import Step, StepType
from spine.orchestration.records import DEFAULT_QUEUE
from spine.orchestration.run_queue import check_queue

if TYPE_CHECKING:
    from spine.orchestration.partitions import Partitions
    from spine.orchestration.tick_time import TickTime

ParamResolver = (
    Callable[[dict[str, Any]], Mapping[str, Any]] | Callable[[dict[str, Any], "TickTime | None"], Mapping[str, Any]]
)


def _defaults(given: Mapping[str, Any] | None) -> FrozenDict:
    return FrozenDict(freeze(given or {}))


def _texts(given: Iterable[str] | None) -> FrozenList:
    if isinstance(given, str):
        raise ValueError(f"{given!r} is one text where a list of texts is needed: write [{given!r}]")  # noqa: TRY004
    return FrozenList(given or ())


def _limits(given: Mapping[str, int] | None) -> FrozenDict:
    for name, limit in (given or {}).items():
        validate_name(name, "limit name")
        if type(limit) is not int or limit < 1:
            raise ValueError(f"limit {name!r} is {limit!r}: a limit is how many runs may hold it, 1 or more")
    return FrozenDict(given or {})


def _check_priority(_workflow: Any, _attribute: Any, value: object) -> None:
    if type(value) is not int or not -32768 <= value <= 32767:
        raise ValueError(f"priority is {value!r:.80}: give a whole number from -32768 to 32767")


@frozen
class Workflow:
    """Named steps in order. `partition_by` names the parameters that form a run's partition.

    `resolve_params` is called with the parameters, including defaults, before a run is created; the run records and
    uses its result, so that a relative value such as `latest` is replaced by an absolute one. One that takes a second
    argument `tick` is told the time of the tick that starts the run; None if no schedule does.
    A branch target that does not exist is a warning here, and fails the run only if it is taken.

    A run that takes longer than `timeout` seconds fails. `on_failure` and `on_success` are steps that run after the
    others have failed or succeeded. `limits` maps each limit's name to the number of runs that may hold it at once;
    further runs wait. `params` declares the parameters, as a PipelineSpec or as ParamDefs: unknown or invalid ones are
    then rejected. `partitions` declares the partitions, and implies `partition_by`: each run is about one of them, and
    no two runs of one partition are open at once.

    Workers take its runs from the queue named `queue`, those of a higher `priority` first. Neither is part of the
    definition: a change of it does not change what a run does.
    """

    name: str = field(validator=lambda _self, _attribute, value: validate_name(value, "workflow name"))
    steps: Sequence[Step] = field(converter=FrozenList)
    domain: str = ""
    description: str = ""
    version: int = 1
    defaults: Mapping[str, Any] = field(factory=dict, converter=_defaults)
    tags: Sequence[str] = field(factory=list, converter=_texts)
    partition_by: Sequence[str] = field(factory=list, converter=_texts)
    resolve_params: ParamResolver | None = None
    timeout: float | None = field(default=None, validator=optional(gt(0)))
    on_failure: Sequence[Step] = field(factory=list, converter=FrozenList)
    on_success: Sequence[Step] = field(factory=list, converter=FrozenList)
    limits: Mapping[str, int] = field(factory=dict, converter=_limits)
    params: PipelineSpec | None = field(default=None, converter=spec_of)
    partitions: Partitions | None = None
    queue: str = field(default=DEFAULT_QUEUE, validator=lambda _self, _attribute, value: check_queue(value))
    priority: int = field(default=0, validator=_check_priority)
    _hash: str | None = field(init=False, default=None, repr=False, eq=False)
    _positions: dict[str, int] = field(init=False, repr=False, eq=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        for position, step in enumerate(self.steps):
            if self._positions.setdefault(step.name, position) != position:
                raise ValueError(f"Duplicate step name {step.name!r} in workflow {self.name!r}")
        check_number("timeout", self.timeout, f"workflow {self.name!r}")
        if self.domain:
            check_text(self.domain, f"the domain of workflow {self.name!r}")
        self._check_hooks()
        self._check_after()
        self._check_defaults()
        if self.partitions is not None:
            self._take_partitions(self.partitions)
        if self.resolve_params is not None:
            check_plain_function(self.resolve_params, f"resolve_params of workflow {self.name!r}")
        for step in self.all_steps:
            check_addressable(step, f"workflow {self.name!r}")
        for problem in self.problems():
            warnings.warn(problem, stacklevel=3)

    @property
    def all_steps(self) -> list[Step]:
        """Steps, followed by those of `on_failure` and `on_success`."""
        return [*self.steps, *self.on_failure, *self.on_success]

    def problems(self) -> list[str]:
        """Return a sentence for each branch target that does not exist."""
        return [
            f"workflow {self.name!r}: step {step.name!r} goes to {target!r}, which is not one of its steps"
            for step in self.steps
            for target in step.targets
            if target not in self._positions
        ]

    def get_step(self, name: str) -> Step | None:
        """Return the step of that name, None if there is none."""
        position = self._positions.get(name)
        return None if position is None else self.steps[position]

    def step_names(self) -> list[str]:
        """Return the names of the steps, in order."""
        return [step.name for step in self.steps]

    def step_index(self, name: str) -> int:
        """Return the position of a step, from 0; -1 if there is none of that name."""
        return self._positions.get(name, -1)

    def order_of(self, name: str) -> int:
        """Return the position of a step among `all_steps`."""
        position = self._positions.get(name)
        return position if position is not None else [step.name for step in self.all_steps].index(name)

    def required_tier(self) -> str:
        """Return the lowest tier that has all its step types: basic, intermediate or advanced."""
        if any(step.is_advanced_tier() for step in self.steps):
            return "advanced"
        return "intermediate" if any(step.is_intermediate_tier() for step in self.steps) else "basic"

    def has_choice_steps(self) -> bool:
        """Return True if a step is one of `Step.choice`."""
        return self._has(StepType.CHOICE)

    def has_lambda_steps(self) -> bool:
        """Return True if a step is one of `Step.lambda_`."""
        return self._has(StepType.LAMBDA)

    def has_pipeline_steps(self) -> bool:
        """Return True if a step is one of `Step.pipeline`."""
        return self._has(StepType.PIPELINE)

    def pipeline_names(self) -> list[str]:
        """Return the names of the pipelines that its steps run, in order."""
        return [name for step in self.steps for name in step.spec.pipelines()]

    def definition_hash(self) -> str:
        """Return a digest of `to_dict()`, which does not depend on the bodies of functions."""
        if self._hash is None:
            object.__setattr__(self, "_hash", hash_json(self.to_dict()))  # needed for every run
        return str(self._hash)

    def params_of(self, given: Mapping[str, Any], tick: TickTime | None = None) -> dict[str, Any]:
        """Return the parameters of a run as JSON values: `given` over the defaults, passed through `resolve_params`.

        `tick` is that of the schedule which starts the run; unless the parameters name the partition, it is the one in
        which the tick's interval begins.

        With declared `params`, texts are parsed as the declared types, and the result of `resolve_params` is checked.
        Those of the partition are in the partition's own form. Raises BadParamsError for unknown, missing or invalid
        parameters, ValidationError for a value that JSON cannot hold, and any error of `resolve_params`.
        """
        where = f"workflow {self.name!r}"
        params: Mapping[str, Any] = {**self.defaults, **given}
        if tick is not None and self.partitions is not None:
            params = {**self.partitions.containing(tick.interval_start.date()), **params}
        if self.params is not None:
            params = read_params(self.params, params, where)
        if self.resolve_params is not None:
            resolve: Callable[..., Mapping[str, Any]] = self.resolve_params
            params = resolve(dict(params), tick) if takes_tick(resolve) else resolve(dict(params))
        found: dict[str, Any] = to_json_value(params, "params")
        if self.params is not None:
            check_params(self.params, found, where)
        if self.partitions is not None:
            found |= _read_partition(self.partitions, found, where)
        return found

    def check_given(self, given: Mapping[str, Any]) -> None:
        """Raise BadParamsError for parameters that a run would reject, as far as known before `resolve_params`.

        The time of a partition may be missing: the tick of a schedule has it.
        """
        where, params = f"workflow {self.name!r}", {**self.defaults, **given}
        if self.params is not None:
            params = read_params(self.params, params, where)
        if self.resolve_params is not None:
            return
        if self.params is not None:
            check_params(self.params, params, where)
        if self.partitions is not None:
            _read_partition(self.partitions, {**self.partitions.first(), **params}, where)

    def accepted(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the declared ones of `params`; all if none are declared."""
        return {name: value for name, value in params.items() if self.params is None or name in self.params.params}

    def partition_of(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the partition of a run with these parameters."""
        return {name: params[name] for name in self.partition_by if name in params}

    def to_dict(self) -> dict[str, Any]:
        """Return the definition as JSON values; functions appear as `module:name`."""
        return {
            "name": self.name,
            "steps": [step.to_dict() for step in self.steps],
            "domain": self.domain,
            "description": self.description,
            "version": self.version,
            "defaults": to_json_value(self.defaults, f"the defaults of workflow {self.name!r}"),
            "tags": list(self.tags),
            "partition_by": list(self.partition_by),
            "resolve_params": reference_to(self.resolve_params),
            **self._run_level(),
        }

    def _run_level(self) -> dict[str, Any]:
        found = {
            "timeout": self.timeout,
            "on_failure": [step.to_dict() for step in self.on_failure],
            "on_success": [step.to_dict() for step in self.on_success],
            "limits": dict(self.limits),
        }
        declared: dict[str, Any] = {} if self.params is None else {"params": described(self.params)}
        if self.partitions is not None:
            declared["partitions"] = self.partitions.to_dict()
        return {name: value for name, value in found.items() if value} | declared

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Workflow:
        """Return the workflow from its `to_dict` form, importing the functions that it names.

        Only pass trusted definitions: importing a function runs its module.
        """
        known = {
            key: data[key]
            for key in ("domain", "description", "version", "defaults", "tags", "partition_by", "timeout", "limits")
            if key in data
        }
        resolver = data.get("resolve_params")
        return cls(
            name=data["name"],
            steps=[step_of(step) for step in data.get("steps", ())],
            on_failure=[step_of(step) for step in data.get("on_failure", ())],
            on_success=[step_of(step) for step in data.get("on_success", ())],
            resolve_params=resolve_reference(resolver) if resolver else None,
            params=spec_from(data["params"]) if "params" in data else None,
            partitions=_partitions_from(data["partitions"]) if "partitions" in data else None,
            **known,
        )

    def _check_after(self) -> None:
        for position, step in enumerate(self.steps):
            for name in step.after or ():
                if not 0 <= self.step_index(name) < position:
                    earlier = self.step_names()[:position]
                    raise ValueError(
                        f"step {step.name!r} of workflow {self.name!r} is after {name!r}, "
                        f"which is not a step before it{did_you_mean(name, earlier)}"
                    )

    def _check_defaults(self) -> None:
        if self.params is not None:
            read_params(self.params, self.defaults, f"the defaults of workflow {self.name!r}")

    def _take_partitions(self, partitions: Partitions) -> None:
        from spine.orchestration.partitions import Partitions as Declared  # few workflows declare them

        if not isinstance(partitions, Declared):
            raise TypeError(
                f"partitions of workflow {self.name!r} are a {type(partitions).__name__}: "
                "give Daily, Weekly, Monthly or Static"
            )
        names = FrozenList(partitions.params)
        if self.partition_by and list(self.partition_by) != list(names):
            raise ValueError(
                f"workflow {self.name!r} has partitions by {', '.join(names)}, and partition_by "
                f"{', '.join(self.partition_by)}: leave partition_by out"
            )
        if undeclared := [name for name in names if self.params is not None and name not in self.params.params]:
            raise ValueError(f"workflow {self.name!r} has partitions by {undeclared[0]!r}: declare it in params, too")
        object.__setattr__(self, "partition_by", names)

    def _check_hooks(self) -> None:
        names = set(self._positions)
        for step in (*self.on_failure, *self.on_success):
            if step.name in names:
                raise ValueError(f"Duplicate step name {step.name!r} in workflow {self.name!r}")
            if step.targets:
                raise ValueError(f"step {step.name!r} of on_failure or on_success cannot go to another step")
            if step.after is not None:
                raise ValueError(f"step {step.name!r} of on_failure or on_success cannot have `after`")
            names.add(step.name)

    def _has(self, step_type: StepType) -> bool:
        return any(step.step_type is step_type for step in self.steps)


def step_of(definition: Mapping[str, Any]) -> Step:
    """Return the step from its `Step.to_dict` form, importing the functions that it names; see Workflow.from_dict."""
    kind, policy, when = definition["type"], definition.get("retry_policy"), definition.get("when")
    plain = ("config", "on_error", "next_step", "timeout", "max_memory", "always_run", "after", "dry_run")
    return Step(
        definition["name"],
        kind,
        **{name: definition[name] for name in plain if name in definition},
        retry_policy=RetryPolicy(**policy) if policy else None,
        when=resolve_reference(when) if when else None,
        spec=spec_class(kind).from_dict(definition, _Nested()),
    )


class _Nested:
    """Reader of the steps and workflows inside a definition."""

    def step(self, data: Mapping[str, Any]) -> Step:
        return step_of(data)

    def workflow(self, data: Mapping[str, Any]) -> Workflow:
        return Workflow.from_dict(data)


def _read_partition(partitions: Partitions, params: Mapping[str, Any], where: str) -> dict[str, str]:
    """Return the parameters of a partition in its own form; BadParamsError if one is missing or invalid."""
    try:
        return partitions.read(params)
    except ValueError as error:
        missing = [name for name in partitions.params if params.get(name) is None]
        names = None if missing else list(partitions.params)
        raise BadParamsError(f"{where}: {error}", missing_params=missing, invalid_params=names) from None


def _partitions_from(data: Mapping[str, Any]) -> Partitions:
    from spine.orchestration.partitions import partitions_of  # few workflows declare them

    return partitions_of(data)


def check_addressable(step: Step, where: str) -> None:
    """Raise ValueError if the step runs in another process and one of its functions cannot be imported there."""
    for inner in step.spec.inner_steps():
        check_addressable(inner, where)
    why = step.spec.elsewhere(step.timeout) or ("it has a max_memory" if step.max_memory is not None else None)
    if why is None:
        return
    for name, function in step.spec.functions().items():
        reference = reference_to(function)
        if name != "items_path" and reference is not None and "<" in reference:
            raise ValueError(
                f"{where}: step {step.name!r} runs in a separate process because {why}, "
                f"and {reference} cannot be found there: move the function to the top of a module"
            )
