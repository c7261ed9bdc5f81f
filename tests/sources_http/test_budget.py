"""Attempts in a run: those of a source times those of its step, unless a budget ends them."""

from __future__ import annotations

import pytest

from spine.core.errors import SourceUnavailableError
from spine.core.scope import Scope, use_scope
from spine.framework.sources import FetchStore, MemoryFetchStore, source_registry
from spine.framework.work import Work, use_work
from spine.orchestration import Step, Workflow, WorkflowRunner
from spine.orchestration.definition.retry import RetryPolicy
from tests.sources_http.server import Reply, rows


def run_fetch(reading: str) -> str:
    """Run a step with three attempts that reads the source, and return the status of the run."""

    def read(context, config):
        made = source_registry.get("api")
        if reading == "stream":
            return {"rows": sum(map(len, made.stream()))}
        result = made.fetch()
        if not result.success:
            raise result.error
        return {"rows": len(result)}

    policy = RetryPolicy(max_attempts=3, initial_delay_seconds=0)
    workflow = Workflow("w", [Step.lambda_("read", read, retry_policy=policy)])
    return WorkflowRunner().execute(workflow)


@pytest.mark.parametrize("reading", ["fetch", "stream"])
@pytest.mark.parametrize(("budget", "asked"), [(None, 6), (4, 4), (1, 1), (9, 6)])
def test_attempts_are_the_product_up_to_the_budget_of_the_run(server, source, reading, budget, asked):
    made = source(server.on("/x", Reply(500)), max_attempts=2, max_attempts_per_run=budget)
    source_registry.register(made)
    result = run_fetch(reading)
    assert result.status.name == "FAILED"
    assert len(server.asked) == asked
    if budget in (1, 4):
        assert f"since {budget} attempts failed in this run: max_attempts_per_run" in result.error


def test_the_budget_is_of_each_run_and_good_answers_are_free(server, source):
    made = source(server.on("/x", Reply(500), rows({"a": 1})), max_attempts=2, max_attempts_per_run=2)
    source_registry.register(made)
    for _ in range(3):
        assert run_fetch("fetch").status.name == "COMPLETED"
    server.on("/x", Reply(500), rows({"a": 1}))
    assert made.fetch().success, "outside of a run there is no budget"


def test_attempts_of_another_process_count_by_the_history(server, source):
    made = source(server.on("/x", Reply(500)), max_attempts=2, max_attempts_per_run=3)
    store = MemoryFetchStore()
    for process in range(2):
        scope = Scope()
        scope.provide(FetchStore, store)
        with use_scope(scope), use_work(Work(run_id="r1")):
            error = made.fetch().error
        assert isinstance(error, SourceUnavailableError) is (process == 0)
    assert len(server.asked) == 3
    assert not error.retryable
    assert error.context.http_status == 500
