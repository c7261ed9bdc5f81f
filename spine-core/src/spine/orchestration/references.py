"""Functions by name: `module:qualified.name`, the form in which definitions and other processes address them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import reduce
from typing import Any

from spine.core.errors import WorkflowError


def reference_to(function: Callable[..., Any] | None) -> str | None:
    """Return the reference of a function; a lambda or inner function has one that cannot be resolved."""
    if function is None:
        return None
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{named.__module__}:{named.__qualname__}"


def resolve_reference(reference: str) -> Callable[..., Any]:
    """Import the function that `reference` names; WorkflowError if there is none.

    This runs code of the named module: references come from workflow code, which is trusted, never from data.
    """
    module, _, path = reference.partition(":")
    if "<" in path:
        raise WorkflowError(f"function {reference!r} is a lambda or an inner function: move it to the top of a module")
    try:
        found: Any = reduce(getattr, path.split("."), importlib.import_module(module))
    except (ImportError, AttributeError, ValueError) as error:
        raise WorkflowError(f"function {reference!r} cannot be found: {error}", cause=error) from error
    if not callable(found):
        raise WorkflowError(f"{reference!r} is not a function")
    return found  # type: ignore[no-any-return]  # callable() was just checked
