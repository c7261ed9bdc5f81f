"""`load` in scripts and in steps: its data, its options, and what makes a call the same one in a later attempt."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import spine
from spine.core.adapters.database import DatabaseAdapter, SQLiteAdapter, database_registry
from spine.core.errors import ConfigError, NetworkError, SchemaError, ValidationError, WorkflowError
from spine.framework.captures import capture, read_capture
from spine.framework.lineage import Edge
from spine.framework.loads import LoadResult, load
from spine.framework.work import Work, use_work
from spine.orchestration import RetryPolicy, Step, Workflow, WorkflowRunner, WorkflowStatus

ROWS = [{"symbol": "A", "n": 1}, {"symbol": "B", "n": 2}]
TABLE = pa.table({"symbol": ["A", "B"], "n": [1, 2]})


@pytest.fixture(autouse=True)
def warehouse(tmp_path: Path) -> Iterator[DatabaseAdapter]:
    with SQLiteAdapter(tmp_path / "warehouse.db") as adapter:
        database_registry.register("warehouse", lambda: adapter)
        yield adapter


def count(warehouse: DatabaseAdapter, table: str = "prices") -> int:
    return int(warehouse.query(f"SELECT count(*) AS n FROM {table}")[0]["n"])


def work(**given: Any) -> Work:
    return Work(**{"run_id": "run-1", "step": "load", **given})


def test_it_is_a_short_name_of_spine() -> None:
    assert spine.load is load


@pytest.mark.parametrize(
    "make",
    [
        lambda: ROWS,
        lambda: iter(ROWS),
        lambda: TABLE,
        lambda: TABLE.to_batches(),
        lambda: TABLE.to_reader(),
        lambda: iter([ROWS[:1], ROWS[1:]]),
        lambda: iter(TABLE.to_batches(max_chunksize=1)),
    ],
    ids=["rows", "iterator", "table", "batches", "reader", "blocks", "iterator of batches"],
)
def test_data_may_be_rows_or_arrow(warehouse: DatabaseAdapter, make: Any) -> None:
    assert load("warehouse", "prices", make()) == LoadResult("warehouse", "prices", "append", inserted=2)
    assert warehouse.query("SELECT symbol, n FROM prices ORDER BY n") == ROWS


def test_rows_with_different_keys_have_nulls(warehouse: DatabaseAdapter) -> None:
    load("warehouse", "prices", [{"a": 1}, {"b": "x"}, {"a": 2.5}])
    found = warehouse.query("SELECT a, b FROM prices")
    assert found == [{"a": 1.0, "b": None}, {"a": None, "b": "x"}, {"a": 2.5, "b": None}]


def test_data_may_be_a_capture(warehouse: DatabaseAdapter) -> None:
    capture("prices", ROWS)
    assert load("warehouse", "prices", read_capture("prices")).inserted == 2


def test_a_late_error_of_the_data_is_raised_as_it_is(warehouse: DatabaseAdapter) -> None:
    def blocks() -> Iterator[list[dict[str, Any]]]:
        yield ROWS
        raise NetworkError("gone")

    with pytest.raises(NetworkError, match=r"^gone$"):
        load("warehouse", "prices", blocks())
    with pytest.raises(SchemaError, match="batch 2"):
        load("warehouse", "prices", iter([ROWS, [{"symbol": "C"}]]))
    assert warehouse.query("SELECT name FROM sqlite_master") == []


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"mode": "upsert"}, "mode 'upsert' is not valid: use append, replace_partition, merge, scd2"),
        ({"mode": "merge"}, "the load into prices with mode 'merge' needs key"),
        ({"mode": "append", "key": "symbol"}, "mode 'append' takes no key"),
        ({"mode": "replace_partition"}, "replaces a partition, and the run has none"),
        ({"mode": "merge", "key": "symbol", "partition": {"a": 1}}, "mode 'merge' takes no partition"),
        ({"schema": "discard"}, '"evolve" or "freeze"'),
        ({"valid_from": datetime(2026, 1, 2, tzinfo=UTC)}, "valid_from is a time with a zone, for mode 'scd2'"),
        ({"mode": "scd2", "key": "symbol", "valid_from": datetime(2026, 1, 2)}, "valid_from is a time with a zone"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        load("warehouse", "prices", ROWS, **options)


def test_an_unknown_database_is_an_error_with_the_closest_name() -> None:
    with pytest.raises(ConfigError, match="warehouse"):
        load("warehuse", "prices", ROWS)


def test_a_script_loads_at_each_call(warehouse: DatabaseAdapter) -> None:
    load("warehouse", "prices", ROWS)
    load("warehouse", "prices", ROWS)
    assert count(warehouse) == 4
    assert warehouse.query("SELECT name FROM sqlite_master") == [{"name": "prices"}]


def test_a_later_attempt_of_a_step_loads_nothing_twice(warehouse: DatabaseAdapter) -> None:
    for attempt in (1, 2):
        with use_work(work(attempt=attempt)):
            first, second = load("warehouse", "prices", ROWS), load("warehouse", "prices", ROWS[:1])
        assert (first.inserted, second.inserted, first.repeated) == (2, 1, attempt == 2)
    assert count(warehouse) == 3


@pytest.mark.parametrize(
    "other",
    [{"run_id": "run-2"}, {"step": "again"}, {"visit": "2"}, {"item": "key"}],
    ids=lambda other: next(iter(other)),
)
def test_another_run_step_visit_or_item_loads_for_itself(warehouse: DatabaseAdapter, other: dict[str, Any]) -> None:
    for given in ({}, other):
        with use_work(work(**given)):
            assert not load("warehouse", "prices", ROWS).repeated
    assert count(warehouse) == 4


def test_loads_into_different_tables_may_change_their_order(warehouse: DatabaseAdapter) -> None:
    for tables in (("a", "b"), ("b", "a")):
        with use_work(work()):
            for table in tables:
                load("warehouse", table, [{"name": table}])
    assert [count(warehouse, table) for table in ("a", "b")] == [1, 1]


def test_a_partition_defaults_to_that_of_the_run(warehouse: DatabaseAdapter) -> None:
    for run in ("1", "2"):
        with use_work(work(run_id=run, partition={"week": "20261102"})):
            load("warehouse", "prices", ROWS, mode="replace_partition")
    assert warehouse.query("SELECT DISTINCT week FROM prices") == [{"week": "20261102"}]
    assert count(warehouse) == 2
    keys = warehouse.query("SELECT DISTINCT partition_key FROM core_loads")
    assert keys == [{"partition_key": '{"week":"20261102"}'}]


def test_versions_begin_at_the_tick_of_the_run(warehouse: DatabaseAdapter) -> None:
    with use_work(work(scheduled_at=datetime(2026, 11, 2, 6, tzinfo=UTC))):
        load("warehouse", "prices", ROWS, mode="scd2", key="symbol")
    assert warehouse.query("SELECT DISTINCT valid_from FROM prices") == [{"valid_from": "2026-11-02 06:00:00+00:00"}]


def test_a_load_is_an_edge_of_the_lineage_also_if_an_earlier_attempt_made_it() -> None:
    for attempt in (1, 2):
        with use_work(work(attempt=attempt)) as here:
            load("warehouse", "prices", ROWS)
        [edge] = here.staged
        assert isinstance(edge, Edge)
        assert (edge.direction.name, edge.kind.value, edge.reference) == ("WRITE", "table", "warehouse.prices")


def test_a_thread_that_does_not_know_its_step_is_refused() -> None:
    with use_work(work()), ThreadPoolExecutor(1) as threads:
        future = threads.submit(load, "warehouse", "prices", ROWS)
        with pytest.raises(
            WorkflowError, match=r"a load into warehouse\.prices was made in a thread that does not know"
        ):
            future.result()


def run(*steps: Step, **options: Any) -> Any:
    return WorkflowRunner(**options).execute(Workflow("w", list(steps)))


def test_a_retried_step_loads_once_and_a_step_visited_again_loads_again(warehouse: DatabaseAdapter) -> None:
    tries: list[int] = []

    def flaky(context: Any, config: Any) -> dict[str, Any]:
        tries.append(load("warehouse", "prices", ROWS).inserted)
        if len(tries) == 1:
            raise NetworkError("once")
        return {}

    policy = RetryPolicy(initial_delay_seconds=0)
    steps = [
        Step.lambda_("load", flaky, retry_policy=policy),
        Step.choice("again", lambda context: len(tries) < 3, "load", "end"),
        Step.lambda_("end", lambda context, config: None),
    ]
    assert run(*steps).status is WorkflowStatus.COMPLETED
    assert (tries, count(warehouse)) == ([2, 2, 2], 4)


def test_items_of_a_map_step_load_for_themselves(warehouse: DatabaseAdapter) -> None:
    failed: list[int] = []

    def item(context: Any, number: int) -> int:
        done = load("warehouse", "prices", [{"n": number}])
        if number == 2 and not failed:
            failed.append(number)
            raise NetworkError("once")
        return done.inserted

    step = Step.map("each", lambda context: [1, 2, 3], function=item, retry_policy=RetryPolicy(initial_delay_seconds=0))
    assert run(step).status is WorkflowStatus.COMPLETED
    assert warehouse.query("SELECT n FROM prices ORDER BY n") == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_a_dry_run_loads_nothing(warehouse: DatabaseAdapter) -> None:
    def loads(context: Any, config: Any) -> dict[str, Any]:
        return load("warehouse", "prices", ROWS).to_dict()

    capture("prices", ROWS)
    steps = [
        Step.lambda_("call", loads, dry_run="call"),
        Step.load("step", capture="prices", database="warehouse", table="prices"),
        Step.load("called", capture="prices", database="warehouse", table="prices", dry_run="call"),
    ]
    assert run(*steps, dry_run=True).status is WorkflowStatus.COMPLETED
    assert warehouse.query("SELECT name FROM sqlite_master") == []
