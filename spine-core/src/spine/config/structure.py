"""Strict conversion of parsed TOML to attrs classes with cattrs; errors name the key."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import attrs
from cattrs import BaseConverter, BaseValidationError, Converter, ForbiddenExtraKeysError
from cattrs.errors import AttributeValidationNote, IterableValidationError, IterableValidationNote
from cattrs.gen import make_dict_structure_fn

from spine.config.environment import FromEnvironment, told_by
from spine.core.configured import TYPE_WORDS
from spine.core.duration import LONGEST, parse_duration
from spine.core.errors import ConfigError, InvalidConfigError, MissingConfigError, ValidationError
from spine.core.secrets import Secret
from spine.core.suggest import did_you_mean

T = TypeVar("T")


def structure(data: Mapping[str, Any], cls: type[T], where: str) -> T:
    """Return `data` as an instance of the attrs class; `where` is its place in the file, for error texts.

    Raises ConfigError for an unknown key (with a did-you-mean), MissingConfigError for one that is missing, and
    InvalidConfigError for a value of the wrong type or one that the class refuses.
    """
    check_keys(data, field_names(cls), where)
    try:
        return _converter.structure(data, cls)
    except BaseValidationError as group:
        place, error = next(_leaves(group, where))
        raise _sentence(place, error) from error


def field_names(cls: type[Any]) -> list[str]:
    """Return the names of the fields of an attrs class."""
    return [field.name for field in attrs.fields(cls)]


def check_keys(data: Mapping[str, Any], known: Iterable[str], where: str, *, listed_by: str = "") -> None:
    """Raise a ConfigError for the first key of `data` that is not among `known`; `listed_by` is what shows them all."""
    for key in data:
        if key not in known:
            hint = did_you_mean(key, known)
            more = f" (all of them: {listed_by})" if listed_by and hint.endswith(" more") else ""
            raise ConfigError(f"{where}: unknown key {key!r}{told_by(data[key])}{hint}{more}")


_WORDS: dict[Any, str] = {
    str: "a text",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    dict: "a table",
    list: "a list",
    (date, time): "a date or time",
}


class _TypeMismatch(Exception):
    """A value of the wrong type; `place` is where in the list or table that is being read."""

    def __init__(self, text: str, place: str = "") -> None:
        super().__init__(text)
        self.text, self.place = text, place


def _strict(expected: type[Any], word: str) -> Any:
    def check(given: Any, _: Any) -> Any:
        value = _parsed(given) if expected is not str else given
        if expected is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
            raise _TypeMismatch(f"must be {word}, not {_word(value)}{told_by(given)}")
        if isinstance(value, float) and not math.isfinite(value):
            raise _TypeMismatch(f"must be a finite number, not {value}{told_by(given)}")
        return str(value) if isinstance(value, FromEnvironment) else value

    return check


def _is_length(cls: Any) -> bool:
    return get_origin(cls) is Annotated and isinstance(cls.__metadata__[0], timedelta)


def _length(given: Any, cls: Any) -> float:
    value = _parsed(given)
    unit: timedelta = cls.__metadata__[0]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not abs(value) <= LONGEST / unit:
            raise _TypeMismatch(f"must be at most 100 years, not {value:g}{told_by(given)}")
        return float(value)
    allowed = 'must be a number, or a duration such as "90s" or "1h30m"'
    if not isinstance(value, str):
        raise _TypeMismatch(f"{allowed}, not {_word(value)}{told_by(given)}")
    try:
        return parse_duration(value) / unit
    except ValidationError as error:
        raise _TypeMismatch(f"{allowed}, not {str(value)[:40]!r}{told_by(given)}") from error


def _date(given: Any, _: Any) -> date:
    value = _parsed(given)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _TypeMismatch(f"must be a date such as 2026-12-24, without quotes, not {_word(value)}{told_by(given)}")
    return value


def _parsed(value: Any) -> Any:
    """Return the text of an environment variable parsed as a TOML value; anything else as it is."""
    if not isinstance(value, FromEnvironment):
        return value
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value


def _word(value: Any) -> str:
    if isinstance(value, dict) and {"env", "file"} & value.keys():
        return 'a table; a reference is { env = "NAME" }, { env = "NAME", default = "..." } or { file = "path" }'
    return next((word for kind, word in _WORDS.items() if isinstance(value, kind)), type(value).__name__)


def _enum(value: Any, cls: type[Enum]) -> Enum:
    members = {str(member.value).lower(): member for member in cls} | {member.name.lower(): member for member in cls}
    if isinstance(value, str) and value.lower() in members:
        return members[value.lower()]
    found = repr(str(value)) if isinstance(value, str) else _word(value)
    allowed = ", ".join(str(member.value) for member in cls)
    raise _TypeMismatch(f"must be one of {allowed}, not {found}{told_by(value)}")


def _is_list(cls: Any) -> bool:
    origin: Any = get_origin(cls)
    return origin in (list, set, frozenset, Iterable, Sequence) or (origin is tuple and get_args(cls)[1:] == (...,))


def _list(given: Any, cls: Any) -> Any:
    value = _parsed(given)
    if not isinstance(value, list):  # a text would be split into characters
        raise _TypeMismatch(f"must be a list, not {_word(value)}{told_by(given)}")
    items = [_numbered(index, item, get_args(cls)[0]) for index, item in enumerate(value)]
    origin: Any = get_origin(cls)
    return origin(items) if origin in (tuple, set, frozenset) else items


def _numbered(index: int, value: Any, kind: Any) -> Any:
    try:
        return _item(value, kind, f"[{index}]")
    except BaseValidationError as error:  # of a table in the list
        error.add_note(IterableValidationNote(f"item {index}", index, kind))
        raise IterableValidationError(f"item {index}", [error], kind) from None


def _is_choice(cls: Any) -> bool:
    return get_origin(cls) in (Union, UnionType) and len(set(get_args(cls)) - {NoneType}) > 1


def _choice(given: Any, cls: Any) -> Any:
    if given is None and NoneType in get_args(cls):
        return None
    kinds = [kind for kind in get_args(cls) if kind is not NoneType]
    wrong = []
    for kind in kinds:
        try:
            return _converter.structure(given, kind)
        except _TypeMismatch as error:
            wrong.append(error)
    inner = next((error for error in wrong if error.place), None)
    if inner is not None:  # the value is of this kind, with an invalid item in it
        raise inner
    expected = " or ".join(error.text.removeprefix("must be ").partition(", not ")[0] for error in wrong)
    raise _TypeMismatch(f"must be {expected}, not {_word(_parsed(given))}{told_by(given)}")


def _is_mapping(cls: Any) -> bool:
    return get_origin(cls) in (dict, Mapping)


def _mapping(given: Any, cls: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise _TypeMismatch(f"must be a table, not {_word(given)}{told_by(given)}")
    return {key: _item(item, get_args(cls)[1], f".{key}") for key, item in given.items()}


def _item(value: Any, kind: Any, place: str) -> Any:
    try:
        return _converter.structure(value, kind)
    except _TypeMismatch as error:
        raise _TypeMismatch(error.text, f"{place}{error.place}") from error


def _attrs_class(cls: Any, converter: BaseConverter) -> Any:
    from_table = make_dict_structure_fn(cls, converter, _cattrs_forbid_extra_keys=True)

    def check(given: Any, _: Any) -> Any:
        if not isinstance(given, Mapping):
            raise _TypeMismatch(f"must be a table, not {_word(given)}{told_by(given)}")
        return from_table(given, cls)

    return check


def _make_converter() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    for expected, word in TYPE_WORDS.items():
        converter.register_structure_hook(expected, _strict(expected, word))
    converter.register_structure_hook(date, _date)
    converter.register_structure_hook(Secret, lambda value, _: Secret(str(_strict(str, "a text")(value, str))))
    converter.register_structure_hook(Path, lambda value, _: Path(_strict(str, "a text")(value, str)))
    converter.register_structure_hook_func(lambda cls: isinstance(cls, type) and issubclass(cls, Enum), _enum)
    converter.register_structure_hook_func(_is_length, _length)
    converter.register_structure_hook_func(_is_list, _list)
    converter.register_structure_hook_func(_is_choice, _choice)
    converter.register_structure_hook_func(_is_mapping, _mapping)
    converter.register_structure_hook_factory(attrs.has, _attrs_class)
    return converter


_converter = _make_converter()


def _leaves(group: BaseException, where: str) -> Iterator[tuple[str, BaseException]]:
    for error in getattr(group, "exceptions", ()):
        place = where
        for note in getattr(error, "__notes__", ()):
            if isinstance(note, AttributeValidationNote):
                place = f"{where}.{note.name}"
            elif isinstance(note, IterableValidationNote):
                place = f"{where}[{note.index}]"
        if isinstance(error, BaseValidationError):
            yield from _leaves(error, place)
        else:
            yield place, error


def _sentence(place: str, error: BaseException) -> ConfigError:
    if isinstance(error, ForbiddenExtraKeysError):
        key = sorted(error.extra_fields)[0]
        known = [field.name for field in attrs.fields(error.cl)]
        return ConfigError(f"{place}: unknown key {key!r}{did_you_mean(key, known)}")
    if isinstance(error, KeyError):
        key = str(error.args[0])
        table = place.removesuffix(f".{key}")
        return MissingConfigError(f"{table}.{key}", f"{table}: key {key!r} is missing")
    if isinstance(error, _TypeMismatch):
        place += error.place
        return InvalidConfigError(place, None, f"{place} {error.text}")
    return InvalidConfigError(place, None, f"{place}: {error}")
