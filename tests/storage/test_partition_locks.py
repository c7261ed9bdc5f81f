"""Partitions of a workflow have one open run each: on memory, SQLite and PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from attrs import evolve

from spine.core.errors import ValidationError
from spine.orchestration import (
    Daily,
    Step,
    Workflow,
    WorkflowContext,
    WorkflowRunner,
    WorkflowStatus,
    workflow_registry,
)
from spine.orchestration.lease import Lease, PartitionBusyError
from spine.orchestration.records import Batch
from spine.orchestration.run_store import RunStore
from tests.storage.records import RUN, create

ELSEWHERE = Lease("other-host/1/1", 20)
MONDAY, TUESDAY = {"day": "2026-01-05"}, {"day": "2026-01-06"}


def make(function: Any = lambda context, config: None, name: str = "w", **options: Any) -> Workflow:
    return Workflow(name, [Step.lambda_("a", function)], partitions=Daily("day"), **options)


def hold(store: RunStore, workflow: Workflow, params: dict[str, str] = MONDAY) -> str:
    """Leave an open run of a partition, which another process executes, and return its id."""
    run = WorkflowRunner(store=store).prepare(workflow, params)
    kept = store.create(evolve(run, status=WorkflowStatus.RUNNING), workflow.to_dict(), {}, ELSEWHERE)
    assert kept is not None
    return kept.run_id


def end(store: RunStore, run_id: str, status: WorkflowStatus) -> None:
    run = store.get_run(run_id)
    assert run is not None
    store.commit(Batch(run_id, run.fence, run=evolve(run, status=status)))


def test_a_second_run_of_a_partition_is_refused_with_the_one_that_is_open(store: RunStore) -> None:
    workflow = make()
    holder = hold(store, workflow)
    says = f"workflow 'w': run {holder} of partition day=2026-01-05 has not ended: .* spine runs show {holder}"
    with pytest.raises(PartitionBusyError, match=says) as busy:
        WorkflowRunner(store=store).execute(workflow, MONDAY)
    assert busy.value.run_id == holder
    assert WorkflowRunner(store=store).execute(workflow, TUESDAY).status is WorkflowStatus.COMPLETED
    assert WorkflowRunner(store=store).execute(make(name="v"), MONDAY).status is WorkflowStatus.COMPLETED


@pytest.mark.parametrize("status", [status for status in WorkflowStatus if status.has_ended])
def test_any_end_frees_the_partition(store: RunStore, status: WorkflowStatus) -> None:
    workflow = make()
    end(store, hold(store, workflow), status)
    assert WorkflowRunner(store=store).execute(workflow, MONDAY).status is WorkflowStatus.COMPLETED


@pytest.mark.parametrize("status", [status for status in WorkflowStatus if status.is_open])
def test_any_open_run_holds_the_partition(store: RunStore, status: WorkflowStatus) -> None:
    workflow = make()
    end(store, hold(store, workflow), status)
    with pytest.raises(PartitionBusyError):
        WorkflowRunner(store=store).execute(workflow, MONDAY)


def test_runs_without_declared_partitions_exclude_nothing(store: RunStore) -> None:
    create(store)
    create(store, evolve(RUN, run_id="r2"))


def test_of_many_runs_that_begin_at_once_one_has_the_partition(store: RunStore) -> None:
    workflow = make()

    def begin(_number: int) -> str | None:
        try:
            return hold(store, workflow)
        except PartitionBusyError:
            return None

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(begin, range(8)))
    assert len([run_id for run_id in found if run_id]) == 1


def test_a_failed_run_is_not_resumed_while_another_run_of_its_partition_is_open(store: RunStore) -> None:
    works: list[int] = []

    def fail_once(context: WorkflowContext, config: Any) -> None:
        works.append(1)
        if len(works) == 1:
            raise ValueError("no file")

    workflow, runner = make(fail_once), WorkflowRunner(store=store)
    failed = runner.execute(workflow, MONDAY)
    holder = hold(store, workflow)
    with pytest.raises(PartitionBusyError, match=holder):
        runner.resume(failed.run_id, workflow)
    left = store.get_run(failed.run_id)
    assert left is not None
    assert (left.status, left.lease_owner) == (WorkflowStatus.FAILED, None)
    end(store, holder, WorkflowStatus.CANCELLED)
    assert runner.resume(failed.run_id, workflow).status is WorkflowStatus.COMPLETED


def test_a_run_that_failed_is_opened_again_for_any_process(store: RunStore) -> None:
    works: list[int] = []

    def fail_once(context: WorkflowContext, config: Any) -> None:
        works.append(1)
        if len(works) == 1:
            raise ValueError("no file")

    workflow, runner = workflow_registry.register(make(fail_once)), WorkflowRunner(store=store)
    failed = runner.execute(workflow, MONDAY)
    holder = hold(store, workflow)
    with pytest.raises(PartitionBusyError, match=holder):
        runner.reopen(failed.run_id)
    end(store, holder, WorkflowStatus.CANCELLED)
    runner.reopen(failed.run_id)
    assert [run.run_id for run in store.abandoned()] == [failed.run_id]
    done = runner.proceed(failed.run_id)
    assert (done.status, done.error) == (WorkflowStatus.COMPLETED, None)
    assert [step.attempt for step in store.list_steps(failed.run_id)] == [1, 2]


def test_a_child_run_of_a_busy_partition_fails_its_step(store: RunStore) -> None:
    child = workflow_registry.register(make(name="child"))
    parent = Workflow("parent", [Step.workflow("call", "child", params=MONDAY)])
    holder = hold(store, child)
    failed = WorkflowRunner(store=store).execute(parent)
    assert failed.status is WorkflowStatus.FAILED
    assert holder in str(failed.error)
    end(store, holder, WorkflowStatus.COMPLETED)
    assert WorkflowRunner(store=store).resume(failed.run_id, parent).status is WorkflowStatus.COMPLETED


def test_a_run_with_the_same_key_is_returned_although_its_partition_is_busy(store: RunStore) -> None:
    workflow, runner = make(), WorkflowRunner(store=store)
    first = runner.execute(workflow, MONDAY, idempotency_key="k")
    hold(store, workflow)
    assert runner.execute(workflow, MONDAY, idempotency_key="k").run_id == first.run_id
    with pytest.raises(ValidationError, match="has another day"):
        runner.execute(workflow, TUESDAY, idempotency_key="k")


def test_a_partition_that_is_given_is_one_of_the_parameters(store: RunStore) -> None:
    done = WorkflowRunner(store=store).execute(make(), partition=MONDAY)
    assert (done.context.params, done.context.partition) == (MONDAY, MONDAY)
