"""The worker of a project, and runs that are submitted to workers: `spine worker run`, `spine run --detach`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from spine.core.errors import ConfigError, WorkflowError
from spine.framework.pipelines import pipeline_registry
from spine.framework.trigger_source import TriggerSource
from spine.orchestration import Workflow, WorkflowRunner, workflow_registry
from spine.orchestration.engine.lifecycle import check_same
from spine.orchestration.executors.base import make_executor
from spine.orchestration.records import DEFAULT_QUEUE
from spine.orchestration.registry import UnknownWorkflowError, target_workflow
from spine.orchestration.run_queue import RunQueue, WorkerQueue
from spine.orchestration.run_store import run_store
from spine.scheduling.chore import Chore
from spine.scheduling.recovery import Recovery
from spine.scheduling.worker import Worker
from spine.storage.presence import SEEN_SECONDS
from spine.storage.workers import Workers

if TYPE_CHECKING:
    from spine.app.application import Application
    from spine.orchestration.tick_time import TickTime

_ALERT_SECONDS = 5.0
_RECOVERY_SECONDS = 2.0


def make_worker(
    application: Application, queues: Sequence[str], concurrency: int, on_beat: Callable[[], None] = lambda: None
) -> Worker:
    """Return a worker for the queue that `[scheduler] executor` names, recorded as living.

    Without `queues` it takes the runs of all workflows of this project.

    It also enqueues runs whose process died or whose wait is over, and sends pending alerts. Raises ConfigError if the
    executor has no queue, PluginError if it is not available.
    """
    from spine.app.service import make_pool  # the scheduler's modules

    served = sorted(set(queues)) or declared_queues()
    runner = application.runner(triggered_by=TriggerSource.SCHEDULER, park_waits=True)
    pool = make_pool(application, runner, concurrency)
    if not isinstance(pool.executor, WorkerQueue):
        name, place = application.settings.scheduler.executor, application.settings.place
        raise ConfigError(
            f"{place}: scheduler.executor: {name!r} has no queue for workers: set it to 'procrastinate', "
            "after pip install spine-executor-procrastinate"
        )
    workers = Workers(application.history)
    enter = partial(
        workers.enter,
        str(application.settings.root),
        application.settings.scheduler.executor,
        served,
        concurrency,
        definition_hashes(),
    )
    enter()
    chores = (
        Chore("alerts", _ALERT_SECONDS, application.send_alerts),
        Chore("presence", SEEN_SECONDS, enter),
        Chore("recover", _RECOVERY_SECONDS, Recovery(pool).recover),
    )
    ends = (workers.stop, workers.leave)
    return Worker(pool.executor, pool.runs, runner, served, concurrency, pool.crashes, chores, on_beat, *ends)


def submit_run(
    application: Application,
    runner: WorkflowRunner,
    workflow: Workflow,
    params: Mapping[str, Any],
    tick: TickTime | None,
    key: str | None,
) -> str:
    """Store a run for a worker or a scheduler, and return its id; that of the run which has the key already.

    Raises ValidationError for a key of another workflow or of other parameters, WorkflowError for a workflow that no
    other process can find.
    """
    _check_registered(workflow)
    run = runner.prepare(workflow, params, tick=tick, idempotency_key=key)
    kept = run_store().submit(run, workflow.to_dict(), _run_queue(application))
    if kept.run_id != run.run_id:
        check_same(kept, run)
    return kept.run_id


def _check_registered(workflow: Workflow) -> None:
    try:
        known = target_workflow(workflow.name).definition_hash()
    except UnknownWorkflowError:
        known = ""
    if known != workflow.definition_hash():
        raise WorkflowError(
            f"workflow {workflow.name!r} is not registered as it is, so that no other process could execute its run: "
            "register it in a module that [spine] modules names"
        )


def _run_queue(application: Application) -> RunQueue | None:
    """Return the scheduler's executor if it is a run queue; one that is none is not made, as that may take workers."""
    if not has_queue(application):
        return None
    made = make_executor(application.settings.scheduler.executor, 1)
    return made if isinstance(made, RunQueue) else None


def declared_queues() -> list[str]:
    """Return the queues of the registered workflows, and the one of those that name none."""
    names = workflow_registry.list_workflows()
    return sorted({DEFAULT_QUEUE, *(workflow_registry.get(name).queue for name in names)})


def has_queue(application: Application) -> bool:
    """Return True if the executor of the scheduler is a run queue; PluginError if it is not available."""
    from spine.app.service import executor_class

    return hasattr(executor_class(application), "enqueue")


def definition_hashes() -> Mapping[str, str]:
    """Return the definition hash of each registered workflow, and of each pipeline, which schedules run too."""
    names = {*workflow_registry.list_workflows(), *pipeline_registry.list_pipelines()}
    return {name: target_workflow(name).definition_hash() for name in sorted(names)}
