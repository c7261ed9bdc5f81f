"""Queries of a few runs in a long history, on SQLite, which has no statistics to choose an index by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from spine.core.adapters.database import get_adapter
from spine.storage.history import History
from spine.storage.migrate import upgrade
from spine.storage.runs.queries import list_running, list_runs
from spine.storage.runs.store import SqlRunStore
from spine.storage.workers import Workers


@pytest.mark.parametrize(
    "question",
    [
        lambda history: SqlRunStore(history).abandoned(),
        list_running,
        lambda history: list_runs(history, status=["PENDING", "RUNNING", "WAITING"]),
        lambda history: list_runs(history, status="FAILED", only_top=True),
        lambda history: Workers(history).living(),
        lambda history: Workers(history).waiting(),
    ],
    ids=["abandoned", "running", "open", "failed", "living workers", "waiting for workers"],
)
def test_runs_of_few_statuses_are_found_by_their_status(question: Callable[[History], object], tmp_path: Path) -> None:
    asked: list[tuple[str, Any]] = []
    with get_adapter(f"sqlite:///{tmp_path}/spine.db") as adapter:
        upgrade(adapter)
        history = History(adapter)
        Workers(history).enter("folder", "threads", ["default"], 1, {})

        @event.listens_for(history.reader, "before_cursor_execute")
        def _note(_connection: Any, _cursor: Any, sql: str, parameters: Any, *_: Any) -> None:
            if "FROM core_workflow_runs" in sql:
                asked.append((sql, parameters))

        question(history)
        event.remove(history.reader, "before_cursor_execute", _note)
        with history.reader.connect() as connection:
            plans = [
                [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)]
                for sql, parameters in asked
            ]
    assert plans
    for plan in plans:
        assert any("ix_core_workflow_runs_status" in line for line in plan), plan
