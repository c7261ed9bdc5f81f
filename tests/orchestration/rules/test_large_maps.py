"""The rules of maps of many items, and of items that are large."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from spine.core.errors import NetworkError, ValidationError
from spine.framework.captures import capture, read_capture
from spine.framework.pipelines import pipeline
from spine.orchestration import RetryPolicy, Step, Workflow, WorkflowRunner
from spine.orchestration.memory_run_store import MemoryRunStore
from spine.orchestration.records import Batch
from spine.orchestration.steptypes import map_results
from spine.orchestration.steptypes.map_batches import MAX_BATCH
from spine.orchestration.steptypes.map_items import CaptureItems
from spine.project import open_project
from tests.projects import DEADLINE_SECONDS, Project

MANY = 5_000


def give(ctx: Any, item: Any) -> Any:
    return item


def row_of(ctx: Any, item: int) -> dict[str, Any]:
    if item % 1000 == 7:
        raise ValidationError(f"{item} is bad")
    return {"n": item, "half": item / 2} if item else {"n": 0, "half": 0, "note": "first"}


def rows_in(ctx: Any, item: Any) -> list[Any]:
    table = item["table"] if isinstance(item, dict) else item
    return [type(table).__name__, table.num_rows, item["name"] if isinstance(item, dict) else None]


def die_at_600(ctx: Any, item: int) -> int:
    if item == 600:
        os._exit(9)
    return item


def output(result: Any) -> Any:
    assert result.error is None, result.error
    return result.context.get_output("each")


class CountingStore(MemoryRunStore):
    """A store that keeps the sizes of the groups of items."""

    def __init__(self) -> None:
        super().__init__()
        self.groups: list[int] = []

    def commit(self, batch: Batch) -> None:
        if batch.items is not None:
            self.groups.append(len(batch.items.items))
        super().commit(batch)


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["inline", "threads", "processes"])
def test_items_that_take_no_time(run: Any, executor: str) -> None:
    """Short items are handed out and recorded many at a time, on every executor; each has its own record."""
    store = CountingStore()
    step = Step.map("each", "items", function=give, executor=executor, max_concurrency=2)
    found = output(run(step, params={"items": list(range(MANY))}, store=store))
    assert found == {"count": MANY, "succeeded": MANY, "failed": 0, "results": list(range(MANY))}
    assert sum(store.groups) == MANY
    assert len(store.groups) < MANY / 20


@pytest.mark.parametrize("executor", ["inline", "threads", "processes"])
def test_errors_in_a_batch(run: Any, executor: str) -> None:
    """An item that fails among a thousand others has its own error, with its place; the others have their results."""
    store = MemoryRunStore()
    step = Step.map("each", "items", function=row_of, executor=executor, max_concurrency=2, tolerated_failures="1%")
    result = run(step, params={"items": list(range(MANY))}, store=store)
    assert (output(result)["succeeded"], output(result)["failed"]) == (MANY - 5, 5)
    failed = [item for item in store.list_items(result.run_id, "each", 1) if item.error]
    assert [item.item_index for item in failed] == [7, 1007, 2007, 3007, 4007]
    assert {(item.error, item.error_category, item.error_type) for item in failed[:1]} == {
        ("7 is bad", "VALIDATION", "ValidationError")
    }
    assert failed[0].failure is not None
    assert "is bad" in failed[0].failure["frames"][-1]["code"]


@pytest.mark.slow
def test_a_worker_that_dies_in_a_batch(run: Any) -> None:
    """When the process of a batch dies, each of its items runs alone: the one that does it fails, the others do not."""
    step = Step.map("each", "items", function=die_at_600, executor="processes", max_concurrency=2, tolerated_failures=1)
    found = output(run(step, params={"items": list(range(1_000))}))
    assert found["failed"] == 1
    assert [index for index, value in enumerate(found["results"]) if value is None] == [600]


def test_slow_items_after_short_ones(run: Any) -> None:
    """A batch ends when its time is over: items that got slow are spread over the workers again."""
    gate, waiting = threading.Event(), threading.Semaphore(0)
    slow = range(MANY - 4, MANY)

    def body(ctx: Any, item: int) -> int:
        if item in slow:
            waiting.release()
            assert gate.wait(DEADLINE_SECONDS)
        return item

    def open_when_four_wait() -> None:
        for _ in slow:
            waiting.acquire()
        gate.set()

    threading.Thread(target=open_when_four_wait, daemon=True).start()
    step = Step.map("each", "items", function=body, max_concurrency=4)
    assert output(run(step, params={"items": list(range(MANY))}))["succeeded"] == MANY


def test_a_retry_after_a_gap(run: Any) -> None:
    """A retry of a map of many items runs those that failed or never ran, and no other."""
    ran: list[int] = []

    def body(ctx: Any, item: int) -> int:
        ran.append(item)
        if item == 2000 and ran.count(2000) == 1:
            raise NetworkError("once")
        return item

    step = Step.map("each", "items", function=body, max_concurrency=2, retry_policy=RetryPolicy())
    assert output(run(step, params={"items": list(range(MANY))}))["results"] == list(range(MANY))
    assert sorted(ran) == sorted([*range(MANY), 2000])


def test_items_of_a_capture_are_read_in_batches(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of a capture are items without the whole table in memory, and their number is known."""
    capture("numbers", pa.table({"n": range(MANY)}))
    data = type(read_capture("numbers"))
    monkeypatch.setattr(data, "table", property(lambda self: pytest.fail("the whole capture was read")))
    seen: list[int] = []
    step = Step.map("each", CaptureItems("numbers"), function=lambda ctx, item: seen.append(item["n"]), collect=False)
    assert output(run(step))["succeeded"] == MANY
    assert sorted(seen) == list(range(MANY))


def test_collect_into_a_capture(run: Any) -> None:
    """With `collect="capture"` the results are the rows of a capture, in the order of the items, with the index and the
    error of each; the columns are those of all results."""
    step = Step.map("each", "items", function=row_of, tolerated_failures=9, collect="capture", capture="halves")
    found = output(run(step, params={"items": list(range(MANY))}))
    assert found == {
        "count": MANY,
        "succeeded": MANY - 5,
        "failed": 5,
        "capture": "halves",
        "revision": 1,
        "record_count": MANY,
    }
    table = read_capture("halves").table
    assert table.schema.names == ["_item", "n", "half", "note", "_error"]
    assert table.column("_item").to_pylist() == list(range(MANY))
    rows = table.slice(0, 8).to_pylist()
    assert rows[0] == {"_item": 0, "n": 0, "half": 0.0, "note": "first", "_error": None}
    assert rows[7] == {"_item": 7, "n": None, "half": None, "note": None, "_error": "7 is bad"}


def test_collected_values_and_no_items(run: Any) -> None:
    """Results that are no dicts are the column `value`; the capture is named after workflow and step unless it is
    named."""
    step = Step.map("each", "items", function=give, collect="capture")
    assert output(run(step, params={"items": ["007", "NA"]}))["capture"] == "w.each"
    assert read_capture("w.each").table.column("value").to_pylist() == ["007", "NA"]
    assert output(run(step, params={"items": []}))["record_count"] == 0


def test_results_that_are_no_table(run: Any) -> None:
    """Results of different types fail the step, naming it and the column."""
    step = Step.map("each", "items", function=give, collect="capture")
    result = run(step, params={"items": [1, "a"]})
    assert result.error_category == "VALIDATION"
    assert "the results of map step 'each' do not fit one table" in result.error
    assert "has a column '_item'" in run(step, params={"items": [{"_item": 1}]}).error


def test_collect_is_checked() -> None:
    """`collect` is True, False or "capture", and a name for the capture needs the last."""
    with pytest.raises(ValidationError, match='collect is True, False or "capture"'):
        Step.map("each", "items", function=give, collect="captures")  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match='give it collect="capture"'):
        Step.map("each", "items", function=give, capture="x")


def test_an_output_that_is_too_large(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results that are too large for an output fail the step, which names collect="capture"; with it, the resumed run
    runs no item again."""
    monkeypatch.setattr(map_results, "MAX_OUTPUT_BYTES", 1 << 20)
    ran: list[int] = []

    def body(ctx: Any, item: int) -> str:
        ran.append(item)
        return "x" * 100_000

    def made(**options: Any) -> Workflow:
        return Workflow("w", [Step.map("each", "items", function=body, **options)])

    runner = WorkflowRunner()
    result = runner.execute(made(), {"items": list(range(20))})
    assert "take more than 1 MiB as JSON" in str(result.error)
    assert 'give the step collect="capture"' in str(result.error)
    again = runner.resume(result.run_id, made(collect="capture"), force=True)
    assert output(again)["record_count"] == 20
    assert len(ran) == 20


@pytest.mark.parametrize("executor", ["inline", "threads"])
def test_tables(run: Any, executor: str) -> None:
    """An item may be an Arrow table, or have some among its values: it is kept in the store and handed out by
    reference."""
    tables = [pa.table({"n": range(size)}) for size in (1, 2, 3)]

    def items(ctx: Any) -> Iterator[Any]:
        yield from tables
        yield {"name": "last", "table": tables[2]}

    step = Step.map("each", items, function=rows_in, executor=executor)
    assert output(run(step))["results"] == [
        ["Table", 1, None],
        ["Table", 2, None],
        ["Table", 3, None],
        ["Table", 3, "last"],
    ]


def test_tables_need_a_function(run: Any) -> None:
    """A pipeline or a workflow takes no table: its parameters are JSON."""

    @pipeline("count")
    def count(params: dict[str, Any]) -> dict[str, Any]:
        return {}

    step = Step.map("each", lambda ctx: [pa.table({"n": [1]})], pipeline="count")
    assert "item 0 holds a table, which only a function can take" in str(run(step).error)


def test_a_table_is_recognized_by_its_content(run: Any) -> None:
    """A retry recognizes a table by its content."""
    ran: list[int] = []

    def body(ctx: Any, item: pa.Table) -> int:
        ran.append(item.num_rows)
        if item.num_rows == 2 and ran.count(2) == 1:
            raise NetworkError("once")
        return item.num_rows

    def items(ctx: Any) -> list[pa.Table]:
        return [pa.table({"n": range(size)}) for size in (1, 2)]

    assert output(run(Step.map("each", items, function=body, max_concurrency=1, retry_policy=RetryPolicy())))[
        "results"
    ] == [1, 2]
    assert ran == [1, 2, 2]


FLOWS = """
import pyarrow as pa
from spine import Step, Workflow, workflow_registry

def tables(context):
    for number in range(4):
        yield {"number": number, "table": pa.table({"x": ["y" * 100_000] * 50, "n": range(50)})}

def body(context, item):
    return [item["number"], item["table"].num_rows]

workflow_registry.register(Workflow("w", [Step.map("each", tables, function=body, executor="processes")]))
"""


@pytest.mark.slow
def test_tables_in_another_process(tmp_path: Path) -> None:
    """In another process a table is read from the store of the project: it does not pass through a pipe or JSON."""
    project = Project(tmp_path)
    project.write("spine.toml", '[spine]\nmodules = ["flows"]\n')
    project.write("flows.py", FLOWS)
    done = project.run("run", "w", "--json")
    assert done.code == 0, done.err
    items = project.call("runs", "items", "latest", "--json").json
    assert [item["output"] for item in items] == [[number, 50] for number in range(4)]
    with open_project(project.root, {}) as opened:
        [row] = opened.database.query("SELECT max(length(output)) AS longest FROM core_workflow_items", ())
    assert row["longest"] < 100
    assert len(list(Path(project.root, ".spine/captures/map-items").glob("*.parquet"))) == 1


def test_the_most_that_is_handed_out(run: Any) -> None:
    """Items are read a bounded number ahead of those that have ended."""
    ended, ahead = [0], [0]

    def items(ctx: Any) -> Iterator[int]:
        for number in range(20 * MAX_BATCH):
            ahead[0] = max(ahead[0], number - ended[0])
            yield number

    def body(ctx: Any, item: int) -> None:
        ended[0] += 1

    run(Step.map("each", items, function=body, max_concurrency=1, collect=False))
    assert ended == [20 * MAX_BATCH]
    assert ahead[0] <= 3 * MAX_BATCH
