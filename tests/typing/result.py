"""`Result` as users write it; `mypy --strict` accepts this file, and running it passes its assertions."""

from __future__ import annotations

from typing import assert_type

from spine.core.errors import SourceNotFoundError, SpineError
from spine.core.result import (
    Err,
    Ok,
    Result,
    collect_all_errors,
    collect_results,
    from_bool,
    from_optional,
    partition_results,
    try_result,
    try_result_with,
)


def parse(text: str) -> Result[int]:
    if not text.isdigit():
        return Err(SpineError(f"{text!r} is not a number"))
    return Ok(int(text))


def half(number: int) -> Result[float]:
    return Ok(number / 2) if number else Err(ValueError("nothing to halve"))


def describe(result: Result[int]) -> str:
    match result:
        case Ok(number):
            return f"got {assert_type(number, int)}"
        case Err(error):
            return f"failed: {assert_type(error, Exception)}"


def narrowed(result: Result[int]) -> int:
    if isinstance(result, Err):
        raise result.error
    return assert_type(result.value, int)


def widened(result: Result[bool]) -> Result[int]:
    """A Result of a subclass is a Result of its base."""
    return result


seven = parse("7")
assert_type(seven.unwrap(), int)
assert_type(seven.map(str).unwrap_or("none"), str)
assert_type(seven.map(lambda number: f"{number}").unwrap_or("none"), str)
assert_type(seven.map(lambda number: f"{number}").unwrap_or(None), str | None)
assert_type(seven.unwrap_or_else(lambda error: str(error)), int | str)
assert_type(seven.flat_map(half), Ok[float] | Err[float])
assert_type(seven.and_then(lambda number: half(number)).map(round).unwrap(), int)
assert_type(seven.or_else(lambda _: parse("0")).unwrap(), int)
assert_type(seven.map_err(lambda error: SpineError("no", cause=error)).inspect(str).inspect_err(str).unwrap(), int)

assert_type(try_result(lambda: 1), Ok[int] | Err[int])
assert_type(try_result_with(lambda: 1, lambda error: SpineError("no", cause=error)), Ok[int] | Err[int])
assert_type(collect_results([parse("1"), parse("2")]).unwrap(), list[int])
assert_type(collect_all_errors([parse("1"), parse("2")]).unwrap(), list[int])
assert_type(partition_results([parse("1"), parse("x")]), tuple[list[int], list[Exception]])
assert_type(from_optional({"a": 1}.get("a"), KeyError("a")).unwrap(), int)
assert_type(from_bool(True, 1, ValueError("no")).unwrap(), int)

failed: Result[str] = Err(SourceNotFoundError("user 123"))
assert_type(seven.flat_map(lambda number: Ok(number / 2) if number else Err(ValueError("zero"))).unwrap(), float)

wrong: Result[str] = Ok(1)  # type: ignore[arg-type]  # a value of another type is found


def misused(result: Result[int]) -> None:
    result.map(lambda number: number.upper())  # type: ignore[attr-defined]  # so is a step that does not fit the value
