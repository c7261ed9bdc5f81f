"""Fence of a transaction: it commits only while its run has not been taken over by another process."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import column, select, table

from spine.core.errors import DatabaseError, QueryError
from spine.db.connection import Connection

_RUNS = table("core_workflow_runs", column("run_id"), column("fence"))


class FenceError(DatabaseError):
    """Another process took over the run, and the transaction is rolled back."""


class Fenced(Protocol):
    """Run with a lease, such as a WorkflowContext."""

    @property
    def run_id(self) -> str:
        """Id of the run."""
        ...

    @property
    def fence(self) -> int:
        """Fence of the process that executes it."""
        ...


def check_fence(connection: Connection, run: Fenced, where: str, *, until_commit: bool) -> None:
    """Raise a FenceError unless the run has this fence; with `until_commit`, it cannot be taken over before the commit.

    Raises a QueryError if the run is not in this database.
    """
    query = select(_RUNS.c.fence).where(_RUNS.c.run_id == run.run_id)
    try:
        found = connection.execute(query.with_for_update(key_share=True) if until_commit else query).fetchone()
    except QueryError as error:  # it has no such table
        raise _elsewhere(run, where, error) from error
    if found is None:
        raise _elsewhere(run, where)
    if found[0] != run.fence:
        raise FenceError(f"{where}: run {run.run_id} was taken over by another process, so nothing was written")


def _elsewhere(run: Fenced, where: str, cause: Exception | None = None) -> QueryError:
    return QueryError(
        f"{where}: run {run.run_id!r} is not in this database: fence= needs the one that [spine] database names",
        cause=cause,
    )
