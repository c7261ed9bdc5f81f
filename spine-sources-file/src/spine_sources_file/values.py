"""Converters of options, which refuse invalid values by the option's name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any, TypeVar

from attrs import Attribute

from spine.core.errors import InvalidConfigError
from spine.core.suggest import did_you_mean
from spine.formats.fileformat import FileFormat
from spine.framework.sources.badrows import BadRowAction
from spine_sources_file.location import checked_path

E = TypeVar("E", bound=Enum)


def paths(value: Any) -> str | tuple[str, ...]:
    if isinstance(value, (str, os.PathLike)) and str(value):
        return checked_path(os.fspath(value))
    if isinstance(value, Sequence) and value and all(isinstance(one, (str, os.PathLike)) and str(one) for one in value):
        return tuple(checked_path(os.fspath(one)) for one in value)
    raise InvalidConfigError("path", value, f"path {value!r} is not valid: give the path of a file, a glob or a list")


def _known(option: str, kind: type[E], value: Any) -> E:
    try:
        return kind(value.lower() if isinstance(value, str) else value)
    except ValueError as error:
        known = did_you_mean(str(value), [str(known.value) for known in kind])
        raise InvalidConfigError(option, value, f"{option} {value!r} is not known{known}") from error


def file_format(value: Any) -> FileFormat | None:
    return None if value is None else _known("format", FileFormat, value)


def bad_row_action(value: Any) -> BadRowAction:
    return _known("on_bad_row", BadRowAction, value)


def _texts(option: str, what: str, value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise InvalidConfigError(option, value, f"{option} {value!r} is not valid: give a list of {what}s")
    texts = tuple(value)
    if not texts or not all(isinstance(text, str) for text in texts):
        raise InvalidConfigError(option, value, f"{option} is not valid: give at least one {what}, all of text")
    return texts


def column_names(value: Any) -> tuple[str, ...] | None:
    return _texts("column_names", "name", value)


def columns(value: Any) -> tuple[str, ...] | None:
    return _texts("columns", "name", value)


def null_values(value: Any) -> tuple[str, ...] | None:
    return _texts("null_values", "text", value)


def quote_char(value: Any) -> str | None:
    return None if value == "" else value


def is_a(kind: type) -> Any:
    def check(instance: object, attribute: Attribute[Any], value: Any) -> None:
        right = isinstance(value, kind) and value != ""
        if kind in (int, float):
            right = isinstance(value, (int, kind)) and not isinstance(value, bool) and value >= 0
        if value is not None and not right:
            number = "a number, 0 or more"
            expected = {int: number, float: number, bool: "true or false", str: "a text that is not empty"}[kind]
            raise InvalidConfigError(attribute.name, value, f"{attribute.name} {value!r} is not valid: give {expected}")

    return check


def path_column_name(value: Any) -> Any:
    return {True: "path", False: None}[value] if isinstance(value, bool) else value
