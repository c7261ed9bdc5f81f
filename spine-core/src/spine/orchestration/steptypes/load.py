"""Load steps: a capture, written into a table of a named database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import field, frozen

from spine.core.errors import ValidationError
from spine.core.frozen import FrozenDict
from spine.db.loads.order import LoadMode, adds_columns
from spine.orchestration.definition.spec import StepSpec
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import Preview

if TYPE_CHECKING:
    from spine.orchestration.context import WorkflowContext
    from spine.orchestration.definition.step import Step
    from spine.orchestration.steptypes.base import StepServices

THIS = "this"  # as `partition`: that of the run


def _key(given: Any) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given or ())


def _partition(given: Any) -> Any:
    if given is None or given == THIS:
        return given
    if not isinstance(given, Mapping):
        raise ValidationError(f'the partition of a load is "this" or {{column: value}}, not {given!r:.80}')
    return FrozenDict(given)


@frozen
class LoadStepSpec(StepSpec):
    """Capture, table and mode of the load."""

    tier: ClassVar[str] = "basic"
    silent: ClassVar[frozenset[str]] = frozenset(("key", "schema"))

    capture: str
    database: str
    table: str
    mode: str = "append"
    key: tuple[str, ...] = field(default=(), converter=_key)
    partition: str | FrozenDict | None = field(default=None, converter=_partition)
    schema: str = "evolve"

    def __attrs_post_init__(self) -> None:
        LoadMode.of(self.mode, self.table, self.key)
        adds_columns(self.schema)

    def databases(self) -> Sequence[str]:
        return (self.database,)

    def does(self) -> str:
        key = f" by {', '.join(self.key)}" if self.key else ""
        return f"capture {self.capture!r} into {self.database}.{self.table} ({self.mode}{key})"

    def json_of(self, name: str, value: Any) -> Any:
        return list(value) if name == "key" else super().json_of(name, value)

    def partition_of(self, context: WorkflowContext) -> Mapping[str, Any] | None:
        """Return the partition to read; None for that of the run, if the capture has it."""
        return context.partition if self.partition == THIS else self.partition  # type: ignore[return-value]


class LoadStep:
    """Handler that reads the capture and loads it; its output has the counts, and the revision that was loaded."""

    def execute(self, step: Step, context: WorkflowContext, services: StepServices) -> StepResult:
        from spine.framework.captures import read_capture  # SQLAlchemy and pyarrow are imported on use
        from spine.framework.loads import load

        spec = step.spec_of(LoadStepSpec)
        partition = spec.partition_of(context)
        found = read_capture(spec.capture, partition=partition)
        replaced = partition if spec.mode == "replace_partition" else None
        done = load(
            spec.database,
            spec.table,
            found,
            mode=spec.mode,
            key=spec.key,
            partition=replaced,
            schema=spec.schema,
        )
        counts = {name: getattr(done, name) for name in ("inserted", "updated", "deleted", "unchanged")}
        return StepResult.ok({**counts, "revision": found.capture.revision})

    def preview(self, step: Step, context: WorkflowContext, services: StepServices) -> Preview:
        """Return what it would load."""
        return Preview(step.spec_of(LoadStepSpec).does())
