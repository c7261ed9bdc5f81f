"""Placeholder styles of drivers."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen


def _unchanged(text: str) -> str:
    return text


@frozen
class PlaceholderStyle:
    """The placeholders that a driver takes.

    `mark` returns the placeholder for the value with that number, from 1; `name` the one for a named value. Without
    `name` the driver takes values by position only, and those of a dict are given to it in the order of the statement.
    `escape` returns the rest of the statement as the driver wants it, such as with every `%` doubled.
    """

    mark: Callable[[int], str]
    name: Callable[[str], str] | None = None
    escape: Callable[[str], str] = _unchanged


# the paramstyles of DB-API 2.0 (https://peps.python.org/pep-0249/#paramstyle)
QMARK = PlaceholderStyle(lambda number: "?", lambda name: f":{name}")
FORMAT = PlaceholderStyle(lambda number: "%s", lambda name: f"%({name})s", lambda text: text.replace("%", "%%"))
