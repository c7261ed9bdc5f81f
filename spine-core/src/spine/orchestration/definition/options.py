"""Options common to all types of steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, TypedDict

from spine.orchestration.definition.retry import RetryPolicy

if TYPE_CHECKING:
    from spine.orchestration.context import WorkflowContext


class ErrorPolicy(str, Enum):
    """Effect of a step's failure: the run fails, continues as PARTIAL, or retries the step and then fails."""

    STOP = "stop"
    CONTINUE = "continue"
    RETRY = "retry"


class _Options(TypedDict, total=False):
    retry_policy: RetryPolicy | None
    when: Callable[[WorkflowContext], Any] | None
    always_run: bool
    after: Sequence[str] | None


class WaitOptions(_Options, total=False):
    """Options of every step. With `when`, it runs only if `when(context)` is true; with `always_run`, also on failure.

    `after` names the earlier steps that it depends on: it is skipped if they bring nothing new; `[]` prevents the skip.
    """

    on_error: ErrorPolicy


class OptionsButPolicy(_Options, total=False):
    """WaitOptions, and `next_step`, a step's name or END: the step after success instead of the next in order.

    `timeout` is in seconds: the step runs in its own process, which is killed at the timeout.
    """

    next_step: str | None
    timeout: float | None


class StepOptions(OptionsButPolicy, total=False):
    """All common options, including `on_error`."""

    on_error: ErrorPolicy


COMMON_OPTIONS = frozenset(("on_error", "retry_policy", "next_step", "timeout", "when", "always_run", "after"))
