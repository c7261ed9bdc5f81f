"""References to functions: `module:qualified.name`, as definitions and other processes use them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import reduce
from inspect import (
    isasyncgen,
    isasyncgenfunction,
    isawaitable,
    iscoroutine,
    iscoroutinefunction,
    isgenerator,
    isgeneratorfunction,
)
from types import ModuleType
from typing import Any, TypeVar

from spine.core.errors import ValidationError, WorkflowError
from spine.core.result import unwrapped

T = TypeVar("T")

_OF_SCRIPT = (
    "it is in the script that was started, which other processes do not import: move it to a module, or put what the "
    'script does below if __name__ == "__main__":'
)


def reference_to(function: Callable[..., Any] | None) -> str | None:
    """Return the reference of a function.

    The reference of a lambda, an inner function or a bound method contains `<` and cannot be resolved.
    """
    if function is None:
        return None
    owner = getattr(function, "__self__", None)
    of_object = owner is not None and not isinstance(owner, (type, ModuleType))
    if of_object or not hasattr(function, "__qualname__"):
        named = function if of_object and hasattr(function, "__qualname__") else type(function)
        return f"{named.__module__}:<{named.__qualname__} of an object>"
    return f"{function.__module__}:{function.__qualname__}"


def resolve_reference(reference: str) -> Callable[..., Any]:
    """Import the function named by `reference`; WorkflowError if there is none.

    This runs code of the named module: references come from workflow code, which is trusted, never from data.
    """
    module, _, path = reference.partition(":")
    if "<" in path:
        raise WorkflowError(
            f"function {reference!r} is a lambda, an inner function or bound to an object: "
            "move it to the top of a module"
        )
    try:
        found: Any = reduce(getattr, path.split("."), importlib.import_module(module))
    except (ImportError, AttributeError, ValueError) as error:
        problem = _OF_SCRIPT if module == "__main__" else str(error)
        raise WorkflowError(f"function {reference!r} cannot be found: {problem}", cause=error) from error
    if not callable(found):
        raise WorkflowError(f"{reference!r} is not a function")
    return found  # type: ignore[no-any-return]  # callable() was just checked


def check_plain_function(function: Callable[..., Any], what: str, *, may_yield: bool = False) -> None:
    """Raise ValidationError for an async function or a generator: its call runs no code, and the result is true."""
    for called in (function, type(function).__call__):
        if iscoroutinefunction(called) or isasyncgenfunction(called):
            raise ValidationError(f"{what} is async, and steps do not await: call asyncio.run(...) in a plain function")
        if isgeneratorfunction(called) and not may_yield:
            raise ValidationError(f"{what} is a generator, whose call runs nothing: return a list instead of yielding")


def answer_of(condition: Callable[[T], Any], context: T, what: str) -> Any:
    """Return what a condition says; an Err raises its error.

    Raises ValidationError for a coroutine or generator, which would always be true.
    """
    answer = unwrapped(condition(context))
    if iscoroutine(answer) or isgenerator(answer):
        answer.close()
    elif not isasyncgen(answer) and not isawaitable(answer):
        return answer
    raise ValidationError(f"{what} returned a {type(answer).__name__}, and no answer: call a plain function in it")
