"""Mixtures of Python values that Arrow joins into one type by dropping a part of some, without an error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from itertools import chain
from typing import Any


def losing_mixture(values: Sequence[Any]) -> str | None:
    """Return the description of values that Arrow would change, depending on their order; None where it keeps all."""
    kinds = set(map(type, values))
    if kinds <= _SAFE:
        return None
    moments = [value for value in values if isinstance(value, datetime)]
    if moments and any(issubclass(kind, date) and not issubclass(kind, datetime) for kind in kinds):
        return "dates and datetimes"
    if len({moment.tzinfo is None for moment in moments}) > 1:
        return "datetimes with and without a zone"
    if any(isinstance(value, time) and value.tzinfo is not None for value in values):
        return "times with an offset"
    if {str, bytes} <= kinds:
        return "text and bytes"
    return _in_nested(values)


_SAFE = {str, int, float, bool, type(None)}


def _in_nested(values: Sequence[Any]) -> str | None:
    tables = [value for value in values if isinstance(value, Mapping)]
    members: list[Iterable[Any]] = [[table[key] for table in tables if key in table] for key in _keys(tables)]
    members.append(chain.from_iterable(value for value in values if isinstance(value, (list, tuple))))
    found = (losing_mixture(part) for part in map(list, members) if part)
    return next((mixture for mixture in found if mixture is not None), None)


def _keys(tables: Iterable[Mapping[Any, Any]]) -> Iterable[Any]:
    return dict.fromkeys(chain.from_iterable(tables))
