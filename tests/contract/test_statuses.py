"""Groups of statuses are properties of their enums; no module lists the names of statuses by hand."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import pytest

from spine.framework.alerts.outbox import DeliveryStatus
from spine.framework.pipelines import PipelineStatus
from spine.framework.sources.fetches import FetchStatus
from spine.orchestration.status import StepStatus, WorkflowStatus
from spine.scheduling.backfill import BackfillStatus
from spine.scheduling.tick import TickStatus

ROOT = Path(__file__).parents[2]
ENUMS: tuple[type[Enum], ...] = (
    BackfillStatus,
    DeliveryStatus,
    FetchStatus,
    PipelineStatus,
    StepStatus,
    TickStatus,
    WorkflowStatus,
)
NAMES = {name for enum in ENUMS for name in enum.__members__}
RELEASED = "migrations/versions"  # a revision never changes


def lists_of_statuses(tree: ast.AST) -> Iterator[int]:
    """Yield the line of each tuple, list or set that has names of statuses only, at least two."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)) and len(node.elts) > 1:
            values = [item.value for item in node.elts if isinstance(item, ast.Constant)]
            if len(values) == len(node.elts) and NAMES.issuperset(values):
                yield node.lineno


@pytest.mark.parametrize("source", sorted(path.parent.name for path in ROOT.glob("spine-*/src")))
def test_no_module_lists_names_of_statuses(source: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in (ROOT / source / "src").rglob("*.py")
        if RELEASED not in path.as_posix()
        for line in lists_of_statuses(ast.parse(path.read_text()))
    ]
    assert found == [], "ask the status: give its enum a property"


def test_a_list_of_names_is_found() -> None:
    planted = ast.parse('a = ("FAILED", "CRASHED")\nb = ("FAILED",)\nc = ["FAILED", "other"]\nd = {"SENT", "PENDING"}')
    assert list(lists_of_statuses(planted)) == [1, 4]


def test_the_groups_of_a_run_do_not_overlap() -> None:
    groups = {status.name: (status.is_open, status.is_good, status.has_failed) for status in WorkflowStatus}
    assert {name for name, group in groups.items() if sum(group) > 1} == set()
    assert {name for name, group in groups.items() if not any(group)} == {"CANCELLED"}
    assert [status.name for status in WorkflowStatus if status.needs_resume] == [
        "PENDING",
        "FAILED",
        "CANCELLED",
        "CRASHED",
    ]
