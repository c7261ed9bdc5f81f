"""Child runs of a step: sub-workflows, branches of a parallel step, items of a map."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from spine.core.errors import WorkflowError
from spine.core.hashing import hash_json
from spine.framework.work import note_source
from spine.orchestration.context import WorkflowContext
from spine.orchestration.definition.step import Step
from spine.orchestration.definition.workflow import Workflow
from spine.orchestration.lease import LimitReachedError
from spine.orchestration.records import RunRecord
from spine.orchestration.registry import workflow_registry
from spine.orchestration.result import WorkflowResult
from spine.orchestration.status import WorkflowStatus
from spine.orchestration.stop import Stop

if TYPE_CHECKING:
    from spine.orchestration.engine.lifecycle import Engine


MAX_LEVELS = 20
_LIMIT_POLL_SECONDS = 0.5
_LIMIT_PAUSE_SECONDS = 5.0  # until a parked parent of a child that has no room is resumed


def one_level_below(execution: Mapping[str, Any], workflow_name: str) -> dict[str, Any]:
    """Return the execution facts of a child run; WorkflowError below 20 levels of workflows."""
    level = execution.get("level", 0) + 1
    if level > MAX_LEVELS:
        raise WorkflowError(
            f"workflow {workflow_name!r} would run {level} levels below the first run, at most {MAX_LEVELS} are "
            "possible: does it run itself?"
        )
    return {**execution, "level": level}


class WorkflowFinder(ABC):
    """Part of a ChildRunner that finds and makes the workflows of children."""

    def find(self, workflow: str | Workflow) -> Workflow:
        """Return a workflow by its name; UnknownWorkflowError, with the closest name, if there is none."""
        return workflow_registry.get(workflow) if isinstance(workflow, str) else workflow

    def build(self, name: str, steps: Sequence[Step]) -> Workflow:
        """Return a workflow of these steps, with the domain and the version of the run that they belong to."""
        domain, version = self.belongs_to()
        return Workflow(name, steps, domain=domain, version=version)

    @abstractmethod
    def belongs_to(self) -> tuple[str, int]:
        """Return the domain and the version of the workflow that has the children."""


@frozen
class ChildRuns(WorkflowFinder):
    """Runner of child runs, each with an idempotency key derived from its parent, so that a resumed parent finds it."""

    engine: Engine
    parent: RunRecord
    stop: Stop
    force: bool = False  # a child is resumed although its workflow has changed
    _working: list[str] = field(factory=list, init=False)  # keys of the children that hold this process

    def belongs_to(self) -> tuple[str, int]:
        return self.parent.domain, self.parent.workflow_version

    def run(
        self,
        workflow: Workflow,
        params: Mapping[str, Any],
        key: str,
        outputs: Mapping[str, Mapping[str, Any]],
        *,
        earlier_key: str | None = None,
    ) -> WorkflowResult:
        """Run `workflow`, or the rest of the child run with this key, and return its result.

        `outputs` are the parent's outputs that its steps see; `key` is unique among the children of the parent.
        `earlier_key` is the one that an earlier release gave to a child of these parameters. A child that has no room
        within a limit is WAITING, with `park_waits`; it is tried again in this process while another child works here.
        """
        while True:
            self._working.append(key)
            try:
                return self._parked_with(self._run(workflow, params, key, outputs, earlier_key))
            except LimitReachedError:
                pass
            finally:
                self._working.remove(key)
            if not self._working:
                return self._without_room(workflow)
            self.stop.sleep(_LIMIT_POLL_SECONDS)

    def _parked_with(self, child: WorkflowResult) -> WorkflowResult:
        """Return the child's result; raise RunStopped if it was parked since this process ends, to park the parent."""
        if child.status is WorkflowStatus.PENDING:
            self.stop.check()
        return child

    def _without_room(self, workflow: Workflow) -> WorkflowResult:
        now = self.engine.store.now()
        waiting, wake_at = WorkflowStatus.WAITING, now + timedelta(seconds=_LIMIT_PAUSE_SECONDS)
        return WorkflowResult(workflow.name, "", waiting, WorkflowContext.create(workflow.name), now, wake_at=wake_at)

    def _run(
        self,
        workflow: Workflow,
        params: Mapping[str, Any],
        key: str,
        outputs: Mapping[str, Mapping[str, Any]],
        earlier_key: str | None,
    ) -> WorkflowResult:
        given, stop = workflow.params_of(params), Stop(self.stop)
        unique = self._unique(key)
        found = self.engine.store.find_by_key(unique)
        if found is None and earlier_key is not None and self.parent.fence > 1:  # a run that was resumed
            earlier = self.engine.store.find_by_key(self._unique(earlier_key))
            found = earlier if earlier is not None and earlier.params == given else None
        if found is None:
            partition = workflow.partition_of(given) or dict(self.parent.partition)
            execution = one_level_below(self.parent.execution.context, workflow.name)
            context = evolve(
                WorkflowContext.create(workflow.name, given, partition), outputs=outputs, execution=execution
            )
            return self.engine.start(workflow, context, stop, idempotency_key=unique, parent=self.parent)
        note_source(f"run {found.run_id}")  # the sources that it read before are not known here
        if found.status.is_good:
            return self.engine.look_up(found.run_id)
        return self.engine.resume(found, workflow, stop, force=self.force, take_over=True, outputs=outputs)

    def _unique(self, key: str) -> str:
        return "child:" + hash_json([self.parent.run_id, key])
