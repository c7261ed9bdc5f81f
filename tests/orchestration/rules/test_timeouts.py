"""The rules of timeouts; the docstrings are the table of docs/workflows.md."""

from __future__ import annotations

import os
import sys
import time
from contextvars import copy_context
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pyarrow as pa
import pytest

from spine.core.errors import NetworkError, ValidationError
from spine.orchestration import RetryPolicy, Step, Workflow, WorkflowContext, WorkflowRunner, WorkflowStatus
from spine.orchestration.lease import LostLeaseError
from spine.orchestration.memory_run_store import MemoryRunStore
from spine.testing import FixedClock
from tests.clocks import moving
from tests.projects import wait_until


def quick(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    return {"pid": os.getpid(), "week": ctx.get_param("week"), "limit": config.get("limit")}


def endless(ctx: WorkflowContext, config: Any) -> None:
    file = Path(ctx.get_param("file"))
    file.with_name("new").write_text(str(os.getpid()))
    file.with_name("new").rename(file)
    time.sleep(600)


def network(ctx: WorkflowContext, config: Any) -> None:
    raise NetworkError("down", retry_after=7)


def die(ctx: WorkflowContext, config: Any) -> None:
    os.kill(os.getpid(), 9)


def test_a_process_of_its_own(run: Any) -> None:
    """A step with a `timeout` runs in a process of its own, with the same context, and returns what it returns."""
    result = run(Step.lambda_("a", quick, {"limit": 5}, timeout=60), params={"week": 7})
    output = result.context.get_output("a")
    assert (output["week"], output["limit"], output["pid"] == os.getpid()) == (7, 5, False), result.error


def test_killed(run: Any, tmp_path: Path, fixed_clock: FixedClock) -> None:
    """When its seconds have passed, the process is killed and the step fails with a TimeoutError, a retryable one."""
    file = tmp_path / "pid"
    with moving(fixed_clock, 299, 1, when=file.exists):
        result = run(Step.lambda_("a", endless, timeout=300), params={"file": str(file)})
    assert result.error == "step 'a' took longer than its timeout of 300 s and was stopped"
    assert result.error_category == "NETWORK"
    with pytest.raises(ProcessLookupError):
        os.kill(int(file.read_text()), 0)


def test_errors_cross(run: Any, slept: list[float]) -> None:
    """An error in that process keeps its type, category and retry_after."""
    policy = RetryPolicy(max_attempts=2, jitter=False, initial_delay_seconds=0)
    result = run(Step.lambda_("a", network, timeout=60, retry_policy=policy))
    assert (result.error, result.error_category, slept) == ("down", "NETWORK", [7])


def test_death(run: Any) -> None:
    """A process that dies fails the step, retryable, with its exit code."""
    result = run(Step.lambda_("a", die, timeout=60))
    assert (
        result.error == "the process of step 'a' was killed by SIGKILL, by the system if memory ran out (exit code 137)"
    )


def test_lambdas() -> None:
    """A function that another process cannot import is refused when the workflow is built."""
    with pytest.raises(ValueError, match=r"because it has a timeout, and .* cannot be found there"):
        Workflow("w", [Step.lambda_("a", lambda ctx, config: None, timeout=5)])


def test_composite_steps(run: Any, fixed_clock: FixedClock) -> None:
    """A map, parallel or workflow step stays in this process: its timeout is met between items and steps. Items that
    run in other processes are ended with it, and a resumed run repeats them."""
    step = Step.map("a", "items", function=lambda ctx, item: fixed_clock.advance(3), timeout=10, max_concurrency=1)
    result = run(step, params={"items": list(range(100))})
    assert result.error == "step 'a' took longer than its timeout of 10 s and was stopped"
    assert 12 <= fixed_clock.monotonic() < 100  # a few of the 100 items were on their way


def test_the_run(fixed_clock: FixedClock) -> None:
    """A workflow's `timeout` is met between steps, in waits and in pauses; the run fails and `on_failure` runs."""
    ran: list[str] = []
    workflow = Workflow(
        "w",
        [Step.lambda_("a", lambda ctx, config: {"n": 1}), Step.wait("b", 60), Step.lambda_("c", quick)],
        timeout=10,
        on_failure=[Step.lambda_("tell", lambda ctx, config: ran.append("tell"))],
    )
    with moving(fixed_clock, 9, 1, when=lambda: fixed_clock.waiting == 2):  # the wait, and the heartbeat
        result = WorkflowRunner().execute(workflow)
    assert (result.status, result.error_step, ran) == (WorkflowStatus.FAILED, "b", ["tell"])
    assert result.error == "workflow 'w' took longer than its timeout of 10 s"


def test_a_stuck_step(fixed_clock: FixedClock) -> None:
    """A step that works `grace_seconds` beyond it is abandoned: the run fails, and no further step of it runs."""
    store, begun, go, ran = MemoryRunStore(), Event(), Event(), list[str]()

    def stuck(ctx: WorkflowContext, config: Any) -> None:
        begun.set()
        go.wait(600)

    workflow = Workflow(
        "w",
        [Step.lambda_("a", stuck), Step.lambda_("b", lambda ctx, config: ran.append("b"), always_run=True)],
        timeout=10,
        on_failure=[Step.lambda_("tell", lambda ctx, config: ran.append("tell"))],
    )
    runner = WorkflowRunner(store=store, grace_seconds=5)
    run = store.create(runner.prepare(workflow), workflow.to_dict(), {}, runner.lease)
    assert run is not None

    def execute() -> None:
        with pytest.raises(LostLeaseError):  # when the step returns
            runner.resume(run.run_id, workflow)

    work = Thread(target=copy_context().run, args=(execute,), daemon=True)
    work.start()
    assert begun.wait(600)

    def status() -> WorkflowStatus | None:
        found = store.get_run(run.run_id)
        return found.status if found is not None else None

    def has_ended() -> bool:
        fixed_clock.advance(0.5)  # for the heartbeat
        return status() is not WorkflowStatus.RUNNING

    wait_until(has_ended)
    result = store.get_run(run.run_id)
    assert result is not None
    assert (result.status, result.error_step, ran) == (WorkflowStatus.FAILED, "a", [])
    assert fixed_clock.monotonic() >= 15
    go.set()
    work.join(600)
    assert (status(), ran) == (WorkflowStatus.FAILED, [])


def hog(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    return {"size": len(bytes(config["bytes"]))}


def columns(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    return {"size": pa.allocate_buffer(config["bytes"]).size}


def wrapped(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    try:
        return hog(ctx, config)
    except MemoryError as error:
        raise ValueError("cannot read the file") from error


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts what a process allocates")
@pytest.mark.parametrize("needing", [hog, columns, wrapped])
def test_memory(run: Any, needing: Any) -> None:
    """A step with `max_memory` (bytes) runs in a process of its own, too; where it allocates more, it fails with a
    MemoryLimitError, which is not retried. Linux only; elsewhere there is no limit."""
    result = run(Step.lambda_("a", needing, {"bytes": 10 << 20}, max_memory=200 << 20))
    assert result.context.get_output("a", "size") == 10 << 20, result.error
    failed = run(Step.lambda_("a", needing, {"bytes": 300 << 20}, max_memory=200 << 20, on_error="retry"))
    assert failed.error == (
        "step 'a' needed more memory than its max_memory of 209,715,200 bytes: read its data in batches, or raise "
        "max_memory"
    )
    assert failed.error_category == "ORCHESTRATION"
    assert [step.attempt for step in failed.step_executions] == [1]


def hog_item(ctx: WorkflowContext, item: int) -> int:
    return len(bytes(item))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts what a process allocates")
def test_limits_of_items(run: Any) -> None:
    """A map step whose executor runs items in other processes may have a `max_memory`, and an `item_timeout` (seconds):
    both hold for each item, which fails alone, with a MemoryLimitError or a TimeoutError. In this process they are
    refused."""
    sizes = [10 << 20, 300 << 20, 11 << 20]
    options: dict[str, Any] = {"function": hog_item, "executor": "processes", "max_memory": 200 << 20}
    result = run(Step.map("a", "sizes", tolerated_failures=1, item_timeout=600, **options), params={"sizes": sizes})
    assert result.context.get_output("a", "results") == [sizes[0], None, sizes[2]], result.error
    failed = run(Step.map("a", "sizes", **options), params={"sizes": sizes})
    assert "an item of step 'a' needed more memory than its max_memory of 209,715,200 bytes" in str(failed.error)
    for limits in ({"item_timeout": 5.0}, {"max_memory": 1 << 20}):
        with pytest.raises(ValidationError, match="its items run in this process"):
            Step.map("a", "sizes", function=hog_item, **limits)  # type: ignore[arg-type]
