"""Checks of options; each error names the option and what to give instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from spine.core.errors import InvalidConfigError

Validator = Callable[[Any, Any, Any], None]


def is_text(table: str = "") -> Validator:
    """Accept None and a text that is not empty; `table` is the table of the option."""
    return _validator(table, lambda value: isinstance(value, str) and value != "", "a text that is not empty")


def is_bool(table: str = "") -> Validator:
    """Accept true and false."""
    return _validator(table, lambda value: isinstance(value, bool), "true or false")


def is_one_of(*allowed: str, table: str = "") -> Validator:
    """Accept these texts."""
    return _validator(table, lambda value: value in allowed, " or ".join(allowed))


def is_number(least: float, *, whole: bool = False, table: str = "") -> Validator:
    """Accept None and a finite number that is not less than `least`."""

    def right(value: Any) -> bool:
        number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        return number and least <= value < float("inf")

    return _validator(table, right, f"a {'whole number' if whole else 'number'}, {least:g} or more")


def texts(name: str, value: Any) -> tuple[str, ...] | None:
    """Return a list of texts as a tuple; `name` is the option that it was given for."""
    if value is None:
        return None
    listed = () if isinstance(value, str) or not isinstance(value, Iterable) else tuple(value)
    if not listed or not all(isinstance(text, str) and text for text in listed):
        raise InvalidConfigError(name, value, f"{name} {value!r} is not valid: give a list of texts")
    return listed


def _validator(table: str, right: Callable[[Any], bool], expected: str) -> Validator:
    def check(instance: Any, attribute: Any, value: Any) -> None:
        if value is not None and not right(value):
            name = f"{table}.{attribute.name}" if table else attribute.name
            raise InvalidConfigError(name, value, f"{name} {value!r} is not valid: give {expected}")

    return check
