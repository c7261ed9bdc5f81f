"""Transfer of a task's error as JSON."""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping
from functools import reduce
from typing import Any

from attrs import asdict

from spine.core.classification import ErrorCategory
from spine.core.errors import ErrorContext, SpineError, categorize_error, get_retry_after, is_retryable
from spine.core.failure import Failure, carried_failure, carry_failure, failure_of, kept_error
from spine.core.kept_text import ERROR_CHARACTERS, traceback_text

_MOST_CHARACTERS = 1 << 20  # of the arguments of an exception; a larger one is rebuilt from its cut text


def error_to_json(error: BaseException) -> dict[str, Any]:
    """Return an exception as JSON values: its class by reference, its plain arguments, and its facts."""
    category = categorize_error(error) if isinstance(error, Exception) else ErrorCategory.INTERNAL
    return {
        "class": f"{type(error).__module__}:{type(error).__qualname__}",
        "args": _arguments_of(error),
        "state": _state_of(error),
        "text": kept_error(error, named=True),
        "category": category.value,
        "retryable": is_retryable(error),
        "retry_after": get_retry_after(error),
        "traceback": traceback_text(error, ERROR_CHARACTERS),
        "failure": (carried_failure(error) or failure_of(error)).to_dict(),
    }


def error_from_json(sent: Mapping[str, Any]) -> Exception:
    """Return the exception with its type, or a SpineError with its text, category and retryable flag."""
    category, retryable, retry_after = ErrorCategory(sent["category"]), sent["retryable"], sent["retry_after"]
    error = _rebuilt(sent)
    if error is None or (categorize_error(error), is_retryable(error)) != (category, retryable):
        error = SpineError(sent["text"], category=category, retryable=retryable, retry_after=retry_after)
    error.add_note(f"In the worker process:\n{sent['traceback']}")
    carry_failure(error, Failure.from_dict(sent["failure"]))
    return error


def _arguments_of(error: BaseException) -> list[Any] | None:
    """Return the arguments of an exception, None if JSON would change or not hold one."""
    found = list(error.args)
    if isinstance(error, OSError) and len(found) == 2 and error.filename is not None:
        found.append(error.filename)
    texts = [each for each in found if isinstance(each, str)]
    return found if all(map(_is_plain, found)) and sum(map(len, texts)) <= _MOST_CHARACTERS else None


def _state_of(error: BaseException) -> dict[str, Any]:
    """Return the plain attributes of an exception; those of SpineError as what they are made from."""
    state = {name: value for name, value in vars(error).items() if _is_plain(value)}
    if isinstance(error, SpineError):
        context = asdict(error.context, recurse=False)
        plain = {name: value for name, value in context.pop("metadata").items() if _is_plain(value)}
        state["category"] = error.category.value
        state["context"] = {**{name: value for name, value in context.items() if _is_plain(value)}, "metadata": plain}
    return state


def _is_plain(value: object) -> bool:
    return type(value) in (str, bool, int, type(None)) or (type(value) is float and math.isfinite(value))


def _rebuilt(sent: Mapping[str, Any]) -> Exception | None:
    """Return the exception without a call of its constructor; None if that gives another one."""
    if sent["args"] is None:
        return None
    module, _, name = sent["class"].partition(":")
    try:
        found: Any = reduce(getattr, name.split("."), importlib.import_module(module))
        if not issubclass(found, Exception):
            return None
        error: Exception = found.__new__(found, *sent["args"])
        state = dict(sent["state"])
        if isinstance(error, SpineError):
            error.args = tuple(sent["args"])
            state["category"] = ErrorCategory(state["category"])
            state["context"] = ErrorContext(**state["context"])
        vars(error).update(state)
        is_same = kept_error(error, named=True) == sent["text"]
    except Exception:  # noqa: BLE001 - its class may be unknown here or fail in any way
        return None
    return error if is_same else None
