"""A process that was taken over writes nothing through a fenced transaction."""

from __future__ import annotations

from typing import Any

import pytest

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.core.errors import QueryError
from spine.core.scope import Scope
from spine.db.fence import FenceError
from spine.orchestration import Step, Workflow, WorkflowContext, WorkflowResult, WorkflowRunner
from spine.orchestration.lease import Lease, LostLeaseError
from spine.orchestration.run_store import RunStore
from spine.storage.history import History
from spine.storage.runs.store import SqlRunStore


@pytest.fixture
def runs(adapter: DatabaseAdapter, own_scope: Scope) -> SqlRunStore:
    adapter.execute("CREATE TABLE prices (n INTEGER)")
    store = SqlRunStore(History(adapter))
    own_scope.provide(RunStore, store)  # type: ignore[type-abstract]
    return store


def run(function: Any) -> WorkflowResult:
    return WorkflowRunner().execute(Workflow("w", [Step.lambda_("a", function)]))


def prices(adapter: DatabaseAdapter) -> list[int]:
    return [row["n"] for row in adapter.query("SELECT n FROM prices ORDER BY n")]


@pytest.mark.usefixtures("runs")
def test_a_run_that_holds_its_lease_writes(adapter: DatabaseAdapter) -> None:
    def write(context: WorkflowContext, config: Any) -> dict[str, int]:
        with adapter.transaction(fence=context) as connection:
            connection.execute("INSERT INTO prices VALUES (1)")
        return {"fence": context.fence}

    result = run(write)
    assert result.context.get_output("a", "fence") == 1
    assert prices(adapter) == [1]


@pytest.mark.parametrize("when", ["before", "inside"])
def test_a_run_that_was_taken_over_writes_nothing(when: str, adapter: DatabaseAdapter, runs: SqlRunStore) -> None:
    errors: list[Exception] = []

    def take_over(context: WorkflowContext) -> None:
        runs.acquire(context.run_id, Lease("another/boot/1/1"), force=True)

    def write(context: WorkflowContext, config: Any) -> None:
        if when == "before":
            take_over(context)
        try:
            with adapter.transaction(fence=context) as connection:
                if when == "inside" and not adapter.single_writer:
                    take_over(context)
                connection.execute("INSERT INTO prices VALUES (1)")
        except FenceError as error:
            errors.append(error)
            raise

    if when == "inside" and adapter.single_writer:
        pytest.skip("a transaction of SQLite excludes the process that would take over")
    with pytest.raises(LostLeaseError):
        run(write)
    assert "was taken over by another process, so nothing was written" in str(errors[0])
    assert prices(adapter) == []


@pytest.mark.usefixtures("runs")
def test_a_database_without_the_run_is_refused() -> None:
    def write(context: WorkflowContext, config: Any) -> None:
        with get_adapter("sqlite:///:memory:") as other, other.transaction(fence=context):
            raise AssertionError("it began")

    result = run(write)
    assert result.status.name == "FAILED"
    assert "fence= needs the one that [spine] database names" in str(result.error)


@pytest.mark.usefixtures("runs")
def test_a_dry_context_has_no_fence(adapter: DatabaseAdapter) -> None:
    with pytest.raises(QueryError), adapter.transaction(fence=WorkflowContext.create("w")):
        raise AssertionError("it began")


def test_a_resumed_run_has_a_greater_fence(adapter: DatabaseAdapter, runs: SqlRunStore) -> None:
    fences: list[int] = []

    def fail_once(context: WorkflowContext, config: Any) -> None:
        fences.append(context.fence)
        if len(fences) == 1:
            raise ValueError("once")

    workflow = Workflow("w", [Step.lambda_("a", fail_once)])
    failed = WorkflowRunner().execute(workflow)
    WorkflowRunner().resume(failed.run_id, workflow)
    assert fences[0] < fences[1]
