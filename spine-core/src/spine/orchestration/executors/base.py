"""What an executor is: something that runs tasks and hands back futures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Protocol, runtime_checkable

from attrs import field, frozen

from spine.core.errors import OrchestrationError
from spine.orchestration.references import reference_to


@frozen
class Task:
    """A function and the JSON values to call it with.

    Executors of this process call `function`; others address it by `reference` and import it on their side, so a
    function is never pickled.
    """

    function: Callable[..., Any]
    arguments: Mapping[str, Any] = field(factory=dict)

    @property
    def reference(self) -> str:
        """`module:qualified.name` of the function."""
        reference = reference_to(self.function)
        if reference is None or "<" in reference:
            raise OrchestrationError(
                f"{reference} is a lambda or an inner function, which another process cannot import: "
                "define it at the top of a module, or use an executor of this process"
            )
        return reference


@runtime_checkable
class Executor(Protocol):
    """Runs tasks; made with `max_workers`, used from one thread at a time."""

    @property
    def name(self) -> str: ...

    @property
    def max_workers(self) -> int:
        """How many tasks run at once, at most."""
        ...

    def submit(self, task: Task) -> Future[Any]:
        """Start the task, now or when a worker is free; its error arrives through the future with its type."""
        ...

    def close(self) -> None:
        """Wait for what was submitted, then take nothing more; harmless when closed."""
        ...


def check_open(closed: bool, name: str) -> None:
    """Raise an OrchestrationError if the executor is closed."""
    if closed:
        raise OrchestrationError(f"executor {name!r} is closed: make another one")
