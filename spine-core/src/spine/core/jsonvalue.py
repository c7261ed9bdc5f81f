"""Python values as the JSON that a store keeps, so that a step sees the same before and after a restart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

import attrs

from spine.core.errors import ValidationError
from spine.core.secrets import Secret


def to_json_value(value: Any, where: str) -> Any:
    """Return the JSON form of `value`; ValidationError, naming the place below `where`, if it has none.

    Dates and times become ISO 8601 text, timedeltas seconds, Decimal, UUID and paths text, enums their values, tuples
    lists, sets sorted lists, attrs objects objects; scalars of numpy and pyarrow what they hold. Bytes, secrets, NaN
    and infinities are refused, as is any other type.
    """
    if value is None or (isinstance(value, (bool, str)) and type(value) in (bool, str)):
        return value
    if isinstance(value, Mapping):
        return {_key(key, where): to_json_value(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json_value(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, (set, frozenset)):
        return _sorted(to_json_value(item, f"{where}{{}}") for item in value)
    if isinstance(value, Enum):
        return to_json_value(value.value, where)
    if isinstance(value, (int, float, str)):
        return _number_or_text(value, where)
    return _object(value, where)


def _number_or_text(value: int | float | str, where: str) -> Any:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if not math.isfinite(value):
        raise ValidationError(f"{where} is {value}, which JSON cannot hold: use None or a text", field=where)
    return float(value)


def _object(value: Any, where: str) -> Any:
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (Decimal, UUID, PurePath)):
        return str(value)
    if attrs.has(type(value)) and not isinstance(value, Secret):
        fields = attrs.fields(type(value))
        return {item.name: to_json_value(getattr(value, item.name), f"{where}.{item.name}") for item in fields}
    for unwrap in ("as_py", "item"):  # scalars of pyarrow and numpy
        if callable(method := getattr(value, unwrap, None)) and not isinstance(value, type):
            try:
                return to_json_value(method(), where)
            except (TypeError, ValueError):
                break
    raise ValidationError(
        f"{where} is a {type(value).__name__}, which JSON cannot hold: "
        "return plain values, and keep tables and files as captures",
        field=where,
    )


def _key(key: Any, where: str) -> str:
    if isinstance(key, str):
        return str(key)
    if isinstance(key, (int, date, Enum)) and not isinstance(key, bool):
        return str(key.value if isinstance(key, Enum) else key)
    raise ValidationError(f"{where} has the key {key!r:.80}: JSON keys are texts", field=where)


def _sorted(items: Iterable[Any]) -> list[Any]:
    return sorted(items, key=lambda item: (type(item).__name__, str(item)))
