"""Transfer of a task's error as JSON."""

from __future__ import annotations

import base64
import importlib
import math
from collections.abc import Mapping
from functools import reduce
from typing import Any

from attrs import asdict

from spine.core.classification import ErrorCategory
from spine.core.errors import ErrorContext, SpineError, get_retry_after, is_retryable
from spine.core.failure import Failure, carried_failure, carry_failure, category_of, failure_of, kept_error
from spine.core.kept_text import ERROR_CHARACTERS, traceback_text

_LONGEST = 1 << 20  # characters of one argument; an exception with a larger one is rebuilt from its cut text
_DEPTH = 5  # groups in groups


class _Unsendable(Exception):
    """An argument that has no JSON form here."""


def error_to_json(error: BaseException) -> dict[str, Any]:
    """Return an exception as JSON values: what it is made from, if that can be sent, and its facts."""
    return {
        "made_from": _described(error),
        "text": kept_error(error, named=True),
        "category": category_of(error).value,
        "retryable": is_retryable(error),
        "retry_after": get_retry_after(error),
        "traceback": traceback_text(error, ERROR_CHARACTERS),
        "failure": (carried_failure(error) or failure_of(error)).to_dict(),
    }


def error_from_json(sent: Mapping[str, Any]) -> Exception:
    """Return the exception with its type, or a SpineError with its text, category and retryable flag."""
    category, retryable, retry_after = ErrorCategory(sent["category"]), sent["retryable"], sent["retry_after"]
    error = _rebuilt(sent)
    if error is None:
        error = SpineError(sent["text"], category=category, retryable=retryable, retry_after=retry_after)
    error.add_note(f"In the worker process:\n{sent['traceback']}")
    carry_failure(error, Failure.from_dict(sent["failure"]))
    return error


def _described(error: BaseException) -> dict[str, Any] | None:
    """Return the class, the arguments and the attributes of an exception; None if an argument cannot be sent."""
    try:
        return _encoded(error, 0)["error"]  # type: ignore[no-any-return]  # a dict, see there
    except _Unsendable:
        return None


def _encoded(value: object, depth: int) -> Any:
    if _is_plain(value):
        return value
    if depth <= _DEPTH:
        if type(value) in (list, tuple):
            return {type(value).__name__: [_encoded(each, depth + 1) for each in value]}  # type: ignore[attr-defined]
        if isinstance(value, BaseException):
            arguments = [_encoded(each, depth + 1) for each in _arguments_of(value)]
            name = f"{type(value).__module__}:{type(value).__qualname__}"
            return {"error": {"class": name, "args": arguments, "state": _state_of(value)}}
    if type(value) is bytes and len(value) <= _LONGEST:
        return {"bytes": base64.b64encode(value).decode()}
    raise _Unsendable


def _decoded(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    [(kind, held)] = value.items()
    if kind == "bytes":
        return base64.b64decode(held)
    if kind == "error":
        return _made(held)
    found = [_decoded(each) for each in held]
    return tuple(found) if kind == "tuple" else found


def _is_plain(value: object) -> bool:
    if isinstance(value, float):
        return type(value) is float and math.isfinite(value)
    if isinstance(value, int):
        return type(value) in (int, bool) and value.bit_length() < 10_000  # as JSON texts may have
    return value is None or (type(value) is str and len(value) <= _LONGEST)


def _arguments_of(error: BaseException) -> tuple[Any, ...]:
    if isinstance(error, OSError) and len(error.args) == 2 and error.filename is not None:
        return (*error.args, error.filename)  # which it takes apart
    return error.args


def _state_of(error: BaseException) -> dict[str, Any]:
    """Return the plain attributes of an exception; a SpineError has its category and context, too."""
    state = {name: value for name, value in vars(error).items() if _is_plain(value)}
    if isinstance(error, SpineError):
        context = asdict(error.context, recurse=False)
        metadata = {name: value for name, value in context.pop("metadata").items() if _is_plain(value)}
        known = {name: value for name, value in context.items() if _is_plain(value)}
        state |= {"category": error.category.value, "context": {**known, "metadata": metadata}}
    return state


def _rebuilt(sent: Mapping[str, Any]) -> Exception | None:
    """Return the exception; None if what it is made from gives another one here."""
    if sent["made_from"] is None:
        return None
    try:
        error = _made(sent["made_from"])
        is_same = (kept_error(error, named=True), category_of(error).value, is_retryable(error)) == (
            sent["text"],
            sent["category"],
            sent["retryable"],
        )
    except Exception:  # noqa: BLE001 - its class may be unknown here or fail in any way
        return None
    return error if is_same and isinstance(error, Exception) else None


def _made(described: Mapping[str, Any]) -> BaseException:
    """Make an exception without a call of its constructor, whose parameters are not known here."""
    module, _, name = described["class"].partition(":")
    found: Any = reduce(getattr, name.split("."), importlib.import_module(module))
    if not issubclass(found, BaseException):
        raise TypeError(name)
    arguments, state = tuple(map(_decoded, described["args"])), dict(described["state"])
    error: BaseException = found.__new__(found, *arguments)
    if isinstance(error, SpineError):
        error.args = arguments
        state |= {"category": ErrorCategory(state["category"]), "context": ErrorContext(**state["context"])}
    vars(error).update(state)
    return error
