"""Load steps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spine.core.adapters.database import DatabaseAdapter, SQLiteAdapter, database_registry, get_adapter
from spine.core.errors import ValidationError
from spine.framework.captures import capture
from spine.framework.loads import load
from spine.orchestration import Step, Workflow, WorkflowResult, WorkflowRunner, WorkflowStatus
from tests.projects import Project

PLACE = {"capture": "prices", "database": "warehouse", "table": "prices"}
FLOWS = """
from spine import Step, Workflow, capture, load, workflow_registry


def make(context, config):
    return {"rows": capture("prices", [{"symbol": "A", "n": 1}, {"symbol": "B", "n": 2}]).row_count}


def item(context, number):
    return load("warehouse", "items", [{"n": number}]).inserted


def both(context, config):
    return load("warehouse", "both", [{"n": 1}]).to_dict()


workflow_registry.register(
    Workflow(
        "daily",
        [
            Step.lambda_("make", make),
            Step.load("load", capture="prices", database="warehouse", table="prices", mode="merge", key="symbol"),
            Step.lambda_("own_process", both, timeout=60),
            Step.map("each", lambda context: [1, 2, 3], function=item, executor="processes", max_concurrency=1),
        ],
        partition_by=["day"],
    )
)
"""
SETTINGS = """
[spine]
modules = ["flows"]
[databases.warehouse]
type = "sqlite"
path = "warehouse.db"
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[DatabaseAdapter]:
    with SQLiteAdapter(tmp_path / "warehouse.db") as adapter:
        database_registry.register("warehouse", lambda: adapter)
        yield adapter


def run(step: Step, partition: dict[str, Any] | None = None) -> WorkflowResult:
    return WorkflowRunner().execute(Workflow("w", [step]), partition=partition)


@pytest.mark.usefixtures("warehouse")
def test_the_output_has_the_counts_and_the_revision() -> None:
    capture("prices", [{"symbol": "A", "n": 1}])
    step = Step.load("load", **PLACE, mode="merge", key="symbol")
    assert run(step).context.get_output("load") == {
        "inserted": 1,
        "updated": 0,
        "deleted": 0,
        "unchanged": 0,
        "revision": 1,
    }
    capture("prices", [{"symbol": "A", "n": 2}])
    output = run(step).context.get_output("load")
    assert (output["updated"], output["revision"]) == (1, 2)


def test_the_partition_of_the_run_is_read_and_replaced(warehouse: DatabaseAdapter) -> None:
    for day, n in (("1", 1), ("2", 2), ("2", 3)):
        capture("prices", [{"day": day, "n": n}], partition={"day": day})
        for partition in (None, "this"):
            step = Step.load("load", **PLACE, mode="replace_partition", partition=partition)
            assert run(step, {"day": day}).status is WorkflowStatus.COMPLETED
    assert warehouse.query("SELECT day, n FROM prices ORDER BY day") == [{"day": "1", "n": 1}, {"day": "2", "n": 3}]


def test_another_partition_can_be_named(warehouse: DatabaseAdapter) -> None:
    capture("prices", [{"n": 1}], partition={"day": "7"})
    for mode in ("replace_partition", "append"):
        assert run(Step.load("load", **PLACE, mode=mode, partition={"day": "7"})).status is WorkflowStatus.COMPLETED
    assert warehouse.query("SELECT n, day FROM prices") == [{"n": 1, "day": "7"}, {"n": 1, "day": None}]


def test_this_partition_must_be_there(warehouse: DatabaseAdapter) -> None:
    capture("prices", [{"n": 1}])
    assert run(Step.load("load", **PLACE), {"day": "7"}).status is WorkflowStatus.COMPLETED
    assert run(Step.load("load", **PLACE, partition="this"), {"day": "7"}).status is WorkflowStatus.FAILED


@pytest.mark.parametrize(
    "options",
    [{"mode": "upsert"}, {"mode": "merge"}, {"key": "symbol"}, {"partition": "that"}, {"schema": "discard"}],
    ids=str,
)
def test_options_that_do_not_fit_are_refused_when_the_step_is_built(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Step.load("load", **{**PLACE, **options})


def test_what_a_step_loads_after_each_wait_is_a_load_of_its_own(warehouse: DatabaseAdapter) -> None:
    seen: list[bool] = []

    def is_third_look(context: Any) -> bool:
        seen.append(load("warehouse", "looks", [{"n": len(seen)}]).repeated)
        return len(seen) == 3

    assert run(Step.wait("wait", until=is_third_look, poll_seconds=0.01)).status is WorkflowStatus.COMPLETED
    assert seen == [False, False, False]
    assert warehouse.query("SELECT n FROM looks ORDER BY n") == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_it_survives_the_workflows_dict() -> None:
    steps = [
        Step.load("one", **PLACE),
        Step.load("two", **PLACE, mode="scd2", key=["a", "b"], partition="this", schema="freeze"),
        Step.load("three", **PLACE, mode="replace_partition", partition={"day": "1"}),
    ]
    workflow = Workflow("w", steps)
    assert Workflow.from_dict(workflow.to_dict()) == workflow
    assert workflow.steps[1].spec.does() == "capture 'prices' into warehouse.prices (scd2 by a, b)"


@pytest.mark.slow
def test_steps_in_processes_of_their_own_load_once(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", SETTINGS)
    project.write("flows.py", FLOWS)
    done = project.run("-q", "run", "daily", "-p", "day=1")
    assert done.code == 0, done.err
    assert "inserted 2" in done.out
    with get_adapter("sqlite", path=tmp_path / "warehouse.db") as warehouse:
        loads = warehouse.query("SELECT step_name, table_name, inserted, run_id FROM core_loads ORDER BY 2, 1")
        assert [row["inserted"] for row in loads] == [1, 1, 1, 1, 2]
        assert len({row["run_id"] for row in loads}) == 1
        assert warehouse.query("SELECT n FROM items ORDER BY n") == [{"n": 1}, {"n": 2}, {"n": 3}]
    with get_adapter("sqlite", path=tmp_path / ".spine" / "spine.db") as history:
        edges = history.query(
            "SELECT DISTINCT reference FROM core_lineage WHERE direction = 'WRITE' AND kind = 'table'"
        )
    assert sorted(row["reference"] for row in edges) == ["warehouse.both", "warehouse.items", "warehouse.prices"]
