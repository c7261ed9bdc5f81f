"""Stores publish exactly the committed events, also where the reply to a commit was lost."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from spine.core.errors import DatabaseConnectionError
from spine.framework.events import Event, EventHub
from spine.project import open_project
from spine.storage.runs.store import SqlRunStore
from spine.testing import make_project

FLOWS = """
from spine.framework.captures import capture
from spine.orchestration import Step, Workflow, workflow_registry

def keep(context, config):
    capture("kept", [{"n": 1}])
    capture("changed", [{"run": context.run_id}])

workflow_registry.register(Workflow("map", [
    Step.map("each", lambda context: [1, 2, 3], function=lambda context, item: item),
]))
workflow_registry.register(Workflow("w", [Step.lambda_("a", keep), Step.lambda_("b", lambda context, config: None)]))
"""
SCHEDULE = '[schedules.s]\nworkflow = "w"\nevery = "1h"\n'


class Kept:
    name = "kept"

    def __init__(self) -> None:
        self.events: list[Any] = []

    def on_event(self, event: Event) -> None:
        self.events.append(event)


@pytest.mark.parametrize("is_lost", [False, True])
def test_the_events_of_a_commit_whose_answer_was_lost_are_published_once(
    is_lost: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = SqlRunStore._commit

    def lose_the_first_answer(store: SqlRunStore, batch: Any, is_retry: bool) -> Any:
        events = commit(store, batch, is_retry)
        if is_lost and not is_retry:
            raise DatabaseConnectionError("the server went away", retryable=True)
        return events

    monkeypatch.setattr(SqlRunStore, "_commit", lose_the_first_answer)
    kept = Kept()
    with open_project(make_project(tmp_path, flows=FLOWS, settings=SCHEDULE)) as project:
        hub = project.application.scope.provide(EventHub, EventHub({"kept": kept}))
        project.run("w")
        project.run("w")
        project.schedules.trigger("s")
        hub.close()
        database = project.database
        names = [
            row["name"] for row in database.query("SELECT name FROM core_captures ORDER BY captured_at, capture_id")
        ]
        committed = Counter(row["event_type"] for row in database.query("SELECT event_type FROM core_workflow_events"))
        ticks = database.query("SELECT id, status FROM core_schedule_runs")
    assert names == ["kept", "changed", "changed", "changed"]
    told = [event.capture.name for event in kept.events if event.event_type == "capture.committed"]
    assert told == names
    assert [event.tick.id for event in kept.events if event.event_type == "tick.decided"] == [ticks[0]["id"]]
    found = Counter(event.event_type for event in kept.events)
    assert found == committed + Counter({"capture.committed": 4, "tick.decided": 1})


def test_items_of_a_map_are_published_and_not_in_the_events_of_the_history(tmp_path: Path) -> None:
    kept = Kept()
    with open_project(make_project(tmp_path, flows=FLOWS)) as project:
        hub = project.application.scope.provide(EventHub, EventHub({"kept": kept}))
        run_id = project.run("map").run_id
        hub.close()
        stored = [row["event_type"] for row in project.runs.events(run_id)]
        [step] = project.runs.steps(run_id)
    told = [event for event in kept.events if event.event_type == "step.items"]
    assert sum(event.items for event in told) == 3
    assert {(event.run_id, event.step_id, event.step) for event in told} == {(run_id, step["step_id"], "each")}
    assert "step.items" not in stored
