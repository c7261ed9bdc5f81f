"""The services that a runner passes to a step, for tests that execute a step type without a runner."""

from __future__ import annotations

from spine.framework.dispatcher import TriggerSource, get_dispatcher
from spine.orchestration.context import WorkflowContext
from spine.orchestration.engine.children import ChildRuns
from spine.orchestration.engine.heartbeat import Heartbeat
from spine.orchestration.engine.lifecycle import Engine
from spine.orchestration.lease import Lease, process_name
from spine.orchestration.memory_run_store import MemoryItems, MemoryRunStore
from spine.orchestration.records import RunRecord
from spine.orchestration.status import WorkflowStatus
from spine.orchestration.steptypes.base import StepServices
from spine.orchestration.stop import Stop


def step_services(context: WorkflowContext) -> StepServices:
    """Return services for one attempt of a step; child runs and items are stored in memory."""
    store, lease = MemoryRunStore(), Lease(process_name())
    engine = Engine(
        store,
        get_dispatcher(),
        (),
        TriggerSource.API,
        refresh=False,
        park_waits=False,
        lease=lease,
        sleep=None,
        grace_seconds=10.0,
        heartbeat=Heartbeat(store, lease),
    )
    run = RunRecord(
        run_id=context.run_id,
        workflow_name=context.workflow_name,
        workflow_version=1,
        domain="",
        partition=context.partition,
        status=WorkflowStatus.RUNNING,
        started_at=context.started_at,
        params=context.params,
        definition_hash="",
        total_steps=1,
        triggered_by=TriggerSource.API.value,
    )
    store.create(run, {}, {}, lease)
    return StepServices(get_dispatcher(), children=ChildRuns(engine, run, Stop()), items=MemoryItems())
