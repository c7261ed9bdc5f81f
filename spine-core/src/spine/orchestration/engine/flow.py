"""Flow of a workflow: the next step according to the branch rules, without running anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, evolve, field

from spine.core.errors import WorkflowError
from spine.orchestration.definition.step import END, Step
from spine.orchestration.definition.workflow import Workflow

MAX_BACKWARD_JUMPS = 1000


@define
class Flow:
    """Position in a workflow, and the branch targets that were not taken.

    A target that was not taken is skipped when the flow reaches it in order. A choice without `else_step` whose
    condition is false continues with the step after its `then_step`.
    """

    workflow: Workflow
    position: int = 0
    backward_jumps: int = 0
    _not_taken: set[str] = field(factory=set)

    @classmethod
    def starting_at(cls, workflow: Workflow, position: int, outputs: Mapping[str, Mapping[str, Any]]) -> Flow:
        """Return the flow of a run that starts at `position`, as if the choices before it had led there.

        A branch target is reached in order only if `outputs` shows that its choice took it.
        """
        flow = cls(workflow, position)
        for step in workflow.steps[:position]:
            flow._not_taken.update(step.branches)
            flow._not_taken.discard(outputs.get(step.name, {}).get("next_step", ""))
        if flow.current is not None:
            flow._not_taken.discard(flow.current.name)
        return flow

    @property
    def current(self) -> Step | None:
        """Step to run next, None at the end."""
        steps = self.workflow.steps
        return steps[self.position] if self.position < len(steps) else None

    @property
    def state(self) -> tuple[int, tuple[str, ...]]:
        """Position, and the targets ahead that are skipped: what the rest of the flow depends on."""
        ahead = (name for name in self._not_taken if self.workflow.step_index(name) >= self.position)
        return self.position, tuple(sorted(ahead))

    def fork(self) -> Flow:
        """Return a copy, to advance on another way."""
        return evolve(self, not_taken=set(self._not_taken))

    def check(self, step: Step, chosen: str | None) -> None:
        """Raise WorkflowError if `advance` with these arguments would; `step` is the current one."""
        target = chosen or step.next_step
        if target in (None, END):
            return
        index = self.workflow.step_index(str(target))
        if index < 0:
            raise WorkflowError(
                f"step {step.name!r} goes to {target!r}, which is not a step of workflow {self.workflow.name!r}"
            )
        if index <= self.position and self.backward_jumps >= MAX_BACKWARD_JUMPS:
            raise WorkflowError(
                f"step {step.name!r} jumped backwards to {target!r} too often: "
                f"a run may jump backwards {MAX_BACKWARD_JUMPS} times"
            )

    def advance(self, step: Step, chosen: str | None) -> None:
        """Advance from `step`, the current one; `chosen` is the target named by its result, if any.

        Raises WorkflowError if the target does not exist, or after 1,000 backward jumps.
        """
        self.check(step, chosen)
        self._not_taken.update(step.branches)
        target = chosen or step.next_step
        if target == END:
            self.position = len(self.workflow.steps)
        elif target is not None:
            self._jump(target)
        else:
            self._fall_through(step)

    def pass_over(self, step: Step) -> None:
        """Advance from `step`, the current one, which is skipped: never backwards, and past its branches."""
        target = step.next_step
        is_back = target not in (None, END) and self.workflow.step_index(str(target)) <= self.position
        if is_back:
            self._not_taken.update(step.branches)
            self._fall_through(step)
        else:
            self.advance(step, None)

    def passed(self) -> set[str]:
        """Return the names of the steps before the current one to which no later step can jump back."""
        first, index = self.position, self.position
        while index < len(self.workflow.steps):
            step = self.workflow.steps[index]
            targets = [self.workflow.step_index(name) for name in (*step.branches, step.next_step) if name]
            back = min((target for target in targets if target >= 0), default=first)
            index = index + 1 if back >= first else back
            first = min(first, back)
        return {step.name for step in self.workflow.steps[:first]}

    def _jump(self, target: str) -> None:
        index = self.workflow.step_index(target)
        self.backward_jumps += index <= self.position
        self._not_taken.discard(target)
        self.position = index

    def _fall_through(self, step: Step) -> None:
        first = self.workflow.step_index(step.branches[0]) if step.branches else -1
        self.position = max(self.position, first) + 1
        while (following := self.current) is not None and following.name in self._not_taken:
            self.position += 1
