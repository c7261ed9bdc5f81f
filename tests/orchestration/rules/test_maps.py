"""The rules of map steps; the docstrings are the table of docs/workflows.md."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path
from typing import Any

import pytest

from spine.core.errors import NetworkError, ValidationError
from spine.core.result import Ok
from spine.framework.captures import capture, list_captures
from spine.framework.pipelines import pipeline
from spine.orchestration import RetryPolicy, Step, StepResult, Workflow, WorkflowRunner, workflow_registry
from spine.orchestration.steptypes.map_items import CaptureItems
from spine.orchestration.stop import Stop, StopReason
from tests.projects import DEADLINE_SECONDS


def double(ctx: Any, item: Any) -> Any:
    return item * 2


def odd_fail(ctx: Any, item: int) -> int:
    if item % 2:
        raise ValidationError(f"{item} is odd")
    return item


def output(result: Any) -> Any:
    assert result.error is None, result.error
    return result.context.get_output("each")


def test_order(run: Any) -> None:
    """The results are in the order of the items, whichever ends first."""

    ended = [threading.Event() for _ in range(3)]

    def last_first(ctx: Any, item: int) -> int:
        assert item == 2 or ended[item + 1].wait(DEADLINE_SECONDS)
        ended[item].set()
        return item

    found = output(run(Step.map("each", "items", function=last_first), params={"items": [0, 1, 2]}))
    assert found == {"count": 3, "succeeded": 3, "failed": 0, "results": [0, 1, 2]}


def test_no_items(run: Any) -> None:
    """No items are no failure: the results are empty."""
    assert output(run(Step.map("each", "items", function=double), params={"items": []}))["results"] == []


def test_items_path(run: Any) -> None:
    """`items_path` is a parameter's name, or `step.key` into the outputs, at any depth."""
    first = Step.lambda_("first", lambda c, g: {"found": {"ids": [1, 2]}})
    assert output(run(first, Step.map("each", "first.found.ids", function=double)))["results"] == [2, 4]


def test_items_function(run: Any) -> None:
    """Items may come from a function of the context, also as an iterator that is read as it goes."""
    assert output(run(Step.map("each", lambda ctx: iter(range(3)), function=double)))["results"] == [0, 2, 4]


def test_items_of_a_capture(run: Any) -> None:
    """Items may be the rows of a capture."""
    capture("ids", [{"id": "007"}, {"id": "NA"}])
    step = Step.map("each", CaptureItems("ids"), function=lambda ctx, item: item["id"])
    assert output(run(step))["results"] == ["007", "NA"]


@pytest.mark.parametrize("items", ["text", 7, {"a": 1}])
def test_items_that_are_no_list(run: Any, items: Any) -> None:
    """Items that are no list fail the step by its name; so does a path to nothing, with the closest one."""
    result = run(Step.map("each", "items", function=double), params={"items": items})
    assert "the items of map step 'each' are a list" in str(result.error)
    assert "did you mean 'items'" in str(run(Step.map("each", "item", function=double), params={"items": []}).error)


def test_bodies(run: Any) -> None:
    """The body is a function of context and item, a pipeline, or a workflow; the item is parameter `item_param`."""

    @pipeline("count")
    def count(params: dict[str, Any]) -> dict[str, Any]:
        return {"record_count": params["n"] + params["more"]}

    below = Workflow("below", [Step.lambda_("s", lambda ctx, config: {"n": ctx.get_param("n")})])
    workflow_registry.register(below)
    params = {"items": [1, 2], "more": 10}
    assert output(run(Step.map("each", "items", pipeline="count", item_param="n"), params=params))["results"] == [
        {"record_count": 11},
        {"record_count": 12},
    ]
    for body in (below, "below"):
        found = output(run(Step.map("each", "items", body, item_param="n"), params=params))
        assert found["results"] == [{"s": {"n": 1}}, {"s": {"n": 2}}]


def test_failures(run: Any) -> None:
    """An item that fails fails the step with its error and category, when those that run have ended."""
    result = run(Step.map("each", "items", function=odd_fail, max_concurrency=1), params={"items": [0, 1, 2]})
    assert (result.error_category, result.error) == ("VALIDATION", "item 1 (1) failed: 1 is odd; 1 item not tried")
    assert result.step_executions[0].output == {"count": 3, "succeeded": 1, "failed": 1, "not_tried": 1}
    generated = run(Step.map("each", lambda ctx: itertools.count(), function=odd_fail, max_concurrency=1))
    assert generated.error == "item 1 (1) failed: 1 is odd; those after it were not tried"


@pytest.mark.parametrize(
    ("tolerated", "status"), [(1, "FAILED"), (2, "COMPLETED"), ("49%", "FAILED"), ("50%", "COMPLETED")]
)
def test_tolerated_failures(run: Any, tolerated: Any, status: str) -> None:
    """`tolerated_failures` is a count or a share; the result of an item that failed is None."""
    step = Step.map("each", "items", function=odd_fail, tolerated_failures=tolerated)
    result = run(step, params={"items": [0, 1, 2, 3]})
    assert result.status.name == status
    if status == "COMPLETED":
        assert output(result)["results"] == [0, None, 2, None]
        assert (output(result)["succeeded"], output(result)["failed"]) == (2, 2)


def test_retry_of_what_failed(run: Any, slept: list[float]) -> None:
    """A further attempt runs only the items that failed or never ran, wherever they stand now: an item is the same if
    its value is, or its field `item_key`."""
    ran: list[int] = []

    def flaky(ctx: Any, item: int) -> int:
        ran.append(item)
        if item == 1 and ran.count(1) == 1:
            raise NetworkError("once")
        return item

    step = Step.map(
        "each", "items", function=flaky, max_concurrency=1, retry_policy=RetryPolicy(), tolerated_failures=0
    )
    assert output(run(step, params={"items": [0, 1, 2]}))["results"] == [0, 1, 2]
    assert ran.count(0) == 1

    asked, sizes = iter([["b", "c"], ["a", "b", "c"]]), iter(range(10))
    step = Step.map(
        "each",
        lambda ctx: [{"file": name, "size": next(sizes)} for name in next(asked)],
        function=lambda ctx, item: flaky(ctx, 1 if item["file"] == "c" else item["file"]),
        item_key="file",
        max_concurrency=1,
        retry_policy=RetryPolicy(),
    )
    ran.clear()
    assert output(run(step))["results"] == ["a", "b", 1]
    assert ran == ["b", 1, "a", 1]
    assert ran.count(1) == 2


def test_concurrency(run: Any) -> None:
    """At most `max_concurrency` items run at once."""
    now: list[int] = []
    most: list[int] = []
    lock, full = threading.Lock(), threading.Barrier(3)

    def body(ctx: Any, item: int) -> None:
        with lock:
            now.append(item)
            most.append(len(now))
        full.wait(DEADLINE_SECONDS)
        with lock:
            now.remove(item)

    output(run(Step.map("each", "items", function=body, max_concurrency=3), params={"items": list(range(12))}))
    assert max(most) == 3


def test_captures(run: Any) -> None:
    """What an item captures becomes visible when that item succeeds, and not at all when it fails."""

    def body(ctx: Any, item: int) -> int:
        capture("made", [{"n": item}], partition={"n": item})
        return odd_fail(ctx, item)

    run(Step.map("each", "items", function=body, tolerated_failures=9), params={"items": [0, 1, 2]})
    assert sorted(kept.partition["n"] for kept in list_captures()) == ["0", "2"]


def test_collect(run: Any) -> None:
    """With `collect=False` the results are not in the output: any number of items takes the same memory."""
    found = output(run(Step.map("each", "items", function=double, collect=False), params={"items": [1]}))
    assert found == {"count": 1, "succeeded": 1, "failed": 0}


@pytest.mark.parametrize("returned", [{1, 2}, float("nan"), b"x", object()])
def test_results_are_json(run: Any, returned: Any) -> None:
    """A result that JSON cannot hold fails its item, naming the step; a set becomes a list."""
    result = run(Step.map("each", "items", function=lambda ctx, item: returned), params={"items": [0]})
    if isinstance(returned, set):
        assert output(result)["results"] == [[1, 2]]
    else:
        assert "an item's result of step 'each'" in str(result.error)


def test_sys_exit(run: Any) -> None:
    """`sys.exit()` in an item fails that item."""
    result = run(Step.map("each", "items", function=lambda ctx, item: exit(3)), params={"items": [0]})
    assert "called sys.exit(3)" in str(result.error)


def test_step_results(run: Any) -> None:
    """A function may return a StepResult or a Result: its output or value is the result, its failure the item's."""
    step = Step.map("each", "items", function=lambda ctx, item: StepResult.ok({"n": item}))
    assert output(run(step, params={"items": [5]}))["results"] == [{"n": 5}]
    step = Step.map("each", "items", function=lambda ctx, item: Ok(item))
    assert output(run(step, params={"items": [5]}))["results"] == [5]
    failing = Step.map("each", "items", function=lambda ctx, item: StepResult.fail("no", "DATA_QUALITY"))
    assert run(failing, params={"items": [5]}).error_category == "DATA_QUALITY"


def test_failed_runs(run: Any) -> None:
    """The result of a run, a pipeline or a fetch fails the item that returns it: it may be a failure."""
    inner = Workflow("inner", [Step.lambda_("a", lambda ctx, config: StepResult.fail("no"))])
    step = Step.map("each", "items", function=lambda ctx, item: WorkflowRunner().execute(inner))
    error = run(step, params={"items": [5]}).error
    assert "an item's result of step 'each' is a WorkflowResult, not a value: take what it has, and raise its" in error


def test_processes(run: Any) -> None:
    """On the executor `processes` the function is imported there by its name; a lambda is refused when the workflow is
    built."""
    step = Step.map("each", "items", function=double, executor="processes", max_concurrency=1)
    assert output(run(step, params={"items": [1, "a"]}))["results"] == [2, "aa"]
    with pytest.raises(ValueError, match="cannot be found there: move the function to the top of a module"):
        Workflow("w", [Step.map("each", "items", function=lambda ctx, item: item, executor="processes")])


def note_and_fail_if_odd(ctx: Any, item: int) -> int:
    with Path(ctx.get_param("file")).open("a") as file:
        file.write(f"{item} ")
    return odd_fail(ctx, item)


@pytest.mark.parametrize("executor", ["inline", "threads", "processes"])
@pytest.mark.parametrize(("tolerated", "ran"), [(0, "0 1 "), (1, "0 1 2 3 "), ("10%", "0 1 2 3 4 5 "), ("60%", "all")])
def test_nothing_starts_after_too_many_failures(
    run: Any, tmp_path: Path, executor: str, tolerated: Any, ran: str
) -> None:
    """After the first failure beyond the tolerance no further item starts, on any executor; a share needs the number of
    items, which a list tells."""
    file = tmp_path / "ran"
    step = Step.map(
        "each",
        "items",
        function=note_and_fail_if_odd,
        executor=executor,
        max_concurrency=1,
        tolerated_failures=tolerated,
    )
    result = run(step, params={"items": list(range(20)), "file": str(file)})
    assert result.status.name == ("COMPLETED" if ran == "all" else "FAILED")
    assert file.read_text() == ("".join(f"{number} " for number in range(20)) if ran == "all" else ran)


@pytest.mark.parametrize("executor", ["inline", "threads"])
@pytest.mark.parametrize("reason", [StopReason.CANCEL, StopReason.PARK])
def test_nothing_starts_after_a_stop(executor: str, reason: StopReason) -> None:
    """When the run is cancelled, interrupted or out of time, no further item starts; those that run end and are
    recorded, so that a resumed run does not repeat them; out of time, those of other processes are ended."""
    stop, ran = Stop(), []

    def ask(ctx: Any, item: int) -> int:
        ran.append(item)
        if item == 2 and len(ran) == 3:
            stop.request(reason)
        return item

    step = Step.map("each", "items", function=ask, executor=executor, max_concurrency=1)
    runner = WorkflowRunner()
    stopped = runner.execute(Workflow("w", [step]), {"items": list(range(50))}, stop=stop)
    assert ran == [0, 1, 2]
    if reason is StopReason.PARK:
        assert output(runner.resume(stopped.run_id, Workflow("w", [step])))["results"] == list(range(50))
        assert ran == list(range(50))
