"""Executor protocol: submit tasks, get futures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Protocol, runtime_checkable

from attrs import asdict, field, frozen

from spine.core.errors import (
    ConfigError,
    OrchestrationError,
    TimeoutError,  # noqa: A004 - Spine has its own
)
from spine.core.jsonvalue import to_json_value
from spine.orchestration.definition.references import reference_to
from spine.plugins.declared import declarations
from spine.plugins.errors import PluginError

DEFAULT_EXECUTOR = "threads"  # of a map step


@frozen
class Limits:
    """Seconds that a task may take, and bytes that it may allocate; `what` names it in an error."""

    what: str
    seconds: float | None = None
    max_memory: int | None = None

    def late(self) -> TimeoutError:
        """Return the error of a task that took longer than its time, and was ended with its process."""
        return TimeoutError(f"{self.what} took longer than its timeout of {self.seconds:g} s and was stopped")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def call(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
        """Call the function within the limit of memory, in this process; MemoryLimitError if it needs more."""
        from spine.orchestration.isolation.memory import memory_error, memory_limited, ran_out_of_memory

        try:
            with memory_limited(self.max_memory):
                return function(**arguments)
        except BaseException as error:
            if self.max_memory is None or not ran_out_of_memory(error):
                raise
            raise memory_error(self.what, self.max_memory) from None


@frozen
class Task:
    """Function and its arguments as JSON values; its result is JSON too, in this process and in others.

    Executors of this process call `function`; others import it by `reference`, so a function is never pickled. Those
    keep its `limits`, too; a thread cannot be ended, and has no memory of its own. A batch does the work of several
    tasks, each of which is submitted alone if the worker dies: an executor that tries again by itself does not do so
    with a batch.
    """

    function: Callable[..., Any]
    arguments: Mapping[str, Any] = field(factory=dict)
    limits: Limits | None = None
    is_batch: bool = False

    @property
    def reference(self) -> str:
        """Reference of the function, `module:qualified.name`."""
        reference = reference_to(self.function)
        if reference is None or "<" in reference:
            raise OrchestrationError(
                f"{reference} is a lambda or an inner function, which another process cannot import: "
                "define it at the top of a module, or use an executor of this process"
            )
        return reference

    def checked_arguments(self) -> dict[str, Any]:
        """Return a copy of the arguments as JSON values; ValidationError, naming the place, if JSON cannot hold one.

        Executors call it when the task is submitted.
        """
        values: dict[str, Any] = to_json_value(self.arguments, f"the arguments of {reference_to(self.function)}")
        return values


@runtime_checkable
class Executor(Protocol):
    """Executor of tasks, created with `max_workers` and its options, used from one thread at a time.

    Its class has `in_process = True` if tasks run in this process: they may then be lambdas and see the caller's
    project and step. By default they run elsewhere. One that implements RunQueue accepts whole runs of schedules. With
    a method `abandon(future)`, a scheduler gets the worker of a task back that does not return.
    """

    @property
    def name(self) -> str: ...

    @property
    def max_workers(self) -> int:
        """Maximum number of tasks that run at once."""
        ...

    def submit(self, task: Task) -> Future[Any]:
        """Start the task, now or when a worker is free; the future has its error, of the original type.

        Raises OrchestrationError when closed, or for a function that the worker cannot import, and ValidationError for
        arguments that JSON cannot hold.
        """
        ...

    def close(self) -> None:
        """Wait for the submitted tasks and accept no more; no effect when closed."""
        ...


def make_executor(name: str, max_workers: int) -> Executor:
    """Return the executor declared by `[executors.NAME]`, else a new one of the type `name`.

    Raises ConfigError for a wrong option, PluginError for a type that is not available.
    """
    made: Executor = declarations().make("executor", name, max_workers=max_workers)
    return made


def is_in_process(executor: Executor | str) -> bool:
    """Return True if tasks of an executor, given itself or by name, run in this process; False for an unknown name."""
    if isinstance(executor, str):
        try:
            return bool(getattr(declarations().load_class("executor", executor), "in_process", False))
        except PluginError:
            return False
    return bool(getattr(executor, "in_process", False))


def call(function: Callable[..., Any], arguments: Mapping[str, Any], limits: Limits | None = None) -> Any:
    """Call a task's function, within its limit of memory, and return its result as JSON values.

    Raises what the function raises, ValidationError for a result that JSON cannot hold, and OrchestrationError for
    sys.exit(), which would end the process that collects the result.
    """
    name = reference_to(function)
    try:
        result = function(**arguments) if limits is None else limits.call(function, arguments)
    except SystemExit as error:
        raise OrchestrationError(f"{name} called sys.exit({error.code!r}): raise an error instead") from None
    return to_json_value(result, f"the result of {name}")


def check_workers(max_workers: int) -> int:
    """Return `max_workers`; ConfigError if it is below 1."""
    if max_workers < 1:
        raise ConfigError(f"max_workers must be at least 1, not {max_workers}")
    return max_workers


def check_open(closed: bool, name: str) -> None:
    """Raise OrchestrationError if the executor is closed."""
    if closed:
        raise OrchestrationError(f"executor {name!r} is closed: make another one")
