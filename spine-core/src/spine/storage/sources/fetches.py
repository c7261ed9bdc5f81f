"""Fetches of sources in SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import count

from attrs import asdict, fields_dict
from sqlalchemy import Connection, RowMapping, Select, and_, case, func, select

from spine.core.names import kind_of, plain
from spine.framework.captures.revision import normalize_partition
from spine.framework.events import FetchRecorded, publish
from spine.framework.lineage import Direction, EdgeKind
from spine.framework.sources.fetches import FetchRecord, FetchStatus
from spine.framework.sources.result import SourceType
from spine.framework.work import Work, current_work
from spine.storage.history import History
from spine.storage.tables.lineage import lineage
from spine.storage.tables.runs import executions, runs
from spine.storage.tables.sources import source_fetches
from spine.storage.types import in_parts, of_row

_FIELDS = tuple(fields_dict(FetchRecord))
_PAGE = 10  # fetches: nearly always the first one counts


class SqlFetchStore:
    """A FetchStore over `core_source_fetches`; a fetch is written at once, independent of its run's outcome."""

    def __init__(self, history: History) -> None:
        self._history = history

    def record(self, fetch: FetchRecord) -> None:
        row = asdict(fetch) | {"status": fetch.status.name, "source_type": plain(fetch.source_type)}
        self._history.insert_once(source_fetches, row)
        work = current_work()
        step, attempt = (None, None) if work is None else (work.step, work.attempt)
        publish([FetchRecorded(fetch, step=step, attempt=attempt)])

    def last_success(self, source_name: str, locator: str | None, work: Work | None) -> FetchRecord | None:
        query = (
            select(source_fetches)
            .where(
                self._history.own(source_fetches),
                source_fetches.c.source_name == source_name,
                source_fetches.c.source_locator == locator,
                source_fetches.c.status.in_([status.name for status in FetchStatus if status.is_good]),
            )
            .order_by(source_fetches.c.started_at.desc(), source_fetches.c.id.desc())
        )
        if work is not None and work.run_id is not None:
            of_run = _of_completed_runs(query, work)
            rows = self._history.read(lambda connection: _below_completed(connection, of_run))
        else:
            if work is not None and work.execution_id is not None:
                query = _of_completed_executions(query, work)
            rows = self._history.read(lambda connection: connection.execute(query.limit(1)).mappings().all())
        return _fetch(rows[0]) if rows else None

    def with_ids(self, fetch_ids: Collection[str]) -> list[FetchRecord]:
        def read(connection: Connection) -> list[FetchRecord]:
            found = []
            for part in in_parts(fetch_ids):
                query = select(source_fetches).where(self._history.own(source_fetches), source_fetches.c.id.in_(part))
                found += [_fetch(row) for row in connection.execute(query).mappings()]
            return found

        return self._history.read(read)

    def failed_attempts(self, source_name: str, run_id: str) -> int:
        is_bad = source_fetches.c.status.not_in([status.name for status in FetchStatus if status.is_good])
        attempts = func.coalesce(source_fetches.c.retry_count, 0) + case((is_bad, 1), else_=0)
        query = select(func.coalesce(func.sum(attempts), 0)).where(
            self._history.own(source_fetches),
            source_fetches.c.run_id == run_id,
            source_fetches.c.source_name == source_name,
        )
        return int(self._history.read(lambda connection: connection.execute(query).scalar_one()))


@of_row
def _fetch(row: RowMapping) -> FetchRecord:
    source_type = kind_of(SourceType, row["source_type"], "source type")
    kept = {name: row[name] for name in _FIELDS}
    return FetchRecord(**{**kept, "status": FetchStatus[row["status"]], "source_type": source_type})


def _below_completed(connection: Connection, query: Select[tuple[object, ...]]) -> Sequence[RowMapping]:
    """Return the first fetch of a run that is not below one that failed or has not ended, or nothing."""
    with_parent, known = query.add_columns(runs.c.parent_run_id), dict[str, bool]()
    for offset in count(0, _PAGE):
        rows = connection.execute(with_parent.limit(_PAGE).offset(offset)).mappings().all()
        for row in rows:
            if _has_completed(connection, row["parent_run_id"], known):
                return [row]
        if len(rows) < _PAGE:
            return []
    raise AssertionError("unreachable: the last page is shorter")


def _has_completed(connection: Connection, run_id: str | None, known: dict[str, bool]) -> bool:
    """Return True if a run and those above it have completed, and for no run."""
    if run_id is None:
        return True
    if run_id not in known:
        query = select(runs.c.status, runs.c.parent_run_id).where(runs.c.run_id == run_id)
        row = connection.execute(query).one_or_none()
        ended = row is None or row.status == "COMPLETED"
        known[run_id] = ended and _has_completed(connection, row.parent_run_id if row else None, known)
    return known[run_id]


def _of_completed_runs(query: Select[tuple[object, ...]], work: Work) -> Select[tuple[object, ...]]:
    return query.join(runs, runs.c.run_id == source_fetches.c.run_id).where(
        runs.c.workflow_name == work.workflow,
        runs.c.workflow_version == work.workflow_version,
        runs.c.partition_key == normalize_partition(work.partition),
        runs.c.status == "COMPLETED",
    )


def _of_completed_executions(query: Select[tuple[object, ...]], work: Work) -> Select[tuple[object, ...]]:
    """Choose the fetches of the pipeline outside of a run: an execution that completed has committed their edges."""
    edge = (lineage.c.kind == EdgeKind.FETCH.value, lineage.c.direction == Direction.READ.name)
    joined = query.join(lineage, and_(lineage.c.reference == source_fetches.c.id, *edge)).outerjoin(
        executions, executions.c.id == lineage.c.run_id
    )
    of_pipeline = executions.c.pipeline.is_(None) | (executions.c.pipeline == work.pipeline)
    return joined.where(source_fetches.c.run_id.is_(None), of_pipeline)
