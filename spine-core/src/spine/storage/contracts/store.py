"""Results of the checks of contracts in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, insert, select

from spine.config.contracts import Severity
from spine.framework.contracts import QualityResult
from spine.storage.history import History
from spine.storage.retry import persistently
from spine.storage.tables.lineage import quality_results
from spine.storage.types import of_row


class SqlQualityResultStore:
    """A QualityResultStore over `core_quality_results`; results are written at once, independent of their run."""

    def __init__(self, history: History) -> None:
        self._history = history

    def record(self, results: Sequence[QualityResult]) -> None:
        if not results:
            return
        same = select(quality_results.c.id).where(quality_results.c.id == results[0].id)
        rows = [_row(self._history, result) for result in results]

        def once(is_retry: bool) -> None:
            with self._history.engine.begin() as connection:
                if not is_retry or connection.execute(same).first() is None:
                    connection.execute(insert(quality_results), rows)

        persistently(once)

    def list_results(self, *, run_id: str | None = None, capture_id: str | None = None) -> list[QualityResult]:
        query = select(quality_results).where(self._history.own(quality_results))
        if run_id is not None:
            query = query.where(quality_results.c.run_id == run_id)
        if capture_id is not None:
            query = query.where(quality_results.c.capture_id == capture_id)
        query = query.order_by(quality_results.c.checked_at, quality_results.c.id)
        rows = self._history.read(lambda connection: connection.execute(query).mappings().all())
        return [_result(row) for row in rows]


def _row(history: History, result: QualityResult) -> dict[str, Any]:
    return {**result.to_dict(), "project": history.project, "checked_at": result.checked_at}


@of_row
def _result(row: RowMapping) -> QualityResult:
    return QualityResult(
        capture_name=row["capture_name"],
        partition=row["partition_key"],
        contract=row["contract"],
        check_name=row["check_name"],
        severity=Severity(row["severity"]),
        passed=row["passed"],
        observed=row["observed"],
        expected=row["expected"],
        failed_rows=row["failed_rows"],
        sample=row["sample"],
        run_id=row["run_id"],
        step=row["step_name"],
        capture_id=row["capture_id"],
        checked_at=row["checked_at"],
        id=row["id"],
    )
