"""Dispatcher of single pipelines, and its executions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from threading import Lock
from typing import Any, Protocol

from attrs import define, field

from spine.core.clock import utc_now
from spine.core.errors import BadParamsError, PipelineError
from spine.core.ids import new_id
from spine.core.interrupts import INTERRUPTS
from spine.core.kept_text import kept_text
from spine.core.names import check_text
from spine.core.scope import current_scope, in_dry_run
from spine.framework.captures import Capture
from spine.framework.captures.store import capture_store
from spine.framework.lineage import Edge, lineage_store
from spine.framework.pipelines import Pipeline, PipelineResult, PipelineStatus, pipeline_registry
from spine.framework.pipelines.returned import result_of
from spine.framework.rejects import Reject, reject_store
from spine.framework.sources.state import SourceState, state_store
from spine.framework.staged import Staged
from spine.framework.trigger_source import TriggerSource as TriggerSource
from spine.framework.work import Work, current_work, use_work

MAX_EXECUTIONS = 10_000


class Lane(str, Enum):
    """Priority of an execution."""

    NORMAL = "normal"
    BACKFILL = "backfill"
    SLOW = "slow"


@define
class Execution:
    """Execution of a pipeline. `exception` is the exception it raised, for callers in this process."""

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
    exception: BaseException | None = field(default=None, repr=False, eq=False)


class StagedStore(Protocol):
    """Store that makes the staged data of a pipeline outside of a workflow visible, all or nothing."""

    def commit(self, staged: Sequence[Staged]) -> None:
        """Make all of `staged` visible; a failure leaves nothing of it."""
        ...


class ExecutionStore(Protocol):
    """Store of the executions of pipelines outside of a workflow."""

    def begin(self, execution: Execution) -> None:
        """Record an execution that starts in this process."""
        ...

    def end(self, execution: Execution) -> None:
        """Record its end."""
        ...


class ScopedStagedStore:
    """Staged store that passes captures and rejects to the stores of the current scope."""

    def commit(self, staged: Sequence[Staged]) -> None:
        capture_store().commit([record for record in staged if isinstance(record, Capture)])
        reject_store().commit([record for record in staged if isinstance(record, Reject)])
        if states := [record for record in staged if isinstance(record, SourceState)]:
            state_store().commit(states)
        if edges := [record for record in staged if isinstance(record, Edge)]:
            lineage_store().commit(edges)


class Dispatcher:
    """Dispatcher of pipelines by name, in the calling thread; keeps the newest 10,000 executions."""

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
        """Run `pipeline` now and return its execution; an exception makes it FAILED and is not raised.

        Raises PipelineNotFoundError for an unknown pipeline, BadParamsError for parameters that violate its spec,
        ValidationError for a logical key that cannot be stored. An interrupt ends the execution as CANCELLED and is
        raised again. In a project, an execution outside of a workflow is a row of `core_executions`.
        """
        if logical_key is not None:
            check_text(logical_key, "the logical key")
        pipeline_class = pipeline_registry.get(pipeline)
        execution = Execution(
            new_id(), pipeline, dict(params or {}), lane, trigger_source, logical_key, PipelineStatus.RUNNING, utc_now()
        )
        execution.started_at = execution.created_at
        try:
            instance = pipeline_class(params)
            instance.name = pipeline  # type: ignore[misc]  # a class may be registered under several names
            instance.validate_params()
        except BadParamsError:
            raise
        except INTERRUPTS:
            raise
        except BaseException as error:  # noqa: BLE001 - a constructor is the pipeline's own code
            self._remember(execution)
            with _recorded(execution):
                _fail(execution, error)
        else:
            self._remember(execution)
            with _recorded(execution):
                self._run(instance, execution)
        return execution

    def get_execution(self, execution_id: str) -> Execution | None:
        """Return the execution, None if this dispatcher does not have it."""
        return self._executions.get(execution_id)

    def list_executions(
        self, pipeline: str | None = None, status: PipelineStatus | None = None, limit: int = 100
    ) -> list[Execution]:
        """Return the newest executions first."""
        with self._lock:
            newest_first = list(reversed(self._executions.values()))
        wanted = (e for e in newest_first if pipeline in (None, e.pipeline) and status in (None, e.status))
        return [execution for execution, _ in zip(wanted, range(limit), strict=False)]

    def _remember(self, execution: Execution) -> None:
        with self._lock:
            self._executions[execution.id] = execution
            if len(self._executions) > MAX_EXECUTIONS:
                del self._executions[next(iter(self._executions))]

    def _run(self, pipeline: Pipeline, execution: Execution) -> None:
        try:
            execution.result = _run_in_work(pipeline, execution)
        except SystemExit as error:
            _fail(execution, PipelineError(f"pipeline {execution.pipeline!r} called sys.exit({error.code!r})"))
        except INTERRUPTS:
            execution.status = PipelineStatus.CANCELLED
            raise
        except BaseException as error:  # noqa: BLE001 - a failing pipeline is a result
            _fail(execution, error)
        else:
            execution.status = execution.result.status
            execution.error = execution.result.error and kept_text(execution.result.error)


@contextmanager
def _recorded(execution: Execution) -> Iterator[None]:
    """Record the execution outside of a workflow that the block ends."""
    store = None if current_work() or in_dry_run() else current_scope().find(ExecutionStore)  # type: ignore[type-abstract]
    if store is not None:
        store.begin(execution)
    try:
        yield
    finally:
        execution.completed_at = utc_now()
        if store is not None:
            store.end(execution)


def _fail(execution: Execution, error: BaseException) -> None:
    from spine.core.failure import kept_error  # most pipelines succeed

    execution.status, execution.error, execution.exception = PipelineStatus.FAILED, kept_error(error), error


def _run_in_work(pipeline: Pipeline, execution: Execution) -> PipelineResult:
    """Run the pipeline; its staged data is kept only if it completes, inside a step only if that completes too."""
    outer = current_work()
    if outer is None:
        work = Work(execution_id=execution.id, pipeline=execution.pipeline)
    else:
        work = outer.of_pipeline(execution.id, execution.pipeline)
    with use_work(work):
        result = result_of(execution.pipeline, utc_now(), pipeline.run())
    if result.status is not PipelineStatus.COMPLETED:
        return result
    if outer is not None:
        outer.stage(work.staged)
    elif work.staged:
        store: StagedStore = current_scope().get(StagedStore, ScopedStagedStore)  # type: ignore[type-abstract]
        store.commit(work.staged)
    return result


def get_dispatcher() -> Dispatcher:
    """Return the dispatcher of the current project."""
    return current_scope().get(Dispatcher, Dispatcher)


def reset_dispatcher() -> None:
    """Give the current project a new dispatcher, without executions."""
    current_scope().provide(Dispatcher, Dispatcher())
