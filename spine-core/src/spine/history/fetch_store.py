"""Fetches of sources in SQL."""

from __future__ import annotations

from attrs import asdict
from sqlalchemy import Select, insert, select

from spine.core.adapters.database import DatabaseAdapter
from spine.framework.sources.fetches import FetchRecord
from spine.framework.work import Work
from spine.history.tables import runs, source_fetches


class SqlFetchStore:
    """A FetchStore over `core_source_fetches`; a fetch is written at once, whatever becomes of its run."""

    def __init__(self, adapter: DatabaseAdapter) -> None:
        self._adapter = adapter

    def record(self, fetch: FetchRecord) -> None:
        with self._adapter.engine.begin() as connection:
            connection.execute(insert(source_fetches).values(asdict(fetch)))

    def last_success(self, source_name: str, locator: str, work: Work | None) -> FetchRecord | None:
        query = (
            select(source_fetches)
            .where(
                source_fetches.c.source_name == source_name,
                source_fetches.c.source_locator == locator,
                source_fetches.c.status.in_(("SUCCESS", "UNCHANGED")),
            )
            .order_by(source_fetches.c.started_at.desc(), source_fetches.c.id.desc())
            .limit(1)
        )
        if work is not None and work.run_id is not None:
            query = _of_completed_runs(query, work)
        with self._adapter.reader.connect() as connection:
            row = connection.execute(query).fetchone()
        return FetchRecord(**row._mapping) if row else None


def _of_completed_runs(query: Select[tuple[object, ...]], work: Work) -> Select[tuple[object, ...]]:
    return query.join(runs, runs.c.run_id == source_fetches.c.run_id).where(
        runs.c.workflow_name == work.workflow,
        runs.c.workflow_version == work.workflow_version,
        runs.c.partition_key == work.partition,
        runs.c.status == "COMPLETED",
    )
