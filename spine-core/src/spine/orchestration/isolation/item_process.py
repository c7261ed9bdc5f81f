"""Item of a map step on an executor of other processes: all data is passed as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from attrs import asdict, evolve

from spine.framework.captures import Capture
from spine.framework.dispatcher import get_dispatcher
from spine.framework.dry_run_scope import dry_run_scope
from spine.framework.lineage.edge import Edge
from spine.framework.rejects import Reject
from spine.framework.sources.state import SourceState
from spine.framework.staged import Staged
from spine.framework.work import Work, use_work
from spine.orchestration.context import WorkflowContext
from spine.orchestration.definition.spec import spec_class
from spine.orchestration.engine.run_log import child_log
from spine.orchestration.executors.base import Limits, Task
from spine.orchestration.isolation.project_address import current_address, project_at
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import StepServices
from spine.orchestration.steptypes.item_body import run_item

if TYPE_CHECKING:
    from spine.orchestration.definition.step import Step
    from spine.orchestration.steptypes.map_ import MapStepSpec

_WORK = ("run_id", "workflow", "workflow_version", "step", "attempt", "visit", "item", "domain", "refresh", "dry_run")
_RECORDS: dict[str, Any] = {"capture": Capture, "reject": Reject, "state": SourceState, "edge": Edge}


def item_task(step: Step, spec: MapStepSpec, context: WorkflowContext, work: Work, item: Any) -> Task:
    """Return the task that runs one item in a worker of the executor."""
    arguments = {
        "project": current_address(),
        "step": {"name": step.name, **evolve(spec, items_path="-", item_timeout=None).to_dict()},
        "context": context.to_dict(),
        "work": work_fields(work),
        "item": item,
    }
    limits = None
    if spec.item_timeout is not None or step.max_memory is not None:
        limits = Limits(f"an item of step {step.name!r}", spec.item_timeout, step.max_memory)
    return Task(run_item_there, arguments, limits)


def run_item_there(
    project: dict[str, str] | None, step: dict[str, Any], context: dict[str, Any], work: dict[str, Any], item: Any
) -> dict[str, Any]:
    """Run one item in this worker process, with the project opened again; errors are raised."""
    with working_there(project, context, work) as (found, here):
        spec: Any = spec_class("map").from_dict(step, None)
        result = run_item(step["name"], spec, found, StepServices(get_dispatcher()), item)
        staged = [staged_to_json(record) for record in here.staged]
        return {"result": result.to_dict(), "staged": staged, "sources_read": here.sources_read}


@contextmanager
def working_there(
    project: dict[str, str] | None, context: dict[str, Any], work: dict[str, Any]
) -> Iterator[tuple[WorkflowContext, Work]]:
    """Open the project in this worker process, and work in it as the process that sent the task."""
    with project_at(project):
        found = WorkflowContext.from_dict(context)
        at = found.schedule.scheduled_at if found.schedule else None
        here = Work(**work, partition=found.partition, outputs=found.outputs, scheduled_at=at)
        dry = dry_run_scope() if found.is_dry_run else nullcontext()
        with dry, child_log(here.run_id), use_work(here):
            yield found, here


def work_fields(work: Work) -> dict[str, Any]:
    """Return what `working_there` needs of the work, as JSON values."""
    return {name: getattr(work, name) for name in _WORK}


def staged_of(answer: dict[str, Any]) -> Sequence[Staged]:
    """Return the staged data of a worker's answer."""
    return [_from_json(staged) for staged in answer["staged"]]


def item_answer(answer: dict[str, Any]) -> tuple[StepResult, Sequence[Staged]]:
    """Return the answer of `run_item_there` as objects."""
    result = answer["result"]
    kept = StepResult(
        result["success"],
        result["output"],
        error=result.get("error"),
        error_category=result.get("error_category"),
    )
    return kept, staged_of(answer)


def staged_to_json(staged: Staged) -> dict[str, Any]:
    """Return staged data as JSON values."""
    record = next(name for name, cls in _RECORDS.items() if isinstance(staged, cls))
    values = asdict(staged).items()
    return {"record": record, **{name: v.isoformat() if isinstance(v, date) else v for name, v in values}}


def _from_json(values: dict[str, Any]) -> Staged:
    values = dict(values)
    record = _RECORDS[values.pop("record")]
    for name in ("captured_at", "created_at", "updated_at", "at"):
        if name in values:
            values[name] = datetime.fromisoformat(values[name])
    if values.get("business_date"):
        values["business_date"] = date.fromisoformat(values["business_date"])
    found: Staged = record(**values)
    return found
