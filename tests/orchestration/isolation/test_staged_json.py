"""What a step stages in another process arrives as it was."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import get_args

import pytest

from spine.config.contracts import Severity
from spine.framework.captures import Capture
from spine.framework.contracts.result import QualityResult
from spine.framework.lineage.edge import Direction, Edge, EdgeKind
from spine.framework.rejects import Reject
from spine.framework.sources.state import SourceState
from spine.framework.staged import Staged
from spine.orchestration.isolation.staged_json import staged_from_json, staged_to_json

NOON = datetime(2026, 1, 5, 12, 0, 0, 123456, tzinfo=UTC)
MADE = [
    Capture(
        name="prices",
        partition={"day": "2026-01-05"},
        revision=2,
        content_hash="ab",
        schema=[["n", "int64"]],
        row_count=3,
        byte_count=4,
        location="prices/x.parquet",
        domain="finra",
        run_id="r",
        step="load",
        attempt=1,
        metadata={"deep": [{"a": None, "b": 1.5, "c": True}]},
        unchanged=True,
        business_date=date(2026, 1, 5),
        mode="append",
        follows=1,
        captured_at=NOON,
        capture_id="c",
    ),
    Capture("prices", {}, 1, "ab", [], 0, 0, "x", captured_at=NOON),
    Reject("feed", "too few fields", "a;b", "in.csv", 7, "r", "id", NOON),
    SourceState("feed", {"last": "2026-01-05", "seen": ["x"]}, "r", NOON, is_based=True, based_on={"last": None}),
    Edge("r", "load", 1, Direction.READ, EdgeKind.FETCH, "f", "ab", NOON),
    QualityResult(
        capture_name="prices",
        partition={"day": "2026-01-05"},
        contract="prices",
        check_name="unique",
        severity=Severity.WARN,
        passed=False,
        observed="2",
        expected="1",
        failed_rows=1,
        sample=({"n": 1, "k": None, "x": 0.5},),
        run_id="r",
        step="load",
        capture_id="c",
        checked_at=NOON,
        id="q",
    ),
]


@pytest.mark.parametrize("record", MADE, ids=lambda record: type(record).__name__)
def test_staged_data_arrives_from_another_process_as_it_was(record: Staged) -> None:
    [arrived] = staged_from_json(json.loads(json.dumps(staged_to_json([record]))))
    assert type(arrived) is type(record)
    assert arrived == record


def test_every_kind_of_staged_data_is_tried() -> None:
    assert {type(record) for record in MADE} == set(get_args(Staged))
