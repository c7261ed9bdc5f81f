"""Each rule of the suite for database adapters fails for an adapter that breaks it."""

from __future__ import annotations

import pytest

from spine.testing.conformance.database import DatabaseAdapterConformance
from tests.testing.suite_run import failures

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("database suite")]  # its fixture runs a suite per class

HEAD = """
from contextlib import contextmanager, nullcontext

from attrs import evolve
from spine.db.sqlite import SQLiteAdapter
from spine.core.errors import DatabaseError, QueryError
from spine.testing.conformance.database import DatabaseAdapterConformance


class Suite(DatabaseAdapterConformance):
    enforces_foreign_keys = True
    rolls_back_tables = True
    reopens = True
    shares_its_database = True
    upserts = True
    merges = True
    keeps_versions = True
    replaces_partitions = True
    fences_loads = True
    Made = SQLiteAdapter

    def make_adapter(self, tmp_path):
        return self.Made(tmp_path / "store.db")

    def secrets(self):
        return ["open-sesame"]


class TestRight(Suite):
    pass
"""

LOADS = {
    "test_a_merge_updates_what_differs_and_inserts_what_is_new",
    "test_versions_of_rows_are_kept",
    "test_a_partition_is_replaced",
    "test_a_load_of_a_step_is_made_once",
}

WRONG: dict[str, tuple[str, set[str]]] = {
    "HasNoType": ("db_type = ''", {"test_it_says_what_and_where_it_is"}),
    "ConnectsAtOnce": (
        """
        def __init__(self, path):
            super().__init__(path)
            self.connect()
""",
        {"test_connecting_and_disconnecting_twice_is_harmless"},
    ),
    "MustBeConnected": (
        """
        def connect(self):
            super().connect()
            self.used = True
        def disconnect(self):
            self.gone = True
            super().disconnect()
        def query(self, statement, params=()):
            if hasattr(self, "gone") or not hasattr(self, "used") and "one" in statement:
                raise QueryError("not connected")
            return super().query(statement, params)
""",
        {"test_the_first_use_connects", "test_data_outlives_a_disconnect"},
    ),
    "StaysConnected": (
        "def __exit__(self, *error): pass",
        {"test_a_with_block_connects_and_disconnects"},
    ),
    "ForgetsEverything": (
        """
        def disconnect(self):
            super().disconnect()
            self.path.unlink(missing_ok=True)
""",
        {"test_data_outlives_a_disconnect"},
    ),
    "NeverCommits": (
        """
        @contextmanager
        def transaction(self, *, readonly=False):
            with super().transaction(readonly=readonly) as connection:
                yield connection
                if connection.raw.get_nested_transaction() is None and not readonly:
                    connection.raw.exec_driver_sql("ROLLBACK")
                    connection.raw.exec_driver_sql("BEGIN")
""",
        {
            "test_a_transaction_commits",
            "test_a_nested_transaction_is_a_savepoint",
            "test_insert_many_stores_all_or_none",
            "test_names_are_quoted",
            "test_an_error_leaves_the_adapter_usable",
            "test_threads_write_side_by_side",
            "test_two_adapters_see_what_the_other_committed",
            "test_stream_yields_lists_of_rows",
            "test_arrow_tables_are_loaded_and_read",
            "test_arrow_batches_are_streamed",
            "test_upsert_replaces_by_key",
            *LOADS,
        },
    ),
    "ForgetsThatItHasNoSavepoints": (
        """
        has_savepoints = False

        @contextmanager
        def transaction(self, *, readonly=False):
            type(self).has_savepoints = True
            try:
                with super().transaction(readonly=readonly) as connection:
                    yield connection
            finally:
                type(self).has_savepoints = False
""",
        {"test_a_nested_transaction_without_savepoints_is_refused"},
    ),
    "RaisesItsOwn": (
        """
        @contextmanager
        def transaction(self, *, readonly=False):
            try:
                with super().transaction(readonly=readonly) as connection:
                    yield connection
            except KeyError as error:
                raise KeyError(*error.args) from error
""",
        {"test_a_failing_block_is_rolled_back_and_its_error_raised"},
    ),
    "BeginsNothing": (
        """
        def begin(self, connection, *, readonly):
            connection.exec_driver_sql(f"PRAGMA query_only={int(readonly)}")
""",
        {
            "test_a_failing_block_is_rolled_back_and_its_error_raised",
            "test_a_nested_transaction_is_a_savepoint",
            "test_a_created_table_is_rolled_back",
            "test_insert_many_stores_all_or_none",
            "test_arrow_tables_are_loaded_and_read",
            "test_a_load_of_a_step_is_made_once",
        },
    ),
    "HasNoSavepoints": (
        """
        @contextmanager
        def transaction(self, *, readonly=False):
            with nullcontext(self._current) if self._current else super().transaction(readonly=readonly) as connection:
                yield connection
""",
        {"test_a_nested_transaction_is_a_savepoint"},
    ),
    "CommitsTables": (
        """
        @contextmanager
        def transaction(self, *, readonly=False):
            try:
                with super().transaction(readonly=readonly) as connection:
                    yield connection
            except KeyError:
                self.execute("CREATE TABLE IF NOT EXISTS item (id BIGINT PRIMARY KEY, name TEXT)")
                raise
""",
        {"test_a_created_table_is_rolled_back"},
    ),
    "FillsBackwards": (
        """
        def query(self, statement, params=()):
            return super().query(statement, params if isinstance(params, dict) else params[::-1])
""",
        {"test_placeholders_are_filled"},
    ),
    "FindsMarksEverywhere": (
        """
        def query_one(self, statement, params=()):
            return super().query_one(statement.replace("'", ""), params)
""",
        {"test_marks_in_literals_names_and_comments_are_text"},
    ),
    "CountsNothing": (
        """
        def execute(self, statement, params=()):
            wanted = statement.count("?")
            return super().execute(statement, (tuple(params) + (None,) * wanted)[:wanted])
""",
        {"test_the_number_of_parameters_is_checked", "test_names_are_quoted"},
    ),
    "GivesTuples": (
        """
        def execute(self, statement, params=()):
            result = super().execute(statement, params)
            rows = result.fetchall()
            result.fetchone = lambda: tuple(rows[0])
            return result
""",
        {"test_rows_are_read_by_position_and_by_name"},
    ),
    "InventsARow": (
        """
        def query_one(self, statement, params=()):
            return super().query_one(statement, params) or {}
""",
        {"test_query_gives_dicts"},
    ),
    "QueryWrites": (
        """
        def query(self, statement, params=()):
            return self.execute(statement, params).dicts()
""",
        {"test_query_refuses_to_write"},
    ),
    "ReadonlyWrites": (
        """
        def transaction(self, *, readonly=False):
            return super().transaction()
""",
        {"test_a_readonly_transaction_refuses_to_write"},
    ),
    "ReturnsNothing": (
        """
        def insert(self, table, row, returning=None):
            super().insert(table, row, returning)
""",
        {"test_insert_returns_what_was_stored"},
    ),
    "InsertsOneByOne": (
        """
        def insert_many(self, table, rows):
            return len([self.insert(table, row) for row in rows])
""",
        {"test_insert_many_stores_all_or_none"},
    ),
    "QuotesNothing": (
        """
        def insert(self, table, row, returning=None):
            if returning is not None:
                return super().insert(table, row, returning)
            marks = ", ".join("?" * len(row))
            self.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", [*row.values()])
""",
        {"test_names_are_quoted", "test_reserved_words_are_quoted"},
    ),
    "TrimsTexts": (
        "value_types = {**SQLiteAdapter.value_types, str: str.strip}",
        {"test_values_come_back_as_they_were"},
    ),
    "TakesWhatTheDriverTakes": ("value_types = {}", {"test_dates_and_decimals_are_taken"}),
    "RetriesEverything": (
        """
        def diagnose(self, error):
            found = super().diagnose(error)
            return found and evolve(found, retryable=True)
""",
        {"test_a_wrong_statement_is_a_query_error", "test_a_duplicate_is_an_integrity_error"},
    ),
    "KnowsNoConstraints": (
        """
        def diagnose(self, error):
            found = super().diagnose(error)
            return found and evolve(found, error=QueryError)
""",
        {
            "test_a_duplicate_is_an_integrity_error",
            "test_a_nested_transaction_is_a_savepoint",
            "test_insert_many_stores_all_or_none",
            "test_foreign_keys_are_enforced",
            "test_arrow_tables_are_loaded_and_read",
            "test_a_merge_updates_what_differs_and_inserts_what_is_new",
        },
    ),
    "ShowsParameters": (
        """
        def execute(self, statement, params=()):
            try:
                return super().execute(statement, params)
            except DatabaseError as error:
                raise type(error)(f"{error} {params}", cause=error) from error
""",
        {"test_errors_name_the_database_and_no_parameter"},
    ),
    "IsSpoiltByAnError": (
        """
        def execute(self, statement, params=()):
            if hasattr(self, "spoilt"):
                raise self.spoilt
            try:
                return super().execute(statement, params)
            except DatabaseError as error:
                self.spoilt = error
                raise
        def insert(self, table, row, returning=None):
            if hasattr(self, "spoilt"):
                raise self.spoilt
            return super().insert(table, row, returning)
""",
        {"test_an_error_leaves_the_adapter_usable", "test_the_number_of_parameters_is_checked"},
    ),
    "HasOneThread": (
        """
        def transaction(self, *, readonly=False):
            import threading
            if threading.current_thread() is not threading.main_thread():
                raise QueryError("another thread")
            return super().transaction(readonly=readonly)
""",
        {"test_threads_write_side_by_side"},
    ),
    "HasAFileOfItsOwn": (
        """
        def __init__(self, path):
            super().__init__(f"{path}{id(self)}")
""",
        {"test_two_adapters_see_what_the_other_committed"},
    ),
    "IgnoresForeignKeys": (
        """
        def begin(self, connection, *, readonly):
            connection.exec_driver_sql("PRAGMA foreign_keys=0")
            super().begin(connection, readonly=readonly)
""",
        {"test_foreign_keys_are_enforced"},
    ),
    "StreamsAtOnce": (
        """
        def stream(self, statement, params=(), batch_size=1000):
            return super().stream(statement, params)
""",
        {"test_stream_yields_lists_of_rows"},
    ),
    "LosesTheLastBatch": (
        """
        def load_batches(self, connection, table, batches):
            return super().load_batches(connection, table, [batch.slice(1) for batch in batches])
""",
        {"test_arrow_tables_are_loaded_and_read", *LOADS},
    ),
    "ForgetsMarks": (
        """
        def insert(self, table, row, returning=None):
            return None if table == "core_loads" else super().insert(table, row, returning)
""",
        {"test_a_load_of_a_step_is_made_once"},
    ),
    "HasNoUpsert": (
        """
        def conflict_insert(self, table):
            raise QueryError("no upsert")
""",
        {"test_upsert_replaces_by_key"},
    ),
    "ShowsItsPassword": ("location = 'SQLite open-sesame'", {"test_secrets_are_not_shown"}),
}


def _source(name: str, body: str) -> str:
    return f"\n\nclass Test{name}(Suite):\n    class Made(SQLiteAdapter):\n        {body.strip()}\n"


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    source = HEAD + "".join(_source(name, body) for name, (body, _) in WRONG.items())
    return failures(tmp_path_factory.mktemp("wrong_databases"), source)


def test_a_right_adapter_passes(failed):
    assert failed["TestRight"] == set()


@pytest.mark.parametrize("name", WRONG)
def test_the_suite_catches(name, failed):
    assert failed[f"Test{name}"] == WRONG[name][1]


def test_each_rule_is_broken_by_some_adapter():
    rules = {name for name in vars(DatabaseAdapterConformance) if name.startswith("test_")}
    assert rules == set().union(*(broken for _, broken in WRONG.values()))
