"""Choice of an enum's member by its value or name."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

from spine.core.errors import SpineError, ValidationError
from spine.core.suggest import did_you_mean

E = TypeVar("E", bound=Enum)


def choose(cls: type[E], field: str, value: object, error: type[SpineError] = ValidationError) -> E:
    """Return the member of `cls` that `value` is or names, in any case; `error` lists the values of `field`."""
    try:
        return cls(value)
    except ValueError as cause:
        if str(value).upper() in cls.__members__:
            return cls[str(value).upper()]
        values = [str(member.value) for member in cls]
        close = did_you_mean(str(value)[:40], values)
        hint = close if close.startswith("; did") else ""
        raise error(f"{field} {str(value)[:40]!r} is not valid: use {', '.join(values)}{hint}", cause=cause) from cause
