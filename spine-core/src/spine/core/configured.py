"""Constructors whose arguments are the fields of an attrs class, which is their only declaration."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import attrs

from spine.core.errors import InvalidConfigError
from spine.core.suggest import did_you_mean

P = ParamSpec("P")
S = TypeVar("S")
C = TypeVar("C")


def configured_by(config: Callable[P, C]) -> Callable[[Callable[[S, C], None]], Callable[Concatenate[S, P], None]]:
    """Decorate `__init__(self, options)`: the object is made with the fields of the attrs class `config` as arguments.

    Their names, order, types, defaults, converters and validators are those of the class. An argument that it does not
    have is an InvalidConfigError with the closest one.
    """

    def decorate(init: Callable[[S, C], None]) -> Callable[Concatenate[S, P], None]:
        @wraps(init)
        def constructor(self: S, /, *args: P.args, **given: P.kwargs) -> None:
            _refuse_unknown(type(self).__name__, given, config)
            init(self, config(*args, **given))

        constructor.__signature__ = _signature(config)  # type: ignore[attr-defined]  # functions may have one
        return constructor

    return decorate


def _signature(config: Callable[..., Any]) -> inspect.Signature:
    itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    return inspect.Signature([itself, *inspect.signature(config).parameters.values()])


def _refuse_unknown(made: str, given: Iterable[str], config: Any) -> None:
    known = [field.name for field in attrs.fields(config)]
    for name in given:
        if name not in known:
            raise InvalidConfigError(name, None, f"{made} has no option {name!r}{did_you_mean(name, known)}")
