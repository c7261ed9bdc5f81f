"""Task functions of `ExecutorConformance`, at the top of a module so that any process can import them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from spine.core.errors import RateLimitError, SourceNotFoundError, ValidationError
from spine.core.scope import current_scope
from spine.framework.work import current_work
from spine.testing.conformance.gate import pass_gate

LEAKED = 256 << 20  # bytes


class Marker:
    """Marker that a test puts into its scope and a task reads."""


class StubbornError(ValidationError):
    """An error that can be pickled but not unpickled."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")
        self.refuses = _Refuses()


class _Refuses:
    def __reduce__(self) -> tuple[Any, ...]:
        return _refuse, ()


def _refuse() -> None:
    raise RuntimeError("these bytes cannot be unpickled")


class PlainStubbornError(ConnectionError):
    """Like StubbornError, but not a SpineError."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


def square(number: int) -> int:
    return number * number


def give(**arguments: Any) -> dict[str, Any]:
    return arguments


def tuple_of(first: int, second: int) -> tuple[int, int]:
    return first, second


def change(items: list[int]) -> list[int]:
    items.append(0)
    return items


def no_json(what: str) -> Any:
    return {"object": object(), "nan": float("nan"), "deep": [{"at": object()}]}[what]


def fail(how: str) -> None:
    raise {
        "rate limit": RateLimitError("slow down", retry_after=7),
        "not found": SourceNotFoundError("no such file: a.csv"),
        "value": ValueError("not a number: 'x'"),
        "stubborn": StubbornError("broken", "twice"),
        "plain stubborn": PlainStubbornError("broken", "twice"),
    }[how]


def leave(code: int) -> None:
    sys.exit(code)


def die() -> None:
    os._exit(1)


def leak() -> int:
    kept = [b"x" * (1 << 20) for _ in range(LEAKED >> 20)]
    return len(kept)


def wait_at(gate: list[Any], name: str) -> str:
    pass_gate(gate, name)
    return name


def wait_and_touch(gate: list[Any], name: str, file: str) -> str:
    pass_gate(gate, name)
    Path(file).touch()
    return name


def look_around() -> dict[str, Any]:
    work = current_work()
    return {"scope": current_scope().find(Marker) is not None, "run": work.run_id if work else None}
