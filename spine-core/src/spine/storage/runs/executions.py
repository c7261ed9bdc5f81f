"""Executions of pipelines outside of a workflow, in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from spine.core.errors import ValidationError
from spine.core.jsonvalue import to_json_value
from spine.core.kept_text import kept_text, kept_values
from spine.framework.dispatcher import Execution
from spine.framework.pipelines import PipelineStatus
from spine.orchestration.lease import is_gone, process_name
from spine.storage.history import History
from spine.storage.retry import persistently
from spine.storage.tables.runs import executions

_ENDED = "its process has ended"


class SqlExecutionStore:
    """An ExecutionStore over `core_executions`."""

    def __init__(self, history: History) -> None:
        self._history = history

    def begin(self, execution: Execution) -> None:
        row = {
            "id": execution.id,
            "pipeline": execution.pipeline,
            "params": _stored(execution.params),
            "lane": execution.lane.value,
            "trigger_source": execution.trigger_source.value,
            "logical_key": execution.logical_key,
            "status": execution.status.name,
            "created_at": execution.created_at,
            "started_at": execution.started_at,
            "process": process_name(),
        }
        self._history.insert_once(executions, row)

    def end(self, execution: Execution) -> None:
        changes = {
            "status": execution.status.name,
            "completed_at": execution.completed_at,
            "error": execution.error,
        }

        def once(_is_retry: bool) -> None:
            with self._history.engine.begin() as connection:
                connection.execute(update(executions).where(executions.c.id == execution.id).values(changes))

        persistently(once)


def list_executions(
    history: History, *, pipeline: str | None = None, status: str | None = None, limit: int = 20
) -> list[dict[str, Any]]:
    """Return the newest executions first; one that is RUNNING although its process has ended says so as its `error`."""
    query = select(executions).where(history.own(executions))
    if pipeline is not None:
        query = query.where(executions.c.pipeline == pipeline)
    if status is not None:
        query = query.where(executions.c.status == status)
    with history.reader.connect() as connection:
        query = query.order_by(executions.c.created_at.desc(), executions.c.id.desc()).limit(limit)
        rows = [dict(row) for row in connection.execute(query).mappings()]
    return [{**row, "error": _ENDED} if _is_abandoned(row) else row for row in rows]


def _is_abandoned(row: Mapping[str, Any]) -> bool:
    owner = row["process"]
    return row["status"] == PipelineStatus.RUNNING.name and owner is not None and is_gone(owner)


def _stored(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters as JSON values; what JSON cannot hold, such as a secret or a table, as its text."""
    found: dict[str, Any] = {}
    for name, value in params.items():
        try:
            found[str(name)] = kept_values(to_json_value(value, str(name)))
        except ValidationError:
            found[str(name)] = kept_text(repr(value))
    return found
