"""The migration that gives each row a project: rows stay, with all that refers to them, and go back where they can."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect

from spine.core.adapters.database import DatabaseAdapter
from spine.orchestration.records import Batch
from spine.storage.history import History
from spine.storage.migrate import StoreVersionError, differences, downgrade, upgrade
from spine.storage.projects import owned_tables
from spine.storage.runs.store import SqlRunStore
from tests.storage.records import STEP, create
from tests.storage.test_projects import fill, leave, rows_of


@pytest.fixture
def before(adapter: DatabaseAdapter) -> DatabaseAdapter:
    """A database of the version before, with a row of each kind and the children of a run."""
    history = History(adapter, "p")
    fill(history, "m1")
    leave(history, "m1")
    store = SqlRunStore(history)
    create(store)
    store.commit(Batch("r1", 1, steps=[STEP]))
    downgrade(adapter, "0010")
    return adapter


def test_rows_get_the_project_that_upgrades_and_keep_their_children(before: DatabaseAdapter) -> None:
    assert upgrade(before, project="prices").current == "0010"
    assert differences(before) == []
    history = History(before, "prices")
    empty = {name for name, rows in rows_of(history).items() if not rows}
    assert empty == {
        "core_executions",
        "core_alert_silences",
        "core_schedulers",
        "core_schedule_calls",
        "core_backfills",
        "core_emitted_events",
        "core_lineage",
        "core_quality_results",
        "core_workers",
    }
    assert SqlRunStore(history).list_steps("r1") == [STEP]
    assert len(before.query("SELECT id FROM core_schedule_runs")) == 1
    assert len(before.query("SELECT id FROM core_alert_deliveries")) == 1
    assert before.check() == []


def test_no_table_keeps_a_default_that_would_hide_a_forgotten_project(before: DatabaseAdapter) -> None:
    upgrade(before, project="prices")
    with before.reader.connect() as connection:
        found = inspect(connection)
        for table in owned_tables():
            [column] = [column for column in found.get_columns(table.name) if column["name"] == "project"]
            assert (column["default"], column["nullable"]) == (None, False), table.name


def test_a_database_with_two_projects_does_not_go_back(before: DatabaseAdapter) -> None:
    upgrade(before, project="one")
    fill(History(before, "two"), "o1")
    leave(History(before, "two"), "o1")
    with pytest.raises(StoreVersionError, match="version 0010 holds one project, and there are rows of 'one', 'two'"):
        downgrade(before, "0010")
    assert differences(before) == []
