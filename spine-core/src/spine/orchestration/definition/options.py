"""Options common to all types of steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from spine.core.duration import check_number
from spine.core.errors import ValidationError
from spine.core.frozen import FrozenList
from spine.orchestration.definition.retry import RetryPolicy

if TYPE_CHECKING:
    from spine.orchestration.context import WorkflowContext
    from spine.orchestration.definition.step import Step


class ErrorPolicy(str, Enum):
    """Effect of a step's failure: the run fails, continues as PARTIAL, or retries the step and then fails.

    A step takes the name as a text, too: `on_error="continue"`.
    """

    STOP = "stop"
    CONTINUE = "continue"
    RETRY = "retry"


class _Options(TypedDict, total=False):
    retry_policy: RetryPolicy | None
    when: Callable[[WorkflowContext], Any] | None
    always_run: bool
    after: Sequence[str] | None
    dry_run: Literal["skip", "call"]


class WaitOptions(_Options, total=False):
    """Options of every step. With `when`, it runs only if `when(context)` is true; with `always_run`, also on failure.

    `after` names the earlier steps that it depends on: it is skipped if they bring nothing new; `[]` prevents the skip.
    `dry_run="call"` executes the step in a dry run, too: its code checks `context.is_dry_run`, and leaves no effects.
    """

    on_error: ErrorPolicy | str


class OptionsButPolicy(_Options, total=False):
    """WaitOptions, and `next_step`, a step's name or END: the step after success instead of the next in order.

    `timeout` is in seconds: the step runs in its own process, which is killed at the timeout. `max_memory` is in bytes:
    the step runs in its own process, and may allocate so many; of a map step, each item, on an executor of processes.
    """

    next_step: str | None
    timeout: float | None
    max_memory: int | None


class StepOptions(OptionsButPolicy, total=False):
    """All common options, including `on_error`."""

    on_error: ErrorPolicy | str


COMMON_OPTIONS = frozenset(
    ("on_error", "retry_policy", "next_step", "timeout", "max_memory", "when", "always_run", "after", "dry_run")
)


def step_names(given: Sequence[str] | None) -> Sequence[str] | None:
    """Return the names of `after` as a read-only list; ValidationError for a single text."""
    if isinstance(given, str):
        raise ValidationError(f"after={given!r} is one text where a list of step names is needed: write [{given!r}]")
    return None if given is None else FrozenList(given)


def check_limits(step: Step) -> None:
    """Raise a ValidationError for a `timeout` or a `max_memory` that the step cannot have."""
    place = f"step {step.name!r}"
    check_number("timeout", step.timeout, place)
    most = step.max_memory
    if most is not None and (type(most) is not int or most < 1):  # a bool is no number of bytes
        raise ValidationError(f"max_memory of {place} is {most!r:.80}: give a number of bytes", field="max_memory")
    step.spec.check_limits(step)


def error_policy(given: ErrorPolicy | str) -> ErrorPolicy:
    """Return the policy that is given or named; ValidationError for another text."""
    if isinstance(given, ErrorPolicy):
        return given
    from spine.core.choice import choose  # a plain run does without

    return choose(ErrorPolicy, "on_error", given)


def dry_run_mode(given: str) -> str:
    """Return the value of the option `dry_run`; ValidationError for another one."""
    if given not in ("skip", "call"):
        raise ValidationError(f'dry_run is "skip" or "call", not {given!r:.80}')
    return given
