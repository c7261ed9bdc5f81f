"""What any step may be given beside what its type needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, TypedDict

from spine.orchestration.definition.retry import RetryPolicy

if TYPE_CHECKING:
    from spine.orchestration.context import WorkflowContext


class ErrorPolicy(str, Enum):
    """What a step's failure means: the run fails, goes on as PARTIAL, or the step is tried again and then fails it."""

    STOP = "stop"
    CONTINUE = "continue"
    RETRY = "retry"


class _Options(TypedDict, total=False):
    retry_policy: RetryPolicy | None
    when: Callable[[WorkflowContext], Any] | None
    always_run: bool
    after: Sequence[str] | None


class WaitOptions(_Options, total=False):
    """With `when`, the step runs only if `when(context)` is true. `always_run`: after a failure, too.

    `after` names the earlier steps that it depends on: it is skipped if they bring nothing new, never without one.
    """

    on_error: ErrorPolicy


class OptionsButPolicy(_Options, total=False):
    """As WaitOptions, and `next_step` (a step's name or END): where to go after success instead of to the next one.

    `timeout` is in seconds: the step runs in a process of its own, which is killed when they have passed.
    """

    next_step: str | None
    timeout: float | None


class StepOptions(OptionsButPolicy, total=False):
    """All of them, with `on_error`."""

    on_error: ErrorPolicy


COMMON_OPTIONS = frozenset(("on_error", "retry_policy", "next_step", "timeout", "when", "always_run", "after"))
