"""`Result[T]`: the outcome of work that may fail, as a value.

A Result is an `Ok` with a value or an `Err` with an exception. `match`, or `isinstance` with either class, narrows the
type for a type checker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeAlias, TypeVar, final

from attrs import frozen

from spine.core.errors import SpineError, categorize_error, error_to_dict, get_retry_after, is_retryable

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
U = TypeVar("U")


class Outcome:
    """Base class of results that may be failures. They are refused as JSON values: the failure would pass unseen."""

    __slots__ = ()


@final
@frozen(repr=False)
class Ok(Outcome, Generic[T_co]):
    """A success and its value."""

    value: T_co

    def is_ok(self) -> bool:
        """Return whether this is a success."""
        return True

    def is_err(self) -> bool:
        """Return whether this is a failure."""
        return False

    def unwrap(self) -> T_co:
        """Return the value."""
        return self.value

    def unwrap_or(self, default: object) -> T_co:
        """Return the value; an Err would return `default`."""
        return self.value

    def unwrap_or_else(self, f: Callable[[Exception], object]) -> T_co:
        """Return the value; an Err would return `f(error)`."""
        return self.value

    def map(self, f: Callable[[T_co], U]) -> Ok[U]:
        """Return an Ok with `f(value)`; what `f` raises is raised."""
        return Ok(f(self.value))

    def flat_map(self, f: Callable[[T_co], Result[U]]) -> Result[U]:
        """Return the Result of `f(value)`."""
        return f(self.value)

    and_then = flat_map

    def map_err(self, f: Callable[[Exception], Exception]) -> Ok[T_co]:
        """Return this Ok: there is no error to change."""
        return self

    def or_else(self, f: Callable[[Exception], Result[U]]) -> Ok[T_co]:
        """Return this Ok: there is nothing to recover from."""
        return self

    def inspect(self, f: Callable[[T_co], object]) -> Ok[T_co]:
        """Call `f(value)` and return this Ok."""
        f(self.value)
        return self

    def inspect_err(self, f: Callable[[Exception], object]) -> Ok[T_co]:
        """Return this Ok: there is no error to look at."""
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return `{"ok": True, "value": ...}`, the value as it is."""
        return {"ok": True, "value": self.value}

    def __repr__(self) -> str:
        return f"Ok({self.value!r})"


@final
@frozen(repr=False)
class Err(Outcome, Generic[T_co]):
    """A failure and its error; the type parameter is that of the missing value.

    Two Errs are equal if their errors are, which for most exceptions means: the same object.
    """

    error: Exception

    def is_ok(self) -> bool:
        """Return whether this is a success."""
        return False

    def is_err(self) -> bool:
        """Return whether this is a failure."""
        return True

    def unwrap(self) -> T_co:
        """Raise the error itself."""
        raise self.error

    def unwrap_or(self, default: U) -> U:
        """Return `default`."""
        return default

    def unwrap_or_else(self, f: Callable[[Exception], U]) -> U:
        """Return `f(error)`."""
        return f(self.error)

    def map(self, f: Callable[[T_co], U]) -> Err[U]:
        """Return an Err with the same error."""
        return Err(self.error)

    def flat_map(self, f: Callable[[T_co], Result[U]]) -> Err[U]:
        """Return an Err with the same error."""
        return Err(self.error)

    and_then = flat_map

    def map_err(self, f: Callable[[Exception], Exception]) -> Err[T_co]:
        """Return an Err with `f(error)`; what `f` raises is raised."""
        return Err(f(self.error))

    def or_else(self, f: Callable[[Exception], Result[U]]) -> Result[U]:
        """Return the Result of `f(error)`."""
        return f(self.error)

    def inspect(self, f: Callable[[T_co], object]) -> Err[T_co]:
        """Return this Err: there is no value to look at."""
        return self

    def inspect_err(self, f: Callable[[Exception], object]) -> Err[T_co]:
        """Call `f(error)` and return this Err."""
        f(self.error)
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return `{"ok": False, "error": {...}}`, the error as `SpineError.to_dict()` writes it."""
        return {"ok": False, "error": error_to_dict(self.error)}

    def __repr__(self) -> str:
        return f"Err({self.error!r})"


Result: TypeAlias = Ok[T] | Err[T]


def unwrapped(returned: object) -> Any:
    """Return what user code returned, or the value of it if it is an Ok; the error of an Err is raised."""
    while isinstance(returned, Ok | Err):
        returned = returned.unwrap()
    return returned


def try_result(f: Callable[[], T]) -> Result[T]:
    """Return what `f` returns or raises; an exit such as KeyboardInterrupt passes through."""
    return try_result_with(f)


def try_result_with(f: Callable[[], T], error_mapper: Callable[[Exception], Exception] | None = None) -> Result[T]:
    """Return what `f` returns, or its exception, converted by `error_mapper`.

    The exception is the cause of the one that replaces it, unless that has a cause already.
    """
    try:
        return Ok(f())
    except Exception as error:  # noqa: BLE001  # turning any of them into a value is the purpose
        mapped = error if error_mapper is None else error_mapper(error)
        if mapped is not error and mapped.__cause__ is None:
            mapped.__cause__ = error
        return Err(mapped)


def collect_results(results: Iterable[Result[T]]) -> Result[list[T]]:
    """Return all values in order, or the first Err; later results are not read."""
    values: list[T] = []
    for result in results:
        match result:
            case Ok(value):
                values.append(value)
            case Err(error):
                return Err(error)
    return Ok(values)


def collect_all_errors(results: Iterable[Result[T]]) -> Result[list[T]]:
    """Return all values in order, or one Err for all failures.

    A single error is kept. Several become one SpineError, which is retryable if each of them is; its cause is an
    ExceptionGroup that holds them all, and `context.metadata` has their number and texts.
    """
    values, errors = partition_results(results)
    if not errors:
        return Ok(values)
    return Err(errors[0] if len(errors) == 1 else _combined(errors))


def partition_results(results: Iterable[Result[T]]) -> tuple[list[T], list[Exception]]:
    """Return the values and the errors, each in order."""
    values: list[T] = []
    errors: list[Exception] = []
    for result in results:
        match result:
            case Ok(value):
                values.append(value)
            case Err(error):
                errors.append(error)
    return values, errors


def from_optional(value: T | None, error: Exception) -> Result[T]:
    """Return an Err only for None: an empty or false value is a value."""
    return Err(error) if value is None else Ok(value)


def from_bool(condition: bool, ok_value: T, error: Exception) -> Result[T]:
    """Return `ok_value` if the condition holds, else `error`."""
    return Ok(ok_value) if condition else Err(error)


def _combined(errors: list[Exception]) -> SpineError:
    texts = [str(error) or type(error).__name__ for error in errors]
    more = f"; and {len(texts) - 3} more" if len(texts) > 3 else ""
    group = ExceptionGroup("collected results", errors)
    return SpineError(
        f"Multiple errors ({len(errors)}): {'; '.join(texts[:3])}{more}",
        category=categorize_error(group),
        retryable=is_retryable(group),
        retry_after=get_retry_after(group),
        cause=group,
    ).with_context(error_count=len(errors), errors=texts)
