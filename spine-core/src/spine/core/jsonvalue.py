"""Python values as the JSON that a store keeps, so that a step sees the same before and after a restart."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

import attrs

from spine.core.errors import ValidationError
from spine.core.result import Outcome
from spine.core.secrets import Secret

MAX_DEPTH = 100
_MAX_BITS = 14_000  # beyond 4,300 digits, Python refuses to read an integer from text
_SURE_LENGTH = 16  # characters of a number, with its point: a float keeps 15 significant digits
_PLAIN = frozenset((str, bool, type(None)))


class _NoJson(Exception):
    """A value that JSON cannot hold; the path to it is extended while the exception propagates."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path: list[str] = []


def to_json_value(value: Any, where: str) -> Any:
    """Return the JSON form of `value`; ValidationError, naming the place below `where`, if it has none.

    Dates and times become ISO 8601 text, timedeltas seconds, Decimal, UUID and paths text, enums their values, tuples
    lists, sets sorted lists, attrs objects and dataclasses objects; scalars of numpy, pandas and pyarrow Python values,
    None for NaT and masked ones. Keys that are integers, dates or enums become texts. Bytes, secrets, NaN, infinities,
    two keys of the same text, more than 100 levels, an Outcome, which may be a failure, and other types are refused.
    """
    try:
        return _convert(value, 0)
    except _NoJson as error:
        place = where + "".join(reversed(error.path))
        raise ValidationError(f"{place} {error.problem}", field=place) from None


def _convert(value: Any, depth: int) -> Any:
    if type(value) in _PLAIN:
        return value
    if depth > MAX_DEPTH:
        raise _NoJson(f"is nested more than {MAX_DEPTH} levels deep, or contains itself")
    if type(value) is dict or isinstance(value, Mapping):  # the first is quicker, and usual
        return _mapping(value, depth + 1)
    if isinstance(value, (list, tuple)):
        return _list(value, depth + 1)
    if isinstance(value, (set, frozenset)):
        return _sorted(_list(value, depth + 1))
    if isinstance(value, Enum):
        return _convert(value.value, depth + 1)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (int, float)):
        return _number(value)
    return _object(value, depth)


def _mapping(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, item in value.items():
        text = _key(key)
        if text in found:
            raise _NoJson(f"has two keys that JSON writes as {text!r:.80}")
        found[text] = item if type(item) in _PLAIN else _below(f".{text:.80}", item, depth)
    return found


def _list(value: Iterable[Any], depth: int) -> list[Any]:
    return [item if type(item) in _PLAIN else _below(index, item, depth) for index, item in enumerate(value)]


def _below(step: str | int, item: Any, depth: int) -> Any:
    try:
        return _convert(item, depth)
    except _NoJson as error:
        error.path.append(step if isinstance(step, str) else f"[{step}]")
        raise


def _number(value: int | float) -> Any:
    if isinstance(value, int):
        number = int(value)
        if number.bit_length() > _MAX_BITS:
            raise _NoJson("is an integer of more than 4,200 digits: use a text")
        return number
    if not math.isfinite(value):
        raise _NoJson(f"is {value}, which JSON cannot hold: use None or a text")
    return float(value)


def _object(value: Any, depth: int) -> Any:
    if isinstance(value, (date, time, timedelta)) and value != value:
        return None  # NaT of pandas, which is an instance of datetime
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal) and not value.is_finite():
        raise _NoJson(f"is {value}, which JSON cannot hold: use None or a text")
    if isinstance(value, (Decimal, UUID, PurePath)):
        return str(value)
    names = _fields_of(value)
    if names is not None:
        return _mapping({name: getattr(value, name) for name in names}, depth + 1)
    package = type(value).__module__.partition(".")[0]
    if package == "numpy" and getattr(value, "shape", None) == ():
        return _convert(_of_numpy(value), depth + 1)
    if package == "pyarrow" and hasattr(value, "as_py"):
        return _convert(_of_arrow(value), depth + 1)
    raise _no_type(value)


def _fields_of(value: Any) -> list[str] | None:
    """Return the names of the fields of an attrs object or a dataclass, None for any other object and for a secret."""
    if isinstance(value, Outcome):
        raise _NoJson(f"is a {type(value).__name__}, not a value: take what it has, and raise its error if it failed")
    if attrs.has(type(value)) and not isinstance(value, Secret):
        return [item.name for item in attrs.fields(type(value))]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [item.name for item in dataclasses.fields(value)]
    return None


def _of_numpy(value: Any) -> Any:
    """Return a scalar as a Python value: a time that Python cannot hold as ISO text, a duration as seconds."""
    if type(value).__name__ == "MaskedConstant":
        return None
    found, kind = value.item(), value.dtype.kind
    if type(found) is type(value):
        raise _no_type(value)
    if kind == "M" and isinstance(found, int):  # of nanoseconds or less
        return str(value)
    if kind == "m" and isinstance(found, int):
        if value.dtype.str.endswith(("[Y]", "[M]")):
            raise _NoJson("is a number of months or years, which are no seconds: use a number or a text")
        return float(value / type(value)(1, "s"))
    return found


def _of_arrow(value: Any) -> Any:
    """Return a scalar as a Python value; one with nanoseconds as ISO text, or as seconds if it is a duration."""
    kind = str(value.type)
    if value.is_valid and "[ns" in kind and value.value % 1000:
        return value.value / 1e9 if kind.startswith("duration") else value.cast("string").as_py().replace(" ", "T", 1)
    return value.as_py()


def _no_type(value: object) -> _NoJson:
    return _NoJson(
        f"is a {type(value).__name__}, which JSON cannot hold: "
        "return plain values, and keep tables and files as captures"
    )


def _key(key: Any) -> str:
    if isinstance(key, Enum):
        return _key(key.value)
    if isinstance(key, str):
        return str.__str__(key)
    if isinstance(key, date):
        return key.isoformat()
    if isinstance(key, int) and not isinstance(key, bool):
        return str(_number(key))
    raise _NoJson(f"has the key {key!r:.80}: JSON keys are texts")


def _sorted(items: list[Any]) -> list[Any]:
    try:
        return sorted(items)
    except TypeError:  # of several types
        return sorted(items, key=lambda item: (type(item).__name__, str(item)))


def exact_number(text: str) -> float | Decimal:
    """Return the number with a fraction or an exponent that JSON text names.

    It is a Decimal where a float has other digits, or where it is out of the range of floats.
    """
    number = float(text)
    if len(text) <= _SURE_LENGTH and text.isascii() and "e" not in text and "E" not in text:
        return number
    written = Decimal(text)
    return number if math.isfinite(number) and Decimal(repr(number)) == written else written
