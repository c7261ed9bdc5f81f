"""Rules for every database adapter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from spine.core.errors import ConstraintError, DatabaseError, IntegrityError, QueryError, SpineError
from spine.db.adapter import DatabaseAdapter
from spine.testing.conformance import database_checks as checks
from spine.testing.conformance import database_loads as loads
from spine.testing.conformance.arrow import needs_arrow


class DatabaseAdapterConformance:
    """Subclass it as `Test...`, define `make_adapter`, and set the flags of the database's capabilities.

    Support for nested transactions is the adapter's own `has_savepoints`.

    `enforces_foreign_keys`: a row that refers to a missing one is refused.
    `rolls_back_tables`: a table that a transaction created is gone when it is rolled back.
    `reopens`: data outlives `disconnect()`.
    `shares_its_database`: a second `make_adapter` with the same `tmp_path` is another adapter for the same database.
    `upserts`: `conflict_insert` is defined, so `upsert` works.
    `merges`, `keeps_versions`, `replaces_partitions`: `spine.load` works with the modes "merge", "scd2" and
    "replace_partition": the database has temporary tables, and an UPDATE with a second table.
    `fences_loads`: a load of a step is made once, and is undone with its mark.
    """

    enforces_foreign_keys = False
    rolls_back_tables = False
    reopens = False
    shares_its_database = False
    upserts = False
    merges = False
    keeps_versions = False
    replaces_partitions = False
    fences_loads = False

    def make_adapter(self, tmp_path: Path) -> DatabaseAdapter:
        """Return an adapter, not connected, for a database that is empty when the test begins."""
        raise NotImplementedError("define make_adapter(self, tmp_path)")

    def secrets(self) -> Sequence[str]:
        """Return the texts that must never show, such as the password in `make_adapter`."""
        return ()

    @pytest.fixture
    def adapter(self, tmp_path: Path) -> Iterator[DatabaseAdapter]:
        """Make the adapter, and disconnect it after the test."""
        made = self.make_adapter(tmp_path)
        yield made
        made.disconnect()

    @pytest.fixture
    def items(self, adapter: DatabaseAdapter) -> DatabaseAdapter:
        """Return the adapter with an empty table `item` of `id` and `name`."""
        adapter.execute(checks.ITEMS)
        return adapter

    def test_it_says_what_and_where_it_is(self, adapter: DatabaseAdapter) -> None:
        """It is a DatabaseAdapter, and has a `db_type` and a `location` for error messages."""
        assert isinstance(adapter, DatabaseAdapter), "derive the class from DatabaseAdapter"
        for name in ("db_type", "location"):
            text = getattr(adapter, name)
            assert isinstance(text, str), f"{name} must be a text"
            assert text.strip(), f"{name} must not be empty: error messages name the database by it"

    def test_connecting_and_disconnecting_twice_is_harmless(self, adapter: DatabaseAdapter) -> None:
        """`is_connected` is correct, and a second call does nothing."""
        assert not adapter.is_connected, "an adapter must not connect when it is made"
        for _ in range(2):
            adapter.connect()
            assert adapter.is_connected, "is_connected must be True after connect()"
        for _ in range(2):
            adapter.disconnect()
            assert not adapter.is_connected, "is_connected must be False after disconnect()"

    def test_the_first_use_connects(self, adapter: DatabaseAdapter) -> None:
        """The first statement connects without `connect()`, also after a `disconnect()`."""
        for _ in range(2):
            assert adapter.query("SELECT 1 AS one") == [{"one": 1}], "the first statement must connect by itself"
            assert adapter.is_connected, "is_connected must be True after the first use"
            adapter.disconnect()

    def test_a_with_block_connects_and_disconnects(self, adapter: DatabaseAdapter) -> None:
        """The block has the adapter itself, connected; its end disconnects."""
        with adapter as entered:
            assert entered is adapter, "__enter__() must return the adapter"
            assert adapter.is_connected, "__enter__() must connect"
        assert not adapter.is_connected, "__exit__() must disconnect"

    def test_data_outlives_a_disconnect(self, items: DatabaseAdapter) -> None:
        """Committed data is there after a reconnect."""
        self.need("reopens")
        self.add(items, 1)
        items.disconnect()
        assert self.ids(items) == [1], "committed data must be there after disconnect(): commit, or turn off reopens"

    def test_a_transaction_commits(self, items: DatabaseAdapter) -> None:
        """The changes of a block are there after its end, in another connection too."""
        with items.transaction() as connection:
            connection.execute("INSERT INTO item VALUES (?, ?)", (1, "a"))
            self.add(items, 2)
            assert self.ids(items) == [1, 2], "a block must see its own writes"
        with ThreadPoolExecutor(1) as threads:
            seen = threads.submit(self.ids, items).result()
        assert seen == [1, 2], "the end of a transaction() block must commit"

    def test_a_failing_block_is_rolled_back_and_its_error_raised(self, items: DatabaseAdapter) -> None:
        """An error rolls the block back, and is raised unchanged."""
        mine = KeyError("mine")
        with pytest.raises(Exception) as caught, items.transaction():  # noqa: PT011  # checked below
            self.add(items, 1)
            raise mine
        assert caught.value is mine, "raise the block's own error again, not another one"
        assert self.ids(items) == [], "a failing block must be rolled back: begin() must open a transaction"

    def test_a_nested_transaction_is_a_savepoint(self, items: DatabaseAdapter) -> None:
        """An inner block that fails is rolled back alone; an outer one is rolled back with its inner ones."""
        if not items.has_savepoints:
            pytest.skip("has_savepoints of the adapter is off")
        with items.transaction():
            self.add(items, 1)
            with pytest.raises(IntegrityError), items.transaction():
                self.add(items, 2)
                self.add(items, 1)
            self.add(items, 3)
        assert self.ids(items) == [1, 3], "an inner transaction() must be a savepoint, rolled back alone"
        with pytest.raises(KeyError), items.transaction():
            with items.transaction():
                self.add(items, 4)
            raise KeyError("outer")
        assert self.ids(items) == [1, 3], "an inner transaction() must not commit for itself"

    def test_a_nested_transaction_without_savepoints_is_refused(self, items: DatabaseAdapter) -> None:
        """An inner `transaction()` is a QueryError; `insert_many` writes in the outer one, which its error ends."""
        if items.has_savepoints:
            pytest.skip("has_savepoints of the adapter is on")
        with items.transaction():
            self.add(items, 1)
            with pytest.raises(QueryError, match="has no savepoints"), items.transaction():
                pytest.fail("has_savepoints is off: do not override transaction(), which refuses this")
            items.insert_many("item", [{"id": 2, "name": None}, {"id": 3, "name": None}])
        assert self.ids(items) == [1, 2, 3], "a refused inner transaction() must not affect the outer one"
        with pytest.raises(QueryError), items.transaction():
            with pytest.raises(IntegrityError):
                items.insert_many("item", [{"id": 4, "name": None}, {"id": 1, "name": None}])
            self.add(items, 5)
        assert self.ids(items) == [1, 2, 3], "an error inside insert_many() must end the outer transaction"

    def test_a_created_table_is_rolled_back(self, adapter: DatabaseAdapter) -> None:
        """A table that a failing block created is gone."""
        self.need("rolls_back_tables")
        with pytest.raises(KeyError), adapter.transaction() as connection:
            connection.execute(checks.ITEMS)
            raise KeyError("mine")
        error = checks.error_of(adapter, "SELECT * FROM item")
        assert isinstance(error, QueryError), "rolls_back_tables is on, and a created table was not rolled back"

    def test_placeholders_are_filled(self, items: DatabaseAdapter) -> None:
        """Each `?` is filled from a sequence, in order; each `:name` from a dict, at every occurrence."""
        self.add(items, 7)
        by_place = items.query("SELECT id FROM item WHERE id > ? AND id < ?", (6, 8))
        assert by_place == [{"id": 7}], "fill each ? in order: does `syntax` have the driver's style?"
        by_name = items.query("SELECT id FROM item WHERE id >= :n AND id <= :n", {"n": 7})
        assert by_name == [{"id": 7}], "fill each :name from a dict: does `syntax` have the driver's style?"

    def test_marks_in_literals_names_and_comments_are_text(self, adapter: DatabaseAdapter) -> None:
        """A `?`, a `%` or a `:name` in quotes or comments is no placeholder, and `%` is an operator."""
        sql = """SELECT '?%s it''s :n' AS "a?%", 7 % 4 AS b -- ? %s\n/* ? %(n)s */ WHERE 5 = ?"""
        row = adapter.query_one(sql, (5,))
        assert row == {"a?%": "?%s it's :n", "b": 3}, "do not change quoted text and comments: check `syntax`"

    def test_the_number_of_parameters_is_checked(self, adapter: DatabaseAdapter) -> None:
        """More or fewer parameters than placeholders is a QueryError that names both numbers."""
        for given in ((1, 2), (1, 2, 3, 4)):
            error = checks.error_of(adapter, "SELECT ?, ?, ?", given)
            numbers = set(re.findall(r"\d+", str(error).replace(adapter.location, "")))
            assert isinstance(error, QueryError), "parameters that do not fit must be a QueryError"
            assert {"3", str(len(given))} <= numbers, "name the number of placeholders and of values"

    def test_rows_are_read_by_position_and_by_name(self, adapter: DatabaseAdapter) -> None:
        """`execute` returns rows that are tuples with names of columns."""
        row = adapter.execute("SELECT 1 AS a, 'x' AS b").fetchone()
        assert row is not None, "execute() must return the rows"
        assert (row[0], row["b"], row.b, tuple(row)) == (1, "x", "x", (1, "x")), "return a Result of Rows"

    def test_query_gives_dicts(self, items: DatabaseAdapter) -> None:
        """`query` returns a list of dicts, `query_one` a dict or None."""
        assert items.query("SELECT id FROM item") == [], "query() without a row must be an empty list"
        assert items.query_one("SELECT id FROM item") is None, "query_one() without a row must be None"
        self.add(items, 1)
        for given in (items.query("SELECT id, name FROM item")[0], items.query_one("SELECT id, name FROM item")):
            assert type(given) is dict, f"a row of query() must be a dict, not {type(given).__name__}"
            assert given == {"id": 1, "name": "name of 1"}, "a row must have the names of its columns"

    def test_query_refuses_to_write(self, items: DatabaseAdapter) -> None:
        """`query` runs in a read-only transaction."""
        with pytest.raises(DatabaseError):
            items.query("INSERT INTO item VALUES (1, 'a') RETURNING id")
            pytest.fail("query() must not write: begin(readonly=True) must open a transaction that refuses it")
        assert self.ids(items) == [], "query() refused to write, and the row is there"
        self.add(items, 1)

    def test_a_readonly_transaction_refuses_to_write(self, items: DatabaseAdapter) -> None:
        """`transaction(readonly=True)` reads, refuses every write, and does not affect later ones."""
        with items.transaction(readonly=True) as connection:
            assert connection.execute("SELECT count(*) FROM item").fetchone() == (0,), "a read-only block must read"
        with pytest.raises(DatabaseError), items.transaction(readonly=True):
            self.add(items, 1)
            pytest.fail("begin(readonly=True) must open a transaction that refuses writes")
        assert self.ids(items) == [], "a write was refused, and the row is there"
        self.add(items, 2)

    def test_insert_returns_what_was_stored(self, items: DatabaseAdapter) -> None:
        """`insert` returns a value for one column in `returning`, a dict for several, None without."""
        assert items.insert("item", {"id": 1}) is None, "insert() without returning must be None"
        assert items.insert("item", {"id": 2}, returning="id") == 2, "insert(returning=column) must be its value"
        both = items.insert("item", {"id": 3, "name": "c"}, returning=["name", "id"])
        assert both == {"name": "c", "id": 3}, "insert(returning=[...]) must be a dict"

    def test_insert_many_stores_all_or_none(self, items: DatabaseAdapter) -> None:
        """`insert_many` returns the number of rows stored; with one bad row it stores none."""
        stored = items.insert_many("item", [{"id": n, "name": None} for n in range(3)])
        assert stored == 3, "insert_many() must return the number of rows stored"
        assert items.insert_many("item", []) == 0, "insert_many() of no rows must be 0"
        with pytest.raises(IntegrityError):
            items.insert_many("item", [{"id": n, "name": None} for n in (8, 9, 0)])
        assert self.ids(items) == [0, 1, 2], "insert_many() must store all rows or none: use one transaction"

    @pytest.mark.parametrize("name", checks.HOSTILE_NAMES)
    def test_names_are_quoted(self, items: DatabaseAdapter, name: str) -> None:
        """Names of tables and columns are quoted, with any characters."""
        quoted = items.engine.dialect.identifier_preparer.quote_identifier(name).replace("%%", "%")
        items.execute(f"CREATE TABLE {quoted} ({quoted} TEXT)")
        items.insert(name, {name: "a"})
        items.insert_many(name, [{name: "b"}])
        rows = items.query(f"SELECT {quoted} AS v FROM {quoted} ORDER BY 1")  # noqa: S608  # the purpose of the test
        assert rows == [{"v": "a"}, {"v": "b"}], "quote the names of tables and columns"
        assert self.ids(items) == [], "a name must not end the statement and begin another"

    def test_reserved_words_are_quoted(self, adapter: DatabaseAdapter) -> None:
        """A reserved word of SQL can be the name of a column."""
        quoted = [adapter.engine.dialect.identifier_preparer.quote_identifier(word) for word in checks.WORDS]
        adapter.execute(f"CREATE TABLE words ({', '.join(f'{name} INTEGER' for name in quoted)})")
        row = dict.fromkeys(checks.WORDS, 1)
        try:
            adapter.insert("words", row)
        except SpineError as error:
            pytest.fail(f"the reserved_words of the SQLAlchemy dialect lack a word of the database: {error}")
        assert adapter.query("SELECT * FROM words") == [row], "the names of columns must stay as they are"

    @pytest.mark.parametrize("kind", checks.ROUND_TRIPS)
    def test_values_come_back_as_they_were(self, adapter: DatabaseAdapter, kind: str) -> None:
        """Values are read as they were stored; 1 and 0 may stand for True and False."""
        column, value = checks.ROUND_TRIPS[kind]
        adapter.execute(f"CREATE TABLE kept (v {column})")
        adapter.insert("kept", {"v": value})
        adapter.execute("INSERT INTO kept VALUES (?)", (value,))
        found = [row["v"] for row in adapter.query("SELECT v FROM kept")]
        assert found == [value, value], f"{kind}: stored {value!r:.60}, read {found[0]!r:.60}: see value_types"

    @pytest.mark.parametrize("kind", checks.TAKEN)
    def test_dates_and_decimals_are_taken(self, adapter: DatabaseAdapter, kind: str) -> None:
        """They can be stored and compared; the type that is read is up to the database."""
        column, value = checks.TAKEN[kind]
        adapter.execute(f"CREATE TABLE kept (v {column})")
        try:
            adapter.insert("kept", {"v": value})
            found = adapter.query("SELECT count(*) AS n FROM kept WHERE v = ?", (value,))
        except SpineError as error:
            pytest.fail(f"convert a {kind} to a type that the driver accepts, in value_types: {error}")
        assert found == [{"n": 1}], f"a stored {kind} must be equal to the same parameter: see value_types"

    @pytest.mark.parametrize("statement", ["SELEC 1", "SELECT * FROM missing", "SELECT missing FROM item"])
    def test_a_wrong_statement_is_a_query_error(self, items: DatabaseAdapter, statement: str) -> None:
        """Wrong syntax and unknown names are a QueryError, never retried, with the driver's error as its cause."""
        checks.check_driver_error(checks.error_of(items, statement), QueryError)

    def test_a_duplicate_is_an_integrity_error(self, items: DatabaseAdapter) -> None:
        """A constraint that refuses a row is an IntegrityError, never retried, with the driver's error as its cause."""
        self.add(items, 1)
        checks.check_driver_error(checks.error_of(items, "INSERT INTO item VALUES (1, 'again')"), IntegrityError)

    def test_errors_name_the_database_and_no_parameter(self, items: DatabaseAdapter) -> None:
        """An error names the database, and none of the values of the statement."""
        items.execute("CREATE TABLE unique_name (name TEXT PRIMARY KEY)")
        items.insert("unique_name", {"name": checks.PARAMETER})
        for statement in ("INSERT INTO unique_name VALUES (?)", "INSERT INTO missing VALUES (?)", "SELEC ?"):
            text = str(checks.error_of(items, statement, (checks.PARAMETER,)))
            assert items.location in text, f"name the database in the error, with `location`: {text}"
            assert checks.PARAMETER not in text, "a Diagnosis must not contain values of a row: it is logged"

    def test_an_error_leaves_the_adapter_usable(self, items: DatabaseAdapter) -> None:
        """The next statement after an error runs, and so does the next transaction."""
        for statement in ("SELEC 1", "INSERT INTO item VALUES (1, 'a', 'too many')") * 2:
            checks.error_of(items, statement)
        with items.transaction():
            self.add(items, 1)
        assert self.ids(items) == [1], "an error must not break later statements: end its transaction"

    def test_threads_write_side_by_side(self, items: DatabaseAdapter) -> None:
        """Four threads with 25 transactions each lose nothing and do not fail."""

        def write(thread: int) -> None:
            for n in range(25):
                with items.transaction():
                    self.add(items, thread * 25 + n)

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(write, range(4)))
        assert self.ids(items) == list(range(100)), "each thread must have its own connection, or they must take turns"

    def test_two_adapters_see_what_the_other_committed(self, items: DatabaseAdapter, tmp_path: Path) -> None:
        """Another adapter for the same database sees a row after its transaction has ended."""
        self.need("shares_its_database")
        other = self.make_adapter(tmp_path)
        try:
            with items.transaction():
                self.add(items, 1)
            assert self.ids(other) == [1], "another adapter must see committed rows"
            self.add(other, 2)
            assert self.ids(items) == [1, 2], "an adapter must see later commits of another one"
        finally:
            other.disconnect()

    def test_foreign_keys_are_enforced(self, items: DatabaseAdapter) -> None:
        """A row that refers to a missing one is an IntegrityError."""
        self.need("enforces_foreign_keys")
        items.execute("CREATE TABLE part (item BIGINT REFERENCES item (id))")
        error = checks.error_of(items, "INSERT INTO part VALUES (1)")
        assert isinstance(error, IntegrityError), "enforces_foreign_keys is on, and a missing row was referred to"

    def test_stream_yields_lists_of_rows(self, items: DatabaseAdapter) -> None:
        """`stream` yields every row once, in lists of at most `batch_size`; closing it early is harmless."""
        items.insert_many("item", [{"id": n, "name": None} for n in range(5)])
        batches = list(items.stream("SELECT id FROM item WHERE id >= ? ORDER BY id", (0,), batch_size=2))
        assert [[row["id"] for row in batch] for batch in batches] == [[0, 1], [2, 3], [4]], "stream() in batches"
        begun = items.stream("SELECT id FROM item", batch_size=1)
        next(iter(begun))
        begun.close()  # type: ignore[attr-defined]  # a generator
        self.add(items, 5)

    def test_arrow_tables_are_loaded_and_read(self, items: DatabaseAdapter) -> None:
        """`bulk_load` stores all rows or none and returns their number; `read_arrow` returns the same rows."""
        needs_arrow()
        import pyarrow as pa

        table = pa.table({"id": [1, 2], "name": ["a", None]})
        assert items.bulk_load("item", table) == 2, "bulk_load() must return the number of rows stored"
        found = items.read_arrow("SELECT id, name FROM item ORDER BY id")
        assert found.to_pylist() == table.to_pylist(), "read_arrow() must return the rows that bulk_load() stored"
        with pytest.raises(IntegrityError):
            items.bulk_load("item", pa.table({"id": [3, 1], "name": ["c", "a"]}))
        assert self.ids(items) == [1, 2], "bulk_load() must store all rows or none: use the connection passed to it"

    def test_arrow_batches_are_streamed(self, items: DatabaseAdapter) -> None:
        """`stream_arrow` yields every row once, in record batches of one schema and at most `batch_size` rows."""
        needs_arrow()
        items.insert_many("item", [{"id": n, "name": str(n)} for n in range(5)])
        sql = "SELECT id, name FROM item WHERE id >= ? ORDER BY id"
        batches = list(items.stream_arrow(sql, (1,), batch_size=3))
        assert all(batch.num_rows <= 3 for batch in batches), "stream_arrow() must respect batch_size"
        assert len({str(batch.schema) for batch in batches}) == 1, "stream_arrow() must have one schema"
        found = [row["id"] for batch in batches for row in batch.to_pylist()]
        assert found == [1, 2, 3, 4], "stream_arrow() must yield every row once"
        with pytest.raises(QueryError):
            items.read_arrow("SELECT missing FROM item")

    def test_upsert_replaces_by_key(self, items: DatabaseAdapter) -> None:
        """`upsert` updates the row with the same key, inserts the others, and returns the number of rows passed."""
        self.need("upserts")
        self.add(items, 1)
        count = items.upsert("item", [{"id": 1, "name": "new"}, {"id": 2, "name": "b"}], "id")
        assert count == 2, "upsert() must return the number of rows passed"
        rows = items.query("SELECT id, name FROM item ORDER BY id")
        assert rows == [{"id": 1, "name": "new"}, {"id": 2, "name": "b"}], "upsert() must replace the row of the key"

    def test_a_merge_updates_what_differs_and_inserts_what_is_new(self, adapter: DatabaseAdapter) -> None:
        """A load with mode "merge" counts and changes the rows by their key, and creates the table."""
        self.need("merges")
        needs_arrow()
        order = loads.merge()
        assert loads.counts(adapter, order, [(1, "a"), (2, "b")]) == (2, 0, 0, 0), "a merge must create the table"
        found = loads.counts(adapter, order, [(1, "a"), (2, None), (3, "c")])
        assert found == (1, 1, 0, 1), "a merge must count inserted, updated, deleted and unchanged rows: see rowcount"
        assert loads.items(adapter) == [(1, "a"), (2, None), (3, "c")], "a merge must change the rows by their key"
        with pytest.raises(ConstraintError):
            loads.counts(adapter, order, [(4, "d"), (4, "e")])
            pytest.fail("a merge must refuse a key that occurs twice")

    def test_versions_of_rows_are_kept(self, adapter: DatabaseAdapter) -> None:
        """A load with mode "scd2" closes the versions that changed or ended, and opens new ones."""
        self.need("keeps_versions")
        needs_arrow()
        loads.counts(adapter, loads.scd2(day=1), [(1, "a"), (2, "b"), (3, "c")])
        found = loads.counts(adapter, loads.scd2(day=2), [(1, "a"), (2, "x"), (4, "d")])
        assert found == (1, 1, 1, 1), "scd2 must count new, changed, ended and unchanged rows: see rowcount"
        current = loads.items(adapter, "WHERE valid_to IS NULL")
        assert current == [(1, "a"), (2, "x"), (4, "d")], "scd2 must leave one current version of each row"
        assert loads.items(adapter, "WHERE valid_to IS NOT NULL") == [(2, "b"), (3, "c")], "scd2 must keep old versions"

    def test_a_partition_is_replaced(self, adapter: DatabaseAdapter) -> None:
        """A load with mode "replace_partition" deletes the rows of the partition, and no others."""
        self.need("replaces_partitions")
        needs_arrow()
        loads.counts(adapter, loads.replace("1"), [(1, "a"), (2, "b")])
        loads.counts(adapter, loads.replace("2"), [(3, "c")])
        found = loads.counts(adapter, loads.replace("1"), [(1, "x")])
        assert found == (1, 0, 2, 0), "replace_partition must count inserted and deleted rows: see rowcount"
        assert loads.items(adapter) == [(1, "x"), (3, "c")], "replace_partition must delete the rows of its partition"

    def test_a_load_of_a_step_is_made_once(self, adapter: DatabaseAdapter) -> None:
        """A second load with the same mark writes nothing and returns the counts of the first; a failed one is gone."""
        self.need("fences_loads")
        needs_arrow()
        for _ in range(2):
            found = loads.counts(adapter, loads.append(), [(1, "a")], mark="first")
            assert found == (1, 0, 0, 0), "a repeated load must return the counts of the first"
        assert loads.items(adapter) == [(1, "a")], "a load with the mark of an earlier one must write nothing"
        with pytest.raises(KeyError):
            loads.fail(adapter, loads.append(), (9, "z"), mark="second")
        loads.counts(adapter, loads.append(), [(2, "b")], mark="second")
        assert loads.items(adapter) == [(1, "a"), (2, "b")], "a mark must be rolled back with the rows of its load"

    def test_secrets_are_not_shown(self, adapter: DatabaseAdapter) -> None:
        """The adapter's texts and errors contain no password."""
        error = checks.error_of(adapter, "SELEC 1")
        shown = " ".join(map(str, (repr(adapter), adapter, adapter.location, adapter.engine, error)))
        leaks = any(secret in shown for secret in self.secrets())  # a failing test must not show them either
        assert not leaks, "`location` and the errors must not contain a password or key, which would appear in logs"

    def add(self, adapter: DatabaseAdapter, number: int) -> None:
        """Insert the item `number`."""
        adapter.insert("item", {"id": number, "name": f"name of {number}"})

    def ids(self, adapter: DatabaseAdapter) -> list[int]:
        """Return the numbers of the stored items."""
        return [row["id"] for row in adapter.query("SELECT id FROM item ORDER BY id")]

    def need(self, flag: str) -> None:
        """Skip the test if the database does not claim a capability."""
        if not getattr(self, flag):
            pytest.skip(f"{flag} is off")
