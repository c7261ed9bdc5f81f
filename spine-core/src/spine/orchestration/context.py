"""Context passed from step to step: immutable, made of JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from attrs import asdict, evolve, field, frozen

from spine.core.clock import utc_now
from spine.core.frozen import FrozenDict, freeze
from spine.core.ids import new_id
from spine.core.jsonvalue import to_json_value
from spine.orchestration.outputs import DryRunOutputs, Outputs

if TYPE_CHECKING:
    from spine.orchestration.tick_time import TickTime


def _frozen(value: Mapping[str, Any] | None) -> FrozenDict:
    if type(value) is FrozenDict:
        return value
    frozen_value: FrozenDict = freeze(value or {})
    return frozen_value


def _outputs(given: Mapping[str, Any] | None) -> Outputs:
    return given if isinstance(given, Outputs) else Outputs(given)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@frozen
class WorkflowContext:
    """Parameters of a run, outputs of its completed steps, and facts about the run."""

    run_id: str
    workflow_name: str = ""
    params: FrozenDict = field(factory=FrozenDict, converter=_frozen)
    outputs: Outputs = field(factory=Outputs, converter=_outputs)
    partition: FrozenDict = field(factory=FrozenDict, converter=_frozen)
    execution: FrozenDict = field(factory=FrozenDict, converter=_frozen)
    started_at: datetime = field(factory=utc_now, converter=_aware)
    metadata: FrozenDict = field(factory=FrozenDict, converter=_frozen)

    @classmethod
    def create(
        cls,
        workflow_name: str,
        params: Mapping[str, Any] | None = None,
        partition: Mapping[str, Any] | None = None,
        batch_id: str | None = None,
        run_id: str | None = None,
        dry_run: bool = False,
    ) -> WorkflowContext:
        """Return the context of a new run, with a new id unless one is given."""
        execution: dict[str, Any] = {"dry_run": dry_run}
        if batch_id is not None:
            execution["batch_id"] = batch_id
        return cls(run_id or new_id(), workflow_name, params, partition=partition, execution=execution)

    def get_param(self, key: str, default: Any = None) -> Any:
        """Return a parameter."""
        return self.params.get(key, default)

    def get_output(self, step: str, key: str | None = None, default: Any = None) -> Any:
        """Return one item of a step's output, or all of it without `key`; `default` where there is none."""
        output = self.outputs.get(step)
        if output is None:
            return default
        return output if key is None else output.get(key, default)

    def has_output(self, step: str) -> bool:
        """Return True if the step has completed."""
        return step in self.outputs

    @property
    def fence(self) -> int:
        """Number that grows whenever a process takes over the run; 0 outside of a run.

        A system that keeps the greatest one it has seen can refuse writes of a process that was taken over. For a table
        in the database of the history, see `DatabaseAdapter.transaction(fence=context)`.
        """
        return int(self.execution.get("fence", 0))

    @property
    def schedule(self) -> TickTime | None:
        """Time of the tick of the schedule that started the run; None if no schedule did."""
        from spine.orchestration.tick_time import TickTime  # most runs have none

        return TickTime.of_execution(self.execution)

    @property
    def is_dry_run(self) -> bool:
        """True for a dry run, which must have no lasting effects."""
        return bool(self.execution.get("dry_run", False))

    def with_output(self, step: str, output: Mapping[str, Any]) -> WorkflowContext:
        """Return a context that also holds `output` of `step`."""
        return evolve(self, outputs=self.outputs.with_output(step, freeze(output or {})))

    def without_output(self, step: str) -> WorkflowContext:
        """Return the context of a dry run that skipped `step`: to ask for its output raises NotComputedError."""
        return evolve(self, outputs=self.outputs.without(step))

    def with_params(self, params: Mapping[str, Any]) -> WorkflowContext:
        """Return a context whose parameters are overlaid with `params`."""
        return evolve(self, params={**self.params, **params})

    def with_metadata(self, metadata: Mapping[str, Any]) -> WorkflowContext:
        """Return a context whose metadata is overlaid with `metadata`."""
        return evolve(self, metadata={**self.metadata, **metadata})

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; ValidationError, naming the place, for a value that JSON cannot hold."""
        values = asdict(self, recurse=False)
        found = {name: to_json_value(value, f"the context's {name}") for name, value in values.items()}
        skipped = sorted(self.outputs.skipped) if isinstance(self.outputs, DryRunOutputs) else []
        return {**found, "not_computed": skipped} if skipped else found

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> WorkflowContext:
        """Return the context from its `to_dict` form; missing keys take their defaults."""
        started_at, outputs, skipped = data.get("started_at"), data.get("outputs"), data.get("not_computed")
        return cls(
            data.get("run_id") or new_id(),
            data.get("workflow_name") or "",
            data.get("params"),
            DryRunOutputs(outputs, skipped) if skipped else outputs,
            data.get("partition"),
            data.get("execution"),
            datetime.fromisoformat(started_at) if isinstance(started_at, str) else started_at or utc_now(),
            data.get("metadata"),
        )
