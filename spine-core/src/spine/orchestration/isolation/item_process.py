"""Items of a map step on an executor of other processes: all data is passed as JSON."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import copy_context
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from attrs import evolve

from spine.core.clock import current_clock
from spine.core.errors import ConfigError
from spine.core.failure import Failure
from spine.core.interrupts import INTERRUPTS
from spine.framework.dispatcher import get_dispatcher
from spine.framework.dry_run_scope import dry_run_scope
from spine.framework.staged import Staged
from spine.framework.work import Work, use_work
from spine.orchestration.context import WorkflowContext
from spine.orchestration.definition.spec import spec_class
from spine.orchestration.engine.run_log import child_log
from spine.orchestration.executors.base import Limits, Task
from spine.orchestration.isolation.memory import ran_out_of_memory
from spine.orchestration.isolation.project_address import current_address, is_elsewhere, project_at
from spine.orchestration.isolation.staged_json import staged_from_json, staged_to_json
from spine.orchestration.run_store import run_store
from spine.orchestration.step_result import StepResult, failed_by
from spine.orchestration.steptypes.base import StepServices
from spine.orchestration.steptypes.item_body import run_item
from spine.orchestration.steptypes.map_batches import SLICE_SECONDS
from spine.orchestration.steptypes.map_tables import StoredItem

if TYPE_CHECKING:
    from spine.orchestration.definition.step import Step
    from spine.orchestration.steptypes.map_ import MapStepSpec
    from spine.orchestration.steptypes.map_batches import Batch
    from spine.orchestration.steptypes.map_progress import OpenItem

_WORK = ("run_id", "workflow", "workflow_version", "step", "attempt", "visit", "item", "domain", "refresh", "dry_run")
_FAILED = ("error", "error_category", "retryable")  # of a failed result


def batch_task(step: Step, spec: MapStepSpec, context: WorkflowContext, work: Work, batch: Batch) -> Task:
    """Return the task that runs a batch of items in a worker of the executor; limits are those of its only item."""
    arguments = {
        "project": current_address(),
        "step": {"name": step.name, **evolve(spec, items_path="-", item_timeout=None).to_dict()},
        "context": context.to_dict(),
        "work": work_fields(work),
        "items": [_sent(found) for found in batch.items],
        "quota": batch.quota,
    }
    limits = None
    if spec.item_timeout is not None or step.max_memory is not None:
        limits = Limits(f"an item of step {step.name!r}", spec.item_timeout, step.max_memory)
    return Task(run_items_there, arguments, limits, is_batch=len(batch.items) > 1)


def _sent(found: OpenItem) -> list[Any]:
    if isinstance(found.item, StoredItem):
        return [found.key, found.item.to_json(), True]
    return [found.key, found.item]


def run_items_there(
    project: dict[str, str] | None,
    step: dict[str, Any],
    context: dict[str, Any],
    work: dict[str, Any],
    items: list[list[Any]],
    quota: int | None,
) -> dict[str, Any]:
    """Run items in this worker process, with the project opened again, until their slice of time is over.

    It also ends with the failure after the `quota`. The answer has what ended, in the order of the items.
    """
    with working_there(project, context, work) as (found, here):
        spec: Any = spec_class("map").from_dict(step, None)
        services = StepServices(get_dispatcher())
        clock, ended = current_clock(), list[dict[str, Any]]()
        begun, failures = clock.monotonic(), 0
        for key, item, *stored in items:
            began = clock.monotonic() - begun
            if ended and began >= SLICE_SECONDS:
                break
            item = StoredItem(**item) if stored else item
            outcome = copy_context().run(_outcome, step["name"], spec, found, services, here.of_item(key), item)
            ended.append({**outcome, "at": [began, clock.monotonic() - begun]})
            failures += "failed" in outcome
            if quota is not None and failures > quota:
                break
        return {"ended": ended, "seconds": clock.monotonic() - begun, "sources_read": here.sources_read}


def _outcome(
    step_name: str, spec: MapStepSpec, context: WorkflowContext, services: StepServices, work: Work, item: Any
) -> dict[str, Any]:
    try:
        with use_work(work):
            value = item.read() if isinstance(item, StoredItem) else item
            result = run_item(step_name, spec, context, services, value)
    except INTERRUPTS:
        raise
    except BaseException as error:
        if ran_out_of_memory(error):
            raise  # it may be for the others of its batch, too: each of them runs alone
        result = failed_by(error, step_name)
    if not result.success:
        return failed_to_json(result)
    outcome = {"value": result.output.get("value")}
    if work.staged:
        outcome["staged"] = staged_to_json(work.staged)
    return outcome


@contextmanager
def working_there(
    project: dict[str, str] | None, context: dict[str, Any], work: dict[str, Any]
) -> Iterator[tuple[WorkflowContext, Work]]:
    """Open the project in this worker process, and work in it as the process that sent the task."""
    with project_at(project):
        found = WorkflowContext.from_dict(context)
        if is_elsewhere(project) and not found.is_dry_run:
            _check_history(work["run_id"])
        at = found.schedule.scheduled_at if found.schedule else None
        here = Work(**work, partition=found.partition, outputs=found.outputs, scheduled_at=at)
        dry = dry_run_scope() if found.is_dry_run else nullcontext()
        with dry, child_log(here.run_id), use_work(here):
            yield found, here


@lru_cache(maxsize=1000)  # once a run, not once an item
def _check_history(run_id: str) -> None:
    """Raise ConfigError in a worker with another history than the run's, whose captures it would not see."""
    if run_store().get_run(run_id) is None:
        raise ConfigError(
            f"the worker on {platform.node()} has another database than run {run_id}: give the project one that all "
            "machines reach, see spine db copy"
        )


def work_fields(work: Work) -> dict[str, Any]:
    """Return what `working_there` needs of the work, as JSON values."""
    return {name: getattr(work, name) for name in _WORK}


def failed_to_json(result: StepResult) -> dict[str, Any]:
    """Return a failure as JSON values."""
    failure = result.failure.to_dict() if result.failure else None
    return {"failed": {name: getattr(result, name) for name in _FAILED}, "failure": failure}


def failed_from_json(ended: Mapping[str, Any]) -> StepResult:
    """Return the failure that `failed_to_json` described."""
    failed, failure = ended["failed"], ended["failure"]
    return StepResult(
        False,
        error=failed["error"],
        error_category=failed["error_category"],
        retry=failed["retryable"],
        failure=Failure.from_dict(failure) if failure else None,
    )


def item_result(ended: Mapping[str, Any]) -> tuple[StepResult, Sequence[Staged]]:
    """Return one item of the answer of `run_items_there` as its result and its staged data."""
    if "failed" not in ended:
        return StepResult(True, {"value": ended["value"]}), staged_from_json(ended.get("staged", ()))
    return failed_from_json(ended), ()
