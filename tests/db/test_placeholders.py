from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import QueryError
from spine.db.placeholders import bind, bind_many, translate
from spine.db.sql_syntax import POSTGRESQL_SYNTAX, SQLITE_SYNTAX, only_reads, tokens

SYNTAXES = pytest.mark.parametrize("syntax", [SQLITE_SYNTAX, POSTGRESQL_SYNTAX], ids=["sqlite", "postgresql"])

# the texts are rich in what a tokenizer trips over
_texts = st.text(st.sampled_from("?%:'\"`[]$-/*\\aE1_ \n;")) | st.text(st.characters(exclude_categories=["Cs"]))
_tags = st.sampled_from(["$$", "$tag$", "$_1$", "$é$"])


def _comment(text: str) -> str:
    return f"/*{text.replace('*', '+').replace('/', '|')}*/"


_shared = st.one_of(
    _texts.map(lambda text: "'" + text.replace("'", "''") + "'"),
    _texts.map(lambda text: '"' + text.replace('"', '""') + '"'),
    _texts.map(_comment),
    _texts.map(lambda text: "--" + text.replace("\n", " ").replace("\r", " ") + "\n"),
)
_sqlite_only = st.one_of(
    _texts.map(lambda text: "`" + text.replace("`", "``") + "`"),
    _texts.map(lambda text: "[" + text.replace("]", ")") + "]"),
)
_postgresql_only = st.one_of(
    _texts.map(lambda text: "E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"),
    _texts.map(lambda text: "e'" + text.replace("\\", "\\\\").replace("'", "''") + "'"),
    _texts.map(lambda text: _comment(text)[:-2] + _comment(text) + "*/"),
    st.tuples(_tags, _texts.filter(lambda text: "$" not in text)).map(lambda pair: pair[0] + pair[1] + pair[0]),
)
_plain = st.sampled_from(
    ["SELECT ", "a_1", ", ", "(", ")", " = ", "1.5", "::text", "a % b", " ?? ", "??| ", "x::jsonb"]
)
_marks = st.sampled_from([" ? ", "(?)", "?,"])


def _statements(*quoted: st.SearchStrategy[str]) -> st.SearchStrategy[list[tuple[str, str]]]:
    piece = st.one_of(
        st.tuples(st.just("quoted"), st.one_of(*quoted)),
        st.tuples(st.just("plain"), _plain),
        st.tuples(st.just("mark"), _marks),
    )
    return st.lists(piece, max_size=12)


def _join(pieces: list[tuple[str, str]]) -> str:
    return " ".join(text for _, text in pieces)


@given(_statements(_shared, _sqlite_only))
def test_on_sqlite_what_is_quoted_stays_and_only_the_other_marks_count(pieces: list[tuple[str, str]]) -> None:
    found = translate(_join(pieces), SQLITE_SYNTAX)
    expected = [text if kind == "quoted" else text.replace("??", "?") for kind, text in pieces]
    assert found.sql == " ".join(expected)
    assert found.marks == sum(kind == "mark" for kind, _ in pieces)


@given(_statements(_shared, _postgresql_only))
def test_on_postgresql_marks_become_the_drivers_and_every_other_percent_sign_is_doubled(
    pieces: list[tuple[str, str]],
) -> None:
    found = translate(_join(pieces), POSTGRESQL_SYNTAX)
    expected = {
        "quoted": lambda text: text.replace("%", "%%"),
        "plain": lambda text: text.replace("??", "?").replace("%", "%%"),
        "mark": lambda text: text.replace("?", "%s"),
    }
    assert found.sql == " ".join(expected[kind](text) for kind, text in pieces)
    assert found.marks == sum(kind == "mark" for kind, _ in pieces)


@given(_statements(_shared))
def test_both_dialects_count_the_same_placeholders(pieces: list[tuple[str, str]]) -> None:
    sql = _join(pieces)
    assert translate(sql, SQLITE_SYNTAX).marks == translate(sql, POSTGRESQL_SYNTAX).marks


@SYNTAXES
@given(sql=_texts)
def test_any_text_is_cut_into_tokens_that_join_to_it(sql: str, syntax: object) -> None:
    assert "".join(text for _, text in tokens(sql, syntax)) == sql  # type: ignore[arg-type]


@given(_texts.filter(lambda text: "\0" not in text))
def test_sqlite_itself_agrees_on_where_a_literal_ends(text: str) -> None:
    literal = "'" + text.replace("'", "''") + "'"
    connection = sqlite3.connect(":memory:")
    try:
        sql, values = bind(f"SELECT {literal}, ?", (7,), SQLITE_SYNTAX)
        assert connection.execute(sql, values).fetchone() == (text, 7)
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("data ?? 'a' AND b = ?", "data ? 'a' AND b = %s"),
        ("data ??| array[?]", "data ?| array[%s]"),
        ("data ??& array[?, ?]", "data ?& array[%s, %s]"),
        ("'?'::text || ?::text", "'?'::text || %s::text"),
        (r"E'it\'s ?' || ?", r"E'it\'s ?' || %s"),
        ("E'a'\n'b\\' ?' || ?", "E'a'\n'b\\' ?' || %s"),
        ("date'2026-01-01' < ?", "date'2026-01-01' < %s"),
        (r"'a\' || ?", r"'a\' || %s"),
        ("$fn$ SELECT '?' $$ ? $$ $fn$ || ?", "$fn$ SELECT '?' $$ ? $$ $fn$ || %s"),
        ("a$b$ = ?", "a$b$ = %s"),
        ("/* ? /* ? */ ? */ ?", "/* ? /* ? */ ? */ %s"),
        ("x LIKE '%?%' AND a % 2 = ?", "x LIKE '%%?%%' AND a %% 2 = %s"),
        ("U&'d\\0061t?' || ?", "U&'d\\0061t?' || %s"),
        ("note = ':name ?' AND t = '12:30' AND ?", "note = ':name ?' AND t = '12:30' AND %s"),
        ("'never closed ?", "'never closed ?"),
        ("/* never closed ?", "/* never closed ?"),
        ("$$ never closed ?", "$$ never closed ?"),
    ],
)
def test_postgresql_by_example(sql: str, expected: str) -> None:
    assert translate(sql, POSTGRESQL_SYNTAX).sql == expected


@pytest.mark.parametrize(
    ("sql", "marks"),
    [
        ("/* ? /* ? */ ?", 1),
        ('SELECT [a?], `b?`, "c?", ?', 1),
        ("-- ?\r ?\n ?", 1),
        ("SELECT '\\', ?, '\\'", 1),
        ("a ?? b", 0),
    ],
)
def test_sqlite_by_example(sql: str, marks: int) -> None:
    """SQLite does not nest comments, ends a line comment at a line feed only and knows no backslash escapes."""
    assert translate(sql, SQLITE_SYNTAX).marks == marks


def test_names_of_a_dict_are_placeholders_and_casts_and_literals_are_not() -> None:
    sql = "SELECT :a::text, ':a', x::int, :b_2 -- :c"
    assert translate(sql, POSTGRESQL_SYNTAX, named=True).sql == "SELECT %(a)s::text, ':a', x::int, %(b_2)s -- :c"
    assert translate(sql, POSTGRESQL_SYNTAX, named=True).names == {"a", "b_2"}
    assert translate(sql, POSTGRESQL_SYNTAX).sql == sql
    assert translate(sql, SQLITE_SYNTAX, named=True).sql == sql


@SYNTAXES
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ((), "the statement has 2 placeholders (?) and 0 parameters were given"),
        ((1,), "the statement has 2 placeholders (?) and 1 parameter was given"),
        ([1, 2, 3], "the statement has 2 placeholders (?) and 3 parameters were given"),
        ({"a": 1}, "the statement has 2 placeholders (?) and the parameters are a dict: write :name"),
        ("ab", "parameters are a sequence or a dict, not str: write (value,) for a single one"),
        (5, "parameters are a sequence or a dict, not int: write (value,) for a single one"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(params: object, message: str, syntax: object) -> None:
    with pytest.raises(QueryError) as caught:
        bind("SELECT ?, ?, '?'", params, syntax)  # type: ignore[arg-type]
    assert str(caught.value) == message


@SYNTAXES
def test_names_that_are_missing_are_said_and_surplus_ones_are_ignored(syntax: object) -> None:
    with pytest.raises(QueryError, match="the parameters lack b, c, which the statement names"):
        bind("SELECT :a, :c, :b", {"a": 1}, syntax)  # type: ignore[arg-type]
    assert bind("SELECT :a", {"a": 1, "z": 2}, syntax)[1] == {"a": 1, "z": 2}  # type: ignore[arg-type]


@SYNTAXES
def test_numbered_placeholders_are_refused(syntax: object) -> None:
    with pytest.raises(QueryError, match="numbered"):
        translate("SELECT ?1", syntax)  # type: ignore[arg-type]


def test_many_rows_name_the_row_that_does_not_fit() -> None:
    with pytest.raises(QueryError, match=r"row 2 of the parameters: the statement has 2 placeholders"):
        bind_many("INSERT INTO t VALUES (?, ?)", [(1, 2), (1,)], SQLITE_SYNTAX)
    with pytest.raises(QueryError, match="row 2 of the parameters is not of the kind of row 1"):
        bind_many("INSERT INTO t VALUES (?)", [(1,), {"a": 1}], SQLITE_SYNTAX)


@pytest.mark.parametrize(
    ("sql", "reads"),
    [
        ("SELECT 1", True),
        ("/* x */ -- y\n select 1", True),
        ("(VALUES (1))", True),
        ("WITH a AS (SELECT 'delete') SELECT * FROM a", True),
        ("WITH a AS (SELECT 1) DELETE FROM t", False),
        ("INSERT INTO t SELECT 1", False),
        ("PRAGMA user_version", False),
        ("", False),
    ],
)
def test_statements_that_only_read_are_recognised(sql: str, reads: bool) -> None:
    assert only_reads(sql, SQLITE_SYNTAX) is reads
