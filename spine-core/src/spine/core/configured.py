"""Constructors whose arguments are the fields of an attrs class, which is their only declaration."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, wraps
from types import NoneType, UnionType
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs

from spine.core.errors import ConfigError, InvalidConfigError, SpineError
from spine.core.suggest import did_you_mean

P = ParamSpec("P")
S = TypeVar("S")
C = TypeVar("C")

TYPE_WORDS: dict[Any, str] = {str: "a text", int: "an integer", float: "a number", bool: "true or false"}


class WrongArgumentError(ConfigError, ValueError):
    """An argument of a configured class has a value that its config class refuses."""


def configured_by(config: Callable[P, C]) -> Callable[[Callable[[S, C], None]], Callable[Concatenate[S, P], None]]:
    """Decorate `__init__(self, options)`: the object is made with the fields of the attrs class `config` as arguments.

    Their names, order, types, defaults, converters and validators are those of the class. An argument that it does not
    have is an InvalidConfigError with the closest one, as is a value of another type; a value that a validator refuses
    is a ConfigError.
    """

    def decorate(init: Callable[[S, C], None]) -> Callable[Concatenate[S, P], None]:
        @wraps(init)
        def constructor(self: S, /, *args: P.args, **given: P.kwargs) -> None:
            made = type(self).__name__
            _refuse_unknown(made, given, config)
            values = inspect.signature(config).bind(*args, **given).arguments
            with _types_told(made, values, config):
                try:
                    options = config(*args, **given)
                except ValueError as error:  # of a validator or converter; its other arguments may hold a secret
                    if isinstance(error, SpineError):
                        raise
                    raise WrongArgumentError(f"{made}: {error.args[0]}", cause=error) from error
                init(self, options)

        constructor.__signature__ = _signature(config)  # type: ignore[attr-defined]  # functions may have one
        constructor.__config__ = config  # type: ignore[attr-defined]  # the same
        return constructor

    return decorate


def config_of(cls: type[Any]) -> type[Any] | None:
    """Return the config class that declares the arguments of a class, None where `configured_by` was not used."""
    found: type[Any] | None = getattr(cls.__init__, "__config__", None)
    return found


def _signature(config: Callable[..., Any]) -> inspect.Signature:
    itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    return inspect.Signature([itself, *inspect.signature(config).parameters.values()])


def _refuse_unknown(made: str, given: Iterable[str], config: Any) -> None:
    known = [field.name for field in attrs.fields(config)]
    for name in given:
        if name not in known:
            raise InvalidConfigError(name, None, f"{made} has no option {name!r}{did_you_mean(name, known)}")


@contextmanager
def _types_told(made: str, values: Mapping[str, Any], config: Any) -> Iterator[None]:
    """Refuse a value of another type than its field's, if the block, whose own errors say more, does not."""
    declared = _declared(config)
    given = [field for field in attrs.fields(config) if field.name in values and field.name in declared]
    try:
        yield
    except SpineError:
        raise
    except Exception as error:
        for field in given:
            if not _is_accepted(values[field.name], field.converter, declared[field.name]):
                raise _wrong_type(made, field.name, values[field.name], declared[field.name]) from error
        raise
    for field in given:
        kind = declared[field.name]
        if field.converter is None and _is_plain(kind) and not _has_type(values[field.name], kind):
            raise _wrong_type(made, field.name, values[field.name], kind)


def _is_accepted(value: Any, convert: Any, declared: Any) -> bool:
    if convert is None:
        return _has_type(value, declared)
    try:
        convert(value)
    except (TypeError, AttributeError):
        return False
    except ValueError:  # the type is right
        return True
    return True


def _is_plain(declared: Any) -> bool:
    """Return whether a type has only texts, numbers and booleans, beside None."""
    return all(kind in (NoneType, *TYPE_WORDS) or get_origin(kind) is Literal for kind in _kinds(declared))


def _kinds(declared: Any) -> tuple[Any, ...]:
    return get_args(declared) if get_origin(declared) in (Union, UnionType) else (declared,)


@cache
def _declared(config: Any) -> dict[str, Any]:
    try:
        return get_type_hints(config)
    except NameError:  # a plugin imports the type for type checkers only
        return {}


def _has_type(value: Any, declared: Any) -> bool:
    """Return whether a value has a type, without a look at the items of a list or mapping."""
    kinds, origin = _kinds(declared), get_origin(declared)
    if len(kinds) > 1:
        return any(_has_type(value, kind) for kind in kinds)
    if origin is Literal:
        return any(type(value) is type(choice) for choice in get_args(declared))
    kind = object if declared is Any else origin or declared
    if kind in (int, float) and isinstance(value, bool):
        return False
    if kind is float:
        return isinstance(value, (int, float))
    return not isinstance(kind, type) or isinstance(value, kind)


def _wrong_type(made: str, name: str, value: Any, declared: Any) -> InvalidConfigError:
    """Return the error; a value is shown only where a text is wrong by itself, as others may hold a secret."""
    kinds = _kinds(declared)
    expected = " or ".join(_word(kind) for kind in kinds if kind is not NoneType)
    shown = isinstance(value, str) and not {int, float, bool}.isdisjoint(kinds)
    found = repr(value[:40]) if shown else f"a value of the type {type(value).__name__}"
    return InvalidConfigError(name, value if shown else None, f"{made}: {name} must be {expected}, not {found}")


def _word(kind: Any) -> str:
    origin = get_origin(kind) or kind
    if origin is Literal:
        return "one of " + ", ".join(map(repr, get_args(kind)))
    return TYPE_WORDS.get(origin) or f"a {getattr(origin, '__name__', origin)}"
