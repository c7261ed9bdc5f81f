"""Rows by a part of their id: the ids of a minute begin alike, so that readers see and give their end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import Column, ColumnElement, select

_Found = TypeVar("_Found")


def with_id(
    read: Callable[[ColumnElement[bool]], Sequence[_Found]], column: Column[str], part: str
) -> Sequence[_Found]:
    """Return what `read` finds for the id, or else for all ids with the part.

    The parts are looked for in the index of the ids alone: rows are long.
    """
    return read(column == part) or read(column.in_(select(column).where(column.contains(part, autoescape=True))))
