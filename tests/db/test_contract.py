# ruff: noqa: PT012  # leaving the block of a transaction with an error is what some of these tests are about
"""Behaviour that is the same on every dialect."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import sqlalchemy as sa

from spine.core.adapters.database import DatabaseAdapter
from spine.core.errors import DatabaseError, IntegrityError, QueryError, is_retryable
from tests.db.forks import in_child
from tests.projects import DEADLINE_SECONDS

COUNTERS = sa.table("counters", sa.column("name"), sa.column("n"))


@pytest.fixture
def counters(database: DatabaseAdapter) -> DatabaseAdapter:
    database.execute("CREATE TABLE counters (name TEXT PRIMARY KEY, n INTEGER NOT NULL)")
    return database


def _names(adapter: DatabaseAdapter) -> list[str]:
    return [row["name"] for row in adapter.query("SELECT name FROM counters ORDER BY name")]


def _add(adapter: DatabaseAdapter, name: str) -> None:
    adapter.insert("counters", {"name": name, "n": 0})


def test_a_transaction_commits_or_rolls_back_as_a_whole(counters: DatabaseAdapter) -> None:
    with counters.transaction() as conn:
        conn.execute("INSERT INTO counters VALUES (?, ?)", ("a", 1))
        _add(counters, "b")
    error = KeyError("mine")
    with pytest.raises(KeyError) as caught, counters.transaction():
        _add(counters, "c")
        raise error
    assert caught.value is error
    assert _names(counters) == ["a", "b"]
    with pytest.raises(QueryError, match="is over"):
        conn.execute("SELECT 1")


def test_schema_changes_are_rolled_back_too(database: DatabaseAdapter) -> None:
    with pytest.raises(KeyError), database.transaction() as conn:
        conn.execute("CREATE TABLE late (a INTEGER)")
        raise KeyError
    with pytest.raises(QueryError, match="late"):
        database.query("SELECT * FROM late")


def test_a_nested_transaction_is_a_savepoint(counters: DatabaseAdapter) -> None:
    with counters.transaction() as outer:
        _add(counters, "a")
        with pytest.raises(IntegrityError), counters.transaction() as inner:
            _add(counters, "b")
            inner.execute("INSERT INTO counters VALUES ('a', 0)")
        with counters.transaction():
            _add(counters, "c")
        outer.execute("INSERT INTO counters VALUES ('d', 0)")
    assert _names(counters) == ["a", "c", "d"]


@pytest.mark.parametrize("many", ["insert_many", "bulk_load", "upsert"])
def test_methods_for_many_rows_store_all_or_none_inside_a_transaction_too(counters: DatabaseAdapter, many: str) -> None:
    rows = [{"name": "b", "n": 1}, {"name": "c", "n": None}]
    arguments = [rows, "name"] if many == "upsert" else [rows]
    with counters.transaction():
        _add(counters, "a")
        with pytest.raises(IntegrityError):
            getattr(counters, many)("counters", *arguments)
        _add(counters, "d")
    assert _names(counters) == ["a", "d"]


def test_a_transaction_that_an_error_ended_is_never_taken_for_committed(counters: DatabaseAdapter) -> None:
    """A database that gives up the transaction at the first error must say so at the end of its block."""
    said = ""
    try:
        with counters.transaction():
            _add(counters, "a")
            with suppress(IntegrityError):
                _add(counters, "a")
    except QueryError as error:
        said = str(error)
    assert _names(counters) == ([] if "an earlier error ended this transaction" in said else ["a"])
    _add(counters, "b")


def test_the_engine_keeps_that_promise_as_well(counters: DatabaseAdapter) -> None:
    said = False
    try:
        with counters.engine.begin() as raw:
            raw.execute(sa.insert(COUNTERS), {"name": "a", "n": 0})
            with suppress(IntegrityError):
                raw.execute(sa.insert(COUNTERS), {"name": "a", "n": 0})
    except QueryError:
        said = True
    assert _names(counters) == ([] if said else ["a"])


def test_readonly_sees_one_state_and_refuses_to_write(counters: DatabaseAdapter) -> None:
    with counters.transaction(readonly=True) as conn:
        assert conn.execute("SELECT count(*) FROM counters").fetchone() == (0,)
        with ThreadPoolExecutor(1) as threads:
            threads.submit(_add, counters, "a").result(DEADLINE_SECONDS)
        assert conn.execute("SELECT count(*) FROM counters").fetchone() == (0,)
    for write in (lambda: _add(counters, "b"), lambda: counters.query("DELETE FROM counters RETURNING name")):
        with pytest.raises(QueryError, match="read-only"), counters.transaction(readonly=True):
            write()
    with pytest.raises(QueryError, match="read-only"):
        counters.query("DELETE FROM counters RETURNING name")
    with counters.reader.connect() as raw, pytest.raises(QueryError, match="read-only"):
        raw.execute(sa.insert(COUNTERS), {"name": "b", "n": 0})
    _add(counters, "c")
    assert _names(counters) == ["a", "c"]


def test_foreign_keys_are_enforced(counters: DatabaseAdapter) -> None:
    counters.execute("CREATE TABLE child (name TEXT REFERENCES counters (name))")
    with pytest.raises(IntegrityError):
        counters.insert("child", {"name": "nobody"})


def test_a_constraint_that_fails_at_commit_rolls_back_and_the_next_transaction_works(
    counters: DatabaseAdapter,
) -> None:
    counters.execute("CREATE TABLE child (name TEXT REFERENCES counters (name) DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(IntegrityError), counters.transaction() as conn:
        conn.execute("INSERT INTO child VALUES ('nobody')")
    _add(counters, "a")
    assert counters.query("SELECT * FROM child") == []


@pytest.mark.parametrize(
    ("statement", "params"),
    [
        ("SELEC 1", ()),
        ("SELECT * FROM missing", ()),
        ("SELECT missing FROM counters", ()),
        ("SELECT ?, ?", (1,)),
        ("INSERT INTO counters VALUES (?, NULL)", ("sesame",)),
        ("INSERT INTO counters VALUES (?, 1), (?, 1)", ("sesame", "sesame")),
    ],
)
def test_errors_of_a_statement_are_not_retryable_and_show_no_parameter(
    counters: DatabaseAdapter, statement: str, params: tuple[object, ...]
) -> None:
    with pytest.raises(DatabaseError) as caught:
        counters.execute(statement, params)
    error: BaseException | None = caught.value
    assert not is_retryable(caught.value)
    while error is not None:
        assert "sesame" not in str(error)
        error = error.__cause__


def test_placeholders_mean_the_same(database: DatabaseAdapter) -> None:
    sql = """SELECT ? AS "a?", '?%' AS b, :'x' AS c""".replace(":'x'", "'it''s :x'")
    assert database.query(sql + " -- ?\n/* ? */", ("v",)) == [{"a?": "v", "b": "?%", "c": "it's :x"}]
    assert database.query("SELECT :a AS a, ':a' AS b", {"a": "v"}) == [{"a": "v", "b": ":a"}]
    assert database.query("SELECT 7 % 4 AS n, '%s' AS s") == [{"n": 3, "s": "%s"}]


@pytest.mark.parametrize("name", ['x"; DROP TABLE counters; --', "a b", "select", "?", "%s", ":a", "Größe", "A", "%"])
def test_hostile_names_are_only_names(counters: DatabaseAdapter, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    counters.execute(f"CREATE TABLE {quoted} ({quoted} TEXT PRIMARY KEY, other TEXT)")
    assert counters.insert(name, {name: "v", "other": "?"}, returning=name) == "v"
    assert counters.upsert(name, [{name: "v", "other": "w"}], name) == 1
    assert counters.bulk_load(name, [{name: "x", "other": ""}]) == 1
    assert counters.query(f"SELECT {quoted} AS k, other FROM {quoted} ORDER BY 1") == [
        {"k": "v", "other": "w"},
        {"k": "x", "other": ""},
    ]
    assert _names(counters) == []


def test_texts_stay_texts(database: DatabaseAdapter) -> None:
    texts = ["NA", "007", "12345678901234567890", "", "null", r"\N", r"\.", 'a"b', "ü\n\t,'", "1e5", "%s"]
    database.execute("CREATE TABLE texts (n INTEGER, s TEXT)")
    database.insert_many("texts", [{"n": n, "s": text} for n, text in enumerate([*texts, None])])
    database.bulk_load("texts", [{"n": n + 100, "s": text} for n, text in enumerate([*texts, None])])
    found = [row["s"] for row in database.query("SELECT s FROM texts ORDER BY n")]
    assert found == [*texts, None] * 2


def test_threads_have_transactions_of_their_own(counters: DatabaseAdapter) -> None:
    counters.insert("counters", {"name": "n", "n": 0})

    def work(_: int) -> None:
        for _turn in range(5):
            with counters.transaction() as conn:
                conn.execute("UPDATE counters SET n = n + 1 WHERE name = 'n'")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    assert counters.query_one("SELECT n FROM counters") == {"n": 40}


def test_disconnect_is_harmless_and_the_next_use_connects_again(counters: DatabaseAdapter) -> None:
    counters.disconnect()
    counters.disconnect()
    assert not counters.is_connected
    assert _names(counters) == []
    assert counters.is_connected


@pytest.mark.slow
def test_a_fork_leaves_transactions_and_streams_to_the_parent(counters: DatabaseAdapter) -> None:
    """The child ends the block, collects the garbage and writes through a connection of its own."""
    _add(counters, "a")
    stream = counters.stream("SELECT name FROM counters UNION ALL SELECT 'z' ORDER BY 1", batch_size=1)
    assert next(stream) == [{"name": "a"}]

    def leave() -> None:
        with pytest.raises(QueryError, match="belongs to the parent process"):
            stream.close()
            block.__exit__(None, None, None)
        _add(counters, "of the child")

    block = counters.transaction(readonly=True)
    conn = block.__enter__()
    assert conn.execute("SELECT count(*) FROM counters").fetchone() == (1,)
    assert in_child(leave) == 0
    assert conn.execute("SELECT count(*) FROM counters").fetchone() == (1,)
    assert list(stream) == [[{"name": "z"}]]
    block.__exit__(None, None, None)
    assert _names(counters) == ["a", "of the child"]


def test_a_name_is_kept_whole_or_refused(database: DatabaseAdapter) -> None:
    longest = "é" * 31 + "x"
    database.bulk_load(longest, [{longest: 1}], create=True)
    database.insert(longest, {longest: 2})
    assert database.query(f'SELECT "{longest}" FROM "{longest}" ORDER BY 1') == [{longest: 1}, {longest: 2}]
    if database.longest_name is None:
        return
    longer = longest + "y"
    writes = [
        lambda: database.bulk_load(longer, [{"a": 1}], create=True),
        lambda: database.bulk_load("t", [{longer: 1}], create=True),
        lambda: database.insert(longest, {longer: 1}),
        lambda: database.insert(longest, {longest: 1}, returning=longer),
        lambda: database.insert_many(f"{longer}.t", [{"a": 1}]),
        lambda: database.upsert(longer, [{"a": 1}], "a"),
    ]
    for write in writes:
        with pytest.raises(QueryError, match=r"has 64 bytes: a name in .* has at most 63"):
            write()
