"""Resumption data of a run: its JSON form, as written by the previous version and by this one."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from spine.orchestration.events import event_of
from spine.orchestration.resumption import ExecutionState, ResumePoint, Transition

STORE = Path(__file__).parents[1] / "storage" / "store_0006" / "store.sqlite"
NOW = datetime(2026, 1, 1, 6, 30, tzinfo=UTC)


def old_rows(query: str) -> list[tuple[Any, ...]]:
    """Return what a query finds in the store that older code wrote."""
    with closing(sqlite3.connect(f"file:{STORE}?mode=ro&immutable=1", uri=True)) as connection:
        return connection.execute(query).fetchall()


def old_jsons(column: str, table: str) -> list[dict[str, Any]]:
    """Return the JSON objects of a column, each once."""
    found = [json.loads(text) for (text,) in old_rows(f"SELECT DISTINCT {column} FROM {table}")]
    assert found
    return found


def test_every_execution_state_of_an_old_store_is_read_and_written_unchanged() -> None:
    for stored in old_jsons("execution", "core_workflow_runs"):
        assert ExecutionState.from_dict(stored).to_dict() == stored


def test_every_transition_of_an_old_store_is_read_and_written_unchanged() -> None:
    for stored in old_jsons("transition", "core_workflow_steps"):
        assert Transition.from_dict(stored).to_dict() == stored


def test_every_event_of_an_old_store_is_read_with_its_payload() -> None:
    rows = old_rows("SELECT event_type, payload, run_id, step_id, timestamp FROM core_workflow_events")
    assert rows
    for event_type, text, run_id, step_id, timestamp in rows:
        stored, moment = json.loads(text), datetime.fromisoformat(timestamp)
        event = event_of(event_type, stored, run_id, step_id, moment)
        assert (event.event_type, event.payload) == (event_type, stored)
        assert (event.run_id, event.step_id, event.timestamp) == (run_id, step_id, moment)


@pytest.mark.parametrize("stored", [{}, {"context": {"dry_run": False}}, {"start_from": "b", "crashes": 2}])
def test_the_old_mark_of_a_run_that_was_kept_for_later_is_left_out(stored: dict[str, Any]) -> None:
    assert ExecutionState.from_dict({**stored, "is_new": True}).to_dict() == stored


@pytest.mark.parametrize(
    "state",
    [
        ExecutionState(),
        ExecutionState({"dry_run": False}, {"who": "me"}, {"a": {"n": 1}}, "b", ResumePoint("a", 0), 3),
    ],
)
def test_an_execution_state_is_read_back_from_json(state: ExecutionState) -> None:
    assert ExecutionState.from_dict(json.loads(json.dumps(state.to_dict()))) == state


@pytest.mark.parametrize(
    "transition",
    [
        Transition(),
        Transition("on_failure", "b", "unchanged", {"week": None}, False, NOW, {"since": NOW.isoformat()}),
        Transition(wake_at=NOW, wait_state={}),
    ],
)
def test_a_transition_is_read_back_from_json(transition: Transition) -> None:
    assert Transition.from_dict(json.loads(json.dumps(transition.to_dict()))) == transition
