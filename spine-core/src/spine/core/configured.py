"""Constructors whose arguments are the fields of an attrs class, which is their only declaration."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import attrs

from spine.core.errors import ConfigError, InvalidConfigError, SpineError
from spine.core.suggest import did_you_mean

P = ParamSpec("P")
S = TypeVar("S")
C = TypeVar("C")


class WrongArgumentError(ConfigError, ValueError):
    """An argument of a configured class has a value that its config class refuses."""


def configured_by(config: Callable[P, C]) -> Callable[[Callable[[S, C], None]], Callable[Concatenate[S, P], None]]:
    """Decorate `__init__(self, options)`: the object is made with the fields of the attrs class `config` as arguments.

    Their names, order, types, defaults, converters and validators are those of the class. An argument that it does not
    have is an InvalidConfigError with the closest one, a value that a validator refuses a ConfigError.
    """

    def decorate(init: Callable[[S, C], None]) -> Callable[Concatenate[S, P], None]:
        @wraps(init)
        def constructor(self: S, /, *args: P.args, **given: P.kwargs) -> None:
            _refuse_unknown(type(self).__name__, given, config)
            try:
                options = config(*args, **given)
            except ValueError as error:  # of a validator or converter; its other arguments may hold a secret
                if isinstance(error, SpineError):
                    raise
                raise WrongArgumentError(f"{type(self).__name__}: {error.args[0]}", cause=error) from error
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
