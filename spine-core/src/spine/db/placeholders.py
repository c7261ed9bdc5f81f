"""`?` and `:name` placeholders, the same on every dialect, written in the style of its driver.

A `?` is a placeholder wherever it does not stand in a literal, a quoted identifier or a comment; `??` is the operator
`?` itself, so PostgreSQL's `?|` and `?&` are written `??|` and `??&`. Parameters in a dict fill `:name`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from attrs import frozen

from spine.core.errors import QueryError
from spine.db.sql_syntax import SqlSyntax, tokens

Params: TypeAlias = Sequence[Any] | Mapping[str, Any]


@frozen
class Translation:
    """A statement in the style of its driver, and the placeholders found in it, the names in their order."""

    sql: str
    marks: int
    ordered_names: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.ordered_names)


@lru_cache(maxsize=256)
def translate(sql: str, syntax: SqlSyntax, *, named: bool = False) -> Translation:
    """Write the placeholders of a statement in the driver's style; `:name` is one only if `named`."""
    style = syntax.style
    parts: list[str] = []
    names: list[str] = []
    marks = 0
    previous = "plain"
    for kind, text in tokens(sql, syntax):
        if kind == "mark":
            marks += 1
            parts.append(style.mark(marks))
        elif kind == "name" and named:
            names.append(text[1:])
            parts.append(style.name(text[1:]) if style.name else style.mark(len(names)))
        elif kind == "escape":
            parts.append("?")
        elif previous == "mark" and text[0].isdigit():
            raise QueryError("numbered placeholders such as ?1 are not supported: write ? or :name")
        else:
            parts.append(style.escape(text))
        previous = kind
    return Translation("".join(parts), marks, tuple(names))


def bind(sql: str, params: Params, syntax: SqlSyntax) -> tuple[str, Params]:
    """Return a statement and its parameters for the driver; raise a QueryError if they do not match."""
    params = check_params(params)
    if isinstance(params, Mapping):
        translation = translate(sql, syntax, named=True)
        _check_names(translation, params)
        by_name = syntax.style.name is not None
        return translation.sql, params if by_name else tuple(params[name] for name in translation.ordered_names)
    translation = translate(sql, syntax)
    if translation.marks != len(params):
        raise QueryError(_mismatch(translation.marks, len(params)))
    return translation.sql, params


def bind_many(sql: str, rows: Sequence[Params], syntax: SqlSyntax) -> tuple[str, list[Params]]:
    """Return a statement and the parameters of each row for the driver; `rows` is not empty."""
    bound: list[Params] = []
    named = isinstance(rows[0], Mapping)
    for number, row in enumerate(rows, start=1):
        if isinstance(row, Mapping) is not named:
            raise QueryError(
                f"row {number} of the parameters is not of the kind of row 1: give tuples or dicts, not both"
            )
        try:
            text, values = bind(sql, row, syntax)
        except QueryError as error:
            raise QueryError(f"row {number} of the parameters: {error}") from None
        bound.append(values)
    return text, bound


def check_params(params: object) -> Params:
    """Return parameters as a tuple or a dict; a text or a single value in their place is a QueryError."""
    if params is None:
        return ()
    if isinstance(params, Mapping):
        return dict(params)
    if isinstance(params, Sequence) and not isinstance(params, (str, bytes, bytearray, memoryview)):
        return tuple(params)
    raise QueryError(
        f"parameters are a sequence or a dict, not {type(params).__name__}: write (value,) for a single one"
    )


def _check_names(translation: Translation, params: Mapping[str, Any]) -> None:
    if translation.marks:
        raise QueryError(f"the statement has {_count(translation.marks)} and the parameters are a dict: write :name")
    if missing := sorted(translation.names - params.keys()):
        raise QueryError(f"the parameters lack {', '.join(missing)}, which the statement names")


def _mismatch(marks: int, given: int) -> str:
    return (
        f"the statement has {_count(marks)} and {given} parameter{'' if given == 1 else 's'} "
        f"{'was' if given == 1 else 'were'} given"
    )


def _count(marks: int) -> str:
    return f"{marks} placeholder{'' if marks == 1 else 's'} (?)"
