"""Runs single pipelines and remembers how each execution went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from threading import Lock
from typing import Any, Protocol

from attrs import define, field

from spine.core.clock import utc_now
from spine.core.ids import new_id
from spine.core.scope import current_scope
from spine.framework.captures import Capture
from spine.framework.captures.store import capture_store
from spine.framework.pipelines import Pipeline, PipelineResult, PipelineStatus, pipeline_registry
from spine.framework.rejects import Reject, reject_store
from spine.framework.work import Work, current_work, use_work


class Lane(str, Enum):
    """How urgent an execution is."""

    NORMAL = "normal"
    BACKFILL = "backfill"
    SLOW = "slow"


class TriggerSource(str, Enum):
    """Who asked for an execution or a run."""

    CLI = "cli"
    API = "api"
    SCHEDULER = "scheduler"
    RETRY = "retry"
    MANUAL = "manual"


@define
class Execution:
    """One execution of a pipeline. `exception` is what it raised, for callers in this process."""

    id: str
    pipeline: str
    params: dict[str, Any]
    lane: Lane
    trigger_source: TriggerSource
    logical_key: str | None
    status: PipelineStatus
    created_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    error: str | None = None
    result: PipelineResult | None = None
    exception: Exception | None = field(default=None, repr=False, eq=False)


class StagedStore(Protocol):
    """Makes what a pipeline outside of a workflow left behind visible, all of it or nothing."""

    def commit(self, staged: Sequence[Capture | Reject]) -> None: ...


class ScopedStagedStore:
    """Hands captures and rejects to the current scope's own stores."""

    def commit(self, staged: Sequence[Capture | Reject]) -> None:
        capture_store().commit([record for record in staged if isinstance(record, Capture)])
        reject_store().commit([record for record in staged if isinstance(record, Reject)])


class Dispatcher:
    """Runs pipelines by name, in the calling thread."""

    def __init__(self) -> None:
        self._executions: dict[str, Execution] = {}
        self._lock = Lock()

    def submit(
        self,
        pipeline: str,
        params: Mapping[str, Any] | None = None,
        lane: Lane = Lane.NORMAL,
        trigger_source: TriggerSource = TriggerSource.CLI,
        logical_key: str | None = None,
    ) -> Execution:
        """Run `pipeline` now and return its execution; one that raises is FAILED, not raised.

        An unknown pipeline raises PipelineNotFoundError, parameters that do not fit its spec BadParamsError.
        """
        instance = pipeline_registry.get(pipeline)(params)
        instance.name = pipeline  # type: ignore[misc]  # a class may be registered under several names
        instance.validate_params()
        execution = Execution(
            new_id(), pipeline, dict(params or {}), lane, trigger_source, logical_key, PipelineStatus.RUNNING, utc_now()
        )
        with self._lock:
            self._executions[execution.id] = execution
        execution.started_at = execution.created_at
        self._run(instance, execution)
        execution.completed_at = utc_now()
        return execution

    def get_execution(self, execution_id: str) -> Execution | None:
        """Return the execution, None if this dispatcher never ran it."""
        return self._executions.get(execution_id)

    def list_executions(
        self, pipeline: str | None = None, status: PipelineStatus | None = None, limit: int = 100
    ) -> list[Execution]:
        """Return the newest executions first."""
        with self._lock:
            newest_first = list(reversed(self._executions.values()))
        wanted = (e for e in newest_first if pipeline in (None, e.pipeline) and status in (None, e.status))
        return [execution for execution, _ in zip(wanted, range(limit), strict=False)]

    def _run(self, pipeline: Pipeline, execution: Execution) -> None:
        try:
            execution.result = self._in_work(pipeline, execution)
        except Exception as error:  # noqa: BLE001 - a failing pipeline is a result
            execution.status, execution.error, execution.exception = PipelineStatus.FAILED, str(error), error
        else:
            execution.status = execution.result.status
            execution.error = execution.result.error

    def _in_work(self, pipeline: Pipeline, execution: Execution) -> PipelineResult:
        if current_work() is not None:  # a step's work is committed by the runner
            return pipeline.run()
        with use_work(Work(execution_id=execution.id, pipeline=execution.pipeline)) as work:
            result = pipeline.run()
        if work.staged and result.status is PipelineStatus.COMPLETED:
            store: StagedStore = current_scope().get(StagedStore, ScopedStagedStore)  # type: ignore[type-abstract]
            store.commit(work.staged)
        return result


def get_dispatcher() -> Dispatcher:
    """Return the dispatcher of the current project."""
    return current_scope().get(Dispatcher, Dispatcher)


def reset_dispatcher() -> None:
    """Give the current project a new dispatcher, without executions."""
    current_scope().provide(Dispatcher, Dispatcher())
