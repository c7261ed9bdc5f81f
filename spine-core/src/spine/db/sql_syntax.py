"""The lexical rules of a dialect: quotes, comments and the placeholders of its driver."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Literal

from attrs import frozen

TokenKind = Literal["plain", "quoted", "word", "mark", "escape", "name"]


def _unchanged(text: str) -> str:
    return text


@frozen
class PlaceholderStyle:
    """The placeholders of a driver.

    `mark` returns the placeholder for the value with that number, from 1; `name` the one for a named value. Without
    `name` the driver takes values by position only, and those of a dict are passed in the order of the statement.
    `escape` returns the rest of the statement in the driver's form, such as with every `%` doubled.
    """

    mark: Callable[[int], str]
    name: Callable[[str], str] | None = None
    escape: Callable[[str], str] = _unchanged


# the paramstyles of DB-API 2.0 (https://peps.python.org/pep-0249/#paramstyle)
QMARK = PlaceholderStyle(lambda number: "?", lambda name: f":{name}")
FORMAT = PlaceholderStyle(lambda number: "%s", lambda name: f"%({name})s", lambda text: text.replace("%", "%%"))


@frozen
class SqlSyntax:
    """The quoting of a dialect, and the placeholder style of its driver.

    `style` is QMARK for a driver that takes `?` and `:name`, FORMAT for one that takes `%s` and `%(name)s`, or a
    PlaceholderStyle of its own. `line_ends` are the characters that end a `--` comment, written as in the set of a
    regular expression.
    """

    style: PlaceholderStyle
    escape_strings: bool = False
    dollar_quotes: bool = False
    nested_comments: bool = False
    brackets_and_backticks: bool = False
    line_ends: str = r"\n"


# https://www.sqlite.org/lang_keywords.html (quoting), https://www.sqlite.org/lang_comment.html
SQLITE_SYNTAX = SqlSyntax(QMARK, brackets_and_backticks=True)
# https://www.postgresql.org/docs/current/sql-syntax-lexical.html, with standard_conforming_strings on (its default)
POSTGRESQL_SYNTAX = SqlSyntax(FORMAT, escape_strings=True, dollar_quotes=True, nested_comments=True, line_ends=r"\r\n")

_START = r"A-Za-z_\x80-\U0010ffff"
# adjacent '' needs no rule: 'it''s' reads as two literals side by side, and an unclosed quote runs to the end
_QUOTED = [r"'[^']*+(?:'|\Z)", r'"[^"]*+(?:"|\Z)']
_BRACKETS_AND_BACKTICKS = [r"\[[^\]]*+(?:\]|\Z)", r"`[^`]*+(?:`|\Z)"]
_ESCAPED_BODY = r"(?:[^'\\]|\\.|'')*+"
# a literal that continues after a line break keeps its kind, so backslashes still escape there
_ESCAPE_STRING = rf"[eE]'{_ESCAPED_BODY}(?:'[ \t\f\v]*+[\r\n]\s*+'{_ESCAPED_BODY})*+(?:'|\Z)"


@lru_cache
def _lexer(syntax: SqlSyntax) -> re.Pattern[str]:
    quoted = [rf"--[^{syntax.line_ends}]*+", *_QUOTED]
    if syntax.escape_strings:
        quoted.insert(0, _ESCAPE_STRING)
    if syntax.brackets_and_backticks:
        quoted += _BRACKETS_AND_BACKTICKS
    tokens = [
        f"(?P<quoted>{'|'.join(quoted)})",
        r"(?P<comment>/\*)",
        rf"(?P<dollar>\$(?:[{_START}][{_START}0-9]*+)?\$)" if syntax.dollar_quotes else r"(?P<dollar>(?!))",
        rf"(?P<word>[{_START}0-9][{_START}0-9$]*+)",
        r"(?P<escape>\?\?)",
        r"(?P<mark>\?)",
        r"::",
        rf":(?P<name>[{_START}][{_START}0-9]*+)",
        r"[\s,();=]++|.",
    ]
    return re.compile("|".join(tokens), re.DOTALL)


def tokens(sql: str, syntax: SqlSyntax) -> Iterator[tuple[TokenKind, str]]:
    """Yield every token of a statement with its kind; joined, the texts are the statement.

    "quoted" is a literal, a quoted identifier or a comment; "mark" a `?`, "escape" a `??`, "name" a `:name`.
    """
    lexer = _lexer(syntax)
    position = 0
    while (match := lexer.match(sql, position)) is not None:
        kind, end = match.lastgroup or "plain", match.end()
        if kind == "comment":
            kind, end = "quoted", _comment_end(sql, end, nested=syntax.nested_comments)
        elif kind == "dollar":
            closing = sql.find(match.group(), end)
            kind, end = "quoted", len(sql) if closing < 0 else closing + len(match.group())
        yield kind, sql[position:end]  # type: ignore[misc]  # the names of the groups are the kinds
        position = end


def only_reads(sql: str, syntax: SqlSyntax) -> bool:
    """Return whether a statement certainly changes nothing, in a dialect whose SELECT has no side effects."""
    words = [text.upper() for kind, text in tokens(sql, syntax) if kind == "word"]
    if not words:
        return False
    if words[0] == "WITH":
        return not {"INSERT", "UPDATE", "DELETE", "REPLACE"} & set(words)
    return words[0] in {"SELECT", "VALUES", "EXPLAIN"}


def _comment_end(sql: str, position: int, *, nested: bool) -> int:
    depth = 1
    for match in re.compile(r"/\*|\*/" if nested else r"\*/").finditer(sql, position):
        depth += 1 if match.group() == "/*" else -1
        if depth == 0:
            return match.end()
    return len(sql)
