"""The options of an adapter: the keyword arguments of its class, checked by name and read from a URL."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from sqlalchemy import URL

from spine.core.configured import config_of
from spine.core.errors import ConfigError, InvalidConfigError
from spine.core.suggest import did_you_mean

_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def check_options(cls: type[Any], options: Mapping[str, Any]) -> None:
    """Raise a ConfigError for an option that the class does not have."""
    known = _parameters(cls)
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values()):
        return
    for name in options:
        if name not in known:
            raise ConfigError(f"{cls.__name__} has no option {name!r}{did_you_mean(name, known)}")
    missing = [name for name, parameter in known.items() if parameter.default is parameter.empty]
    if lacking := [name for name in missing if name not in options]:
        raise ConfigError(f"{cls.__name__} needs the option {lacking[0]!r}")


def url_options(cls: type[Any], url: URL) -> dict[str, Any]:
    """Return the parts of a URL as keyword arguments; its query wins, and its texts get the types of the options.

    The types are those of the config class of `configured_by`, else the annotations of the constructor.
    """
    parts = {
        "host": url.host,
        "port": url.port,
        "database": url.database,
        "username": url.username,
        "password": url.password,
    }
    declared = get_type_hints(config_of(cls) or vars(cls).get("__init__", cls.__init__))
    options: dict[str, Any] = {name: part for name, part in parts.items() if part is not None}
    for name, text in url.query.items():
        if not isinstance(text, str):
            raise ConfigError(f"the option {name!r} occurs more than once in the URL")
        options[name] = _convert(name, text, declared.get(name, str))
    return options


def _parameters(cls: type[Any]) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(cls).parameters
    return {name: parameter for name, parameter in parameters.items() if parameter.kind is not parameter.VAR_POSITIONAL}


def _convert(name: str, text: str, declared: Any) -> object:
    kinds = _alternatives(declared)
    if str in kinds:
        return text
    for kind in (bool, int, float):
        if kind in kinds:
            return _number(name, text, kind)
    choices = [value for kind in kinds if get_origin(kind) is Literal for value in get_args(kind)]
    if choices and text not in choices:
        raise InvalidConfigError(name, text, f"the option {name!r} of the URL must be one of {', '.join(choices)}")
    return text


def _alternatives(declared: Any) -> tuple[Any, ...]:
    if get_origin(declared) in (Union, UnionType):
        return tuple(kind for kind in get_args(declared) if kind is not NoneType)
    return (declared,)


def _number(name: str, text: str, kind: type[bool | int | float]) -> object:
    try:
        return _WORDS[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError):
        word = {bool: "true or false", int: "a whole number", float: "a number"}[kind]
        raise InvalidConfigError(name, text, f"the option {name!r} of the URL must be {word}, not {text!r}") from None
