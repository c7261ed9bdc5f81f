"""Step types: the protocol of a handler, and the services that the runner passes to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from attrs import field, frozen

from spine.core.clock import WallClock, current_clock
from spine.framework.dispatcher import Dispatcher, TriggerSource
from spine.orchestration.context import WorkflowContext
from spine.orchestration.records import ItemProgress, ItemRecord, ItemResult
from spine.orchestration.step_result import StepResult
from spine.orchestration.stop import Stop

if TYPE_CHECKING:
    from spine.orchestration.definition.step import Step
    from spine.orchestration.definition.workflow import Workflow
    from spine.orchestration.result import WorkflowResult


class ChildRunner(Protocol):
    """Runner of workflows as child runs of a step."""

    def find(self, workflow: str | Workflow) -> Workflow:
        """Return a workflow by its name; UnknownWorkflowError, with the closest name, if there is none."""
        ...

    def build(self, name: str, steps: Sequence[Step]) -> Workflow:
        """Return a workflow of these steps."""
        ...

    def run(
        self,
        workflow: Workflow,
        params: Mapping[str, Any],
        key: str,
        outputs: Mapping[str, Mapping[str, Any]],
        *,
        earlier_key: str | None = None,
    ) -> WorkflowResult:
        """Run `workflow`, or resume the child run with the same `key` of this visit to the step; return its result.

        `earlier_key` is the key that an earlier release gave to a child of these parameters.
        """
        ...


class ItemLog(Protocol):
    """Items of this visit to a map step."""

    def finished(self) -> Iterator[ItemRecord]:
        """Yield the items that ended in earlier attempts, in order."""
        ...

    def results(self) -> Iterator[ItemResult]:
        """Yield what the items gave, in order."""
        ...

    def commit(self, items: Sequence[ItemRecord], staged: Sequence[Any], progress: ItemProgress | None = None) -> None:
        """Store finished items and their staged data, and how far the step is."""
        ...

    def replace(self, first: int, items: Sequence[ItemRecord]) -> None:
        """Store `items` in place of all those from position `first` on."""
        ...


@frozen
class AttemptInfo:
    """Facts about the current attempt; `wait_state` is the state passed to the previous StepResult.wait.

    After a wait, `seconds_left` is the rest of the step's timeout, and `waited_since` the time when the wait began.
    """

    number: int = 1
    first: int = 1
    wait_state: Mapping[str, Any] | None = None
    refresh: bool = False
    seconds_left: float | None = None
    waited_since: datetime | None = None

    @property
    def visit(self) -> str:
        """Text that is the same in each attempt of one visit to the step, and another one after each wait."""
        return str(self.first) if self.waited_since is None else f"{self.first}/{self.waited_since.isoformat()}"


@frozen
class StepServices:
    """Services that the runner passes to a step type; `clock` is that of the run store, which waits use."""

    dispatcher: Dispatcher
    trigger_source: TriggerSource = TriggerSource.CLI
    attempt: AttemptInfo = field(factory=AttemptInfo)
    stop: Stop = field(factory=Stop)
    children: ChildRunner | None = None
    items: ItemLog | None = None
    clock: WallClock = field(factory=current_clock)


@frozen
class PlannedStep:
    """Planned action of a step, and the reason: `runs`, `may run`, `skipped`, `fails`, or `called` by the dry run.

    `output` is its output if that is known without a run. A step inside of another one is named `outer/inner`.
    """

    step: str
    type: str
    action: str
    reason: str
    does: str
    dry_run: str = "skip"
    output: Mapping[str, Any] | None = None

    @property
    def is_known(self) -> bool:
        """True if nothing but a run of other steps could change its output."""
        return self.output is not None or self.action == "skipped"


@frozen
class Preview:
    """Effect that a step would have, for a dry run: `does` describes it in a few words.

    `result` is the step's result if it is known without effects, such as the branch that a choice takes; `inside` are
    the steps that it would run.
    """

    does: str
    result: StepResult | None = None
    inside: Sequence[PlannedStep] = ()


def planned_inside(steps: Iterable[Step], reason: str) -> list[PlannedStep]:
    """Return the plan of steps inside of a step of which it is not known how often it runs them."""
    return [PlannedStep(step.name, step.kind, "may run", reason, step.spec.does(), step.dry_run) for step in steps]


class StepTypeHandler(Protocol):
    """Handler of steps of one type, created without arguments and stateless between steps.

    It may have a method `preview(step, context, services) -> Preview`, called instead of `execute` in a dry run, unless
    the step says `dry_run="call"`. It must change nothing; outputs that the dry run does not know raise
    NotComputedError. Without it, the step does nothing in a dry run, and its output is not known.
    """

    def execute(self, step: Step, context: WorkflowContext, services: StepServices) -> StepResult:
        """Run one attempt; an exception is a failure that keeps its category and retryable flag."""
        ...
