"""What the command line asks of the history: rows as dicts, keyed by the tables' column names."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from spine.core.adapters.database import DatabaseAdapter
from spine.history.tables import captures, events, rejects, runs, source_fetches, steps
from spine.orchestration.run_store import UnknownRunError

LATEST = "latest"


def list_runs(
    adapter: DatabaseAdapter,
    *,
    workflow: str | None = None,
    status: str | None = None,
    before: str | None = None,
    limit: int = 20,
) -> list[dict[str, Any]]:
    """Return the newest runs first; with `before`, those older than that run: the page after it."""
    query = select(runs).order_by(runs.c.started_at.desc(), runs.c.run_id.desc()).limit(limit)
    if before is not None:
        last = find_run(adapter, before)
        earlier, same = runs.c.started_at < last["started_at"], runs.c.started_at == last["started_at"]
        query = query.where(earlier | (same & (runs.c.run_id < last["run_id"])))
    if workflow is not None:
        query = query.where(runs.c.workflow_name == workflow)
    if status is not None:
        query = query.where(runs.c.status == status)
    return _rows(adapter, query)


def find_run(adapter: DatabaseAdapter, reference: str) -> dict[str, Any]:
    """Return the run with that id, or the one whose id starts with it, or the newest for `latest`."""
    query = select(runs).order_by(runs.c.started_at.desc(), runs.c.run_id.desc())
    if reference == LATEST:
        found = _rows(adapter, query.limit(1))
    else:
        found = _rows(adapter, query.where(runs.c.run_id == reference)) or _rows(
            adapter, query.where(runs.c.run_id.startswith(reference, autoescape=True)).limit(2)
        )
    if not found:
        raise UnknownRunError(f"there is no run {reference!r}: list them with spine runs list")
    if len(found) > 1:
        raise UnknownRunError(f"several runs start with {reference!r}: give more of the id")
    return found[0]


def run_steps(adapter: DatabaseAdapter, run_id: str) -> list[dict[str, Any]]:
    """Return the attempts of a run's steps in the order of the workflow."""
    return _rows(adapter, select(steps).where(steps.c.run_id == run_id).order_by(steps.c.step_order, steps.c.attempt))


def run_events(adapter: DatabaseAdapter, run_id: str) -> list[dict[str, Any]]:
    """Return what happened in a run, oldest first."""
    return _rows(adapter, select(events).where(events.c.run_id == run_id).order_by(events.c.id))


def run_captures(adapter: DatabaseAdapter, run_id: str) -> list[dict[str, Any]]:
    """Return the captures that a run made."""
    return _rows(
        adapter,
        select(captures).where(captures.c.run_id == run_id).order_by(captures.c.captured_at, captures.c.capture_id),
    )


def run_fetches(adapter: DatabaseAdapter, run_id: str) -> list[dict[str, Any]]:
    """Return the fetches that a run made."""
    query = select(source_fetches).where(source_fetches.c.run_id == run_id)
    return _rows(adapter, query.order_by(source_fetches.c.started_at, source_fetches.c.id))


def run_rejects(adapter: DatabaseAdapter, run_id: str) -> list[dict[str, Any]]:
    """Return the rows that a run set aside."""
    return _rows(
        adapter, select(rejects).where(rejects.c.run_id == run_id).order_by(rejects.c.created_at, rejects.c.id)
    )


def _rows(adapter: DatabaseAdapter, query: Select[Any]) -> list[dict[str, Any]]:
    with adapter.reader.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(query).fetchall()]
