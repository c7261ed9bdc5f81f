"""Contract of the stores of results of checks, and their queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from spine.config.contracts import Severity
from spine.core.adapters.database import DatabaseAdapter
from spine.framework.contracts import MemoryQualityResultStore, QualityResult, QualityResultStore
from spine.storage.contracts.store import SqlQualityResultStore
from spine.storage.history import History
from spine.storage.runs.queries import count_warnings, run_quality
from tests.stores import STORES

NOW = datetime(2025, 12, 15, 6, 30, tzinfo=UTC)


@pytest.fixture(params=STORES)
def results(request: pytest.FixtureRequest, new_store: Callable[[str], DatabaseAdapter]) -> QualityResultStore:
    if request.param == "memory":
        return MemoryQualityResultStore()
    return SqlQualityResultStore(History(new_store(request.param)))


def a_result(minute: int = 0, **fields: Any) -> QualityResult:
    values: dict[str, Any] = {"severity": Severity.FAIL, "passed": True, "checked_at": NOW + timedelta(minutes=minute)}
    values |= fields
    return QualityResult("prices", {"week": "1"}, "prices.*", "not_null(symbol)", **values)


def test_results_come_back_as_they_were_oldest_first(results: QualityResultStore) -> None:
    first = a_result(
        severity=Severity.QUARANTINE,
        passed=False,
        observed="2 of 3 rows",
        expected="no nulls",
        failed_rows=2,
        sample=[{"symbol": None, "n": 1, "x": 0.5, "é": "\U0001f600", "b": True}],
        run_id="r1",
        step="load",
        capture_id="c1",
    )
    second = a_result(1, sample=[])
    results.record([second, first])
    if not isinstance(results, MemoryQualityResultStore):  # which keeps the order of their calls
        assert results.list_results() == [first, second]
    assert results.list_results(run_id="r1") == [first]
    assert results.list_results(capture_id="c1") == [first]
    assert results.list_results(run_id="r1", capture_id="c2") == []


def test_no_results_are_no_work(results: QualityResultStore) -> None:
    results.record([])
    assert results.list_results() == []


def test_long_and_unclean_texts_can_be_kept(results: QualityResultStore) -> None:
    unclean = "caf\udce9 \0 \U0001f600"
    given = QualityResult(
        "prices",
        {},
        "*",
        f"unique({unclean}{'x' * 900})",
        Severity.WARN,
        False,
        unclean * 999,
        unclean,
        1,
        [{unclean: unclean}],
    )
    results.record([given])
    [kept] = results.list_results()
    assert len(kept.check_name) == 400
    assert len(str(kept.observed)) < 2_100


def test_results_of_another_project_are_not_listed(adapter: DatabaseAdapter) -> None:
    SqlQualityResultStore(History(adapter, "one")).record([a_result()])
    assert SqlQualityResultStore(History(adapter, "other")).list_results() == []


def test_warnings_are_checks_that_did_not_pass_and_only_warn(adapter: DatabaseAdapter) -> None:
    history = History(adapter)
    given = [
        a_result(0, run_id="r1", severity=Severity.WARN, passed=False),
        a_result(1, run_id="r1", severity=Severity.WARN),
        a_result(2, run_id="r1", severity=Severity.FAIL, passed=False),
        a_result(3, run_id="r2", severity=Severity.WARN, passed=False),
    ]
    SqlQualityResultStore(history).record(given)
    _insert_run(adapter, "r1")
    assert [row["id"] for row in run_quality(history, "r1")] == [result.id for result in given[:3]]
    assert count_warnings(history, "r1") == 1


def _insert_run(adapter: DatabaseAdapter, run_id: str) -> None:
    from spine.storage.runs.store import SqlRunStore
    from tests.storage.records import create
    from tests.storage.test_fetch_store import a_run

    create(SqlRunStore(History(adapter)), a_run(run_id))
