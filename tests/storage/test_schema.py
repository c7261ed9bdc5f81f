"""The tables come into an empty store once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import inspect

from spine.core.adapters.database import DatabaseAdapter, SQLiteAdapter
from spine.framework.rejects import Reject
from spine.storage.history import History
from spine.storage.migrate import ensure_schema
from spine.storage.sources.rejects import SqlRejectStore
from spine.storage.tables.complete import metadata


def test_every_table_and_the_view_are_made(adapter: DatabaseAdapter) -> None:
    with adapter.reader.connect() as connection:
        found = inspect(connection)
        assert set(metadata.tables) <= set(found.get_table_names())
        assert "captures" in found.get_view_names()


def test_the_columns_are_those_that_are_promised(adapter: DatabaseAdapter) -> None:
    promised = {
        "core_workflow_runs": "run_id workflow_name workflow_version domain partition_key status outcome started_at "
        "completed_at duration_ms params outputs error error_category error_retryable total_steps completed_steps "
        "failed_steps skipped_steps triggered_by definition_hash created_at",
        "core_workflow_steps": "step_id run_id step_name step_type step_order attempt max_attempts status started_at "
        "completed_at duration_ms params outputs error error_category row_count metrics",
        "core_workflow_events": "id run_id step_id event_type timestamp payload",
        "core_captures": "capture_id name domain partition_key revision content_hash schema row_count byte_count "
        "location run_id step_name attempt captured_at metadata",
        "core_source_fetches": "id source_name source_type source_locator status record_count byte_count content_hash "
        "etag last_modified started_at completed_at duration_ms error error_category retry_count run_id",
        "core_rejects": "id source_name run_id location line_number raw reason created_at",
    }
    with adapter.reader.connect() as connection:
        found = inspect(connection)
        for table, columns in promised.items():
            assert set(columns.split()) <= {column["name"] for column in found.get_columns(table)}
        assert {column["name"] for column in found.get_columns("captures")} == {
            column["name"] for column in found.get_columns("core_captures")
        }


def test_a_second_time_changes_nothing(adapter: DatabaseAdapter) -> None:
    SqlRejectStore(History(adapter)).commit([Reject("otc", "blank", "x")])
    ensure_schema(adapter)
    assert len(SqlRejectStore(History(adapter)).list_rejects()) == 1


def test_many_that_come_to_an_empty_store_at_once_make_one_schema(tmp_path: Path) -> None:
    def open_and_ensure(_: int) -> None:
        with SQLiteAdapter(tmp_path / "spine.db") as adapter:
            ensure_schema(adapter)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(open_and_ensure, range(16)))
    with SQLiteAdapter(tmp_path / "spine.db") as adapter:
        versions = adapter.query("SELECT version_num FROM core_schema_version")
        tables = adapter.query("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'core_workflow_runs'")
    assert (len(versions), len(tables)) == (1, 1)
