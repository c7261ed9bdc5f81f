"""The options of an adapter: the keyword arguments of its class, checked by name and read from a URL."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from sqlalchemy import URL

from spine.core.errors import ConfigError, InvalidConfigError
from spine.core.suggest import did_you_mean

_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def check_options(cls: type[Any], options: Mapping[str, Any]) -> None:
    """Raise a ConfigError for an option that the class does not take."""
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
    """Return what a URL says as keyword arguments; its query wins, and its texts become the types of the defaults."""
    parts = {
        "host": url.host,
        "port": url.port,
        "database": url.database,
        "username": url.username,
        "password": url.password,
    }
    known = _parameters(cls)
    options: dict[str, Any] = {name: part for name, part in parts.items() if part is not None}
    for name, text in url.query.items():
        if not isinstance(text, str):
            raise ConfigError(f"the option {name!r} stands more than once in the URL")
        options[name] = _convert(name, text, known[name].default) if name in known else text
    return options


def _parameters(cls: type[Any]) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(cls).parameters
    return {name: parameter for name, parameter in parameters.items() if parameter.kind is not parameter.VAR_POSITIONAL}


def _convert(name: str, text: str, default: object) -> object:
    try:
        if isinstance(default, bool):
            return _WORDS[text.lower()]
        if isinstance(default, (int, float)):
            return type(default)(text)
    except (KeyError, ValueError):
        kind = {bool: "true or false", int: "a whole number", float: "a number"}[type(default)]
        raise InvalidConfigError(name, text, f"the option {name!r} of the URL must be {kind}, not {text!r}") from None
    return text
