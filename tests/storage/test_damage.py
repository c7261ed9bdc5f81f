"""A damaged value in the history is an error of one sentence, which says what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from spine.core.adapters.database import SQLiteAdapter
from spine.core.errors import StorageError
from spine.framework.alerts import Alert, AlertSeverity, DeliveryResult
from spine.framework.sources.state import SourceState
from spine.scheduling.backfill import Backfill, BackfillOptions
from spine.scheduling.occurrence import OccurrenceKind, OccurrenceTrigger, RunEnd
from spine.scheduling.record import to_record
from spine.scheduling.schedule import Schedule
from spine.storage.alerts.queries import list_alerts
from spine.storage.alerts.store import SqlAlertStore
from spine.storage.backfills import SqlBackfillStore
from spine.storage.history import History
from spine.storage.migrate import differences, upgrade
from spine.storage.runs.queries import last_runs, list_runs
from spine.storage.runs.store import SqlRunStore
from spine.storage.schedules.occurrences import SqlOccurrences
from spine.storage.sources.state import SqlSourceStateStore
from spine.storage.types import DamagedHistoryError
from tests.storage.records import RUN, create

START = datetime(2026, 1, 1, tzinfo=UTC)


def read_run(history: History) -> object:
    return SqlRunStore(history).get_run("r1")


@pytest.mark.parametrize(
    ("column", "value", "read", "told"),
    [
        ("started_at", "2025-12-1X", list_runs, "'2025-12-1X' is not a time"),
        ("params", '{"a', list_runs, "is not JSON"),
        ("params", "[" * 100_000, list_runs, "is not JSON"),
        ("status", "RUNNINH", read_run, "a row is damaged (run: KeyError: 'RUNNINH')"),
    ],
)
def test_a_value_that_no_record_has_is_told(
    tmp_path: Path, column: str, value: str, read: Callable[[History], object], told: str
) -> None:
    with SQLiteAdapter(tmp_path / "s.db") as adapter:
        upgrade(adapter)
        history = History(adapter)
        create(SqlRunStore(history))
        adapter.execute(f"UPDATE core_workflow_runs SET {column} = ?", (value,))
        with pytest.raises(DamagedHistoryError) as caught:
            read(history)
        assert told in str(caught.value)
        assert str(caught.value).endswith("run spine db check, and restore the database from a backup")
        assert (adapter.location in str(caught.value)) == (column != "status")


def read_partitions(history: History) -> object:
    return last_runs(history, RUN.workflow_name)


def read_backfill(history: History) -> object:
    return SqlBackfillStore(history).runs(Backfill("w", [], {}, BackfillOptions(), START, id="b1"))


def read_ends(history: History) -> object:
    trigger = OccurrenceTrigger(OccurrenceKind.WORKFLOW, RUN.workflow_name, tuple(RunEnd))
    schedule = to_record(Schedule(name="s", workflow="w", on_workflow=RUN.workflow_name), START, declared=True)
    return SqlOccurrences(history).undecided(schedule, trigger, 10)


@pytest.mark.parametrize(
    ("change", "read", "told"),
    [
        ("status = 'RUNNINH'", read_partitions, "(last_run: KeyError: 'RUNNINH')"),
        ("status = 'RUNNINH'", read_backfill, "(run: KeyError: 'RUNNINH')"),
        ("status = 'COMPLETED', execution = '[1]'", read_ends, "(run: AttributeError: 'list' object has no"),
    ],
)
def test_a_damaged_run_is_told_by_each_of_its_readers(
    tmp_path: Path, change: str, read: Callable[[History], object], told: str
) -> None:
    with SQLiteAdapter(tmp_path / "s.db") as adapter:
        upgrade(adapter)
        history = History(adapter)
        create(SqlRunStore(history))
        marks = "partition_lock = 'l1', backfill_id = 'b1', completed_at = '2999-01-01 00:00:00'"
        adapter.execute(f"UPDATE core_workflow_runs SET {marks}, {change}")
        with pytest.raises(DamagedHistoryError) as caught:
            read(history)
        assert f"a row is damaged {told}" in str(caught.value)


def test_a_damaged_delivery_of_an_alert_is_told(tmp_path: Path) -> None:
    with SQLiteAdapter(tmp_path / "s.db") as adapter:
        upgrade(adapter)
        history = History(adapter)
        SqlAlertStore(history).record(Alert(AlertSeverity.ERROR, "Title", "Message", "w"), [DeliveryResult.ok("ops")])
        adapter.execute("UPDATE core_alert_deliveries SET status = 'SENU'")
        with pytest.raises(DamagedHistoryError) as caught:
            list_alerts(history)
        assert "a row is damaged (status: ValueError: 'SENU' is not a valid DeliveryStatus)" in str(caught.value)


@pytest.mark.parametrize("damage", [b"`\xd4ame tex", b"`na\nme tex"])
def test_a_damaged_schema_is_an_error_of_one_line(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "s.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE things (name text)")
    path.write_bytes(path.read_bytes().replace(b"name text", damage))
    with pytest.raises(StorageError) as caught, SQLiteAdapter(path) as adapter:
        adapter.query("SELECT * FROM things")
    assert str(caught.value).startswith(f"SQLite database {path}: the file is damaged (")
    assert "\n" not in str(caught.value)


def test_a_schema_that_does_not_fit_together_is_told_by_the_check(tmp_path: Path) -> None:
    with SQLiteAdapter(tmp_path / "s.db") as adapter:
        upgrade(adapter)
    path = tmp_path / "s.db"
    path.write_bytes(path.read_bytes().replace(b"core_workflow_runs (run_id)", b"core_workflow_runs (ruN_iX)"))
    with SQLiteAdapter(path) as adapter, pytest.raises(StorageError) as caught:
        differences(adapter)
    assert str(caught.value).startswith(f"SQLite database {path}: its schema cannot be read (")


def test_a_cursor_of_no_known_type_is_told(tmp_path: Path) -> None:
    with SQLiteAdapter(tmp_path / "s.db") as adapter:
        upgrade(adapter)
        states = SqlSourceStateStore(History(adapter))
        states.commit([SourceState("rows", {"type": "i~t", "value": 1})])
        with pytest.raises(DamagedHistoryError, match="KeyError: 'i~t'"):
            states.get("rows")
