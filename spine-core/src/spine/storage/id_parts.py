"""Rows by a part of their id: the ids of a minute begin alike, so that readers see and give their end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement

_Found = TypeVar("_Found")


def with_id(
    read: Callable[[ColumnElement[bool]], Sequence[_Found]], column: ColumnElement[str], part: str
) -> Sequence[_Found]:
    """Return what `read` finds for the id, or else for ids that end with the part, begin with it, or contain it."""
    conditions = (
        column == part,
        column.endswith(part, autoescape=True),
        column.startswith(part, autoescape=True),
        column.contains(part, autoescape=True),
    )
    return next((found for condition in conditions if (found := read(condition))), [])
