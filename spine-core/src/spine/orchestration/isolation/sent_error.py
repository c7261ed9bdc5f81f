"""Transfer of a task's error from a child process to this one."""

from __future__ import annotations

import pickle
import traceback

from attrs import frozen

from spine.core.classification import ErrorCategory
from spine.core.errors import SpineError, categorize_error, get_retry_after, is_retryable
from spine.core.failure import Failure, carried_failure, carry_failure, failure_of


@frozen
class SentError:
    """Pickled exception, with its facts in case it cannot be unpickled."""

    pickled: bytes
    text: str
    category: ErrorCategory
    retryable: bool
    retry_after: int | None
    traceback: str
    failure: Failure

    def restore(self) -> Exception:
        """Return the exception with its type, or a SpineError with its text, category and retryable flag."""
        error = self._unpickled() or SpineError(
            self.text, category=self.category, retryable=self.retryable, retry_after=self.retry_after
        )
        error.add_note(f"In the worker process:\n{self.traceback}")
        carry_failure(error, self.failure)
        return error

    def _unpickled(self) -> Exception | None:
        try:
            error = pickle.loads(self.pickled)  # noqa: S301 - the bytes come from a child of this process
        except Exception:  # noqa: BLE001 - its class may be unknown here or fail to unpickle in any way
            return None
        return error if isinstance(error, Exception) else None


def send_error(error: BaseException) -> SentError:
    """Return the exception in a form for another process, even if its class cannot be pickled."""
    try:
        pickled = pickle.dumps(error)
    except Exception:  # noqa: BLE001 - as above
        pickled = b""
    try:
        text = f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - an exception whose own text fails
        text = type(error).__name__
    trace = "".join(traceback.format_exception(error))
    failure = carried_failure(error) or failure_of(error)
    category = categorize_error(error) if isinstance(error, Exception) else ErrorCategory.INTERNAL
    return SentError(pickled, text, category, is_retryable(error), get_retry_after(error), trace, failure)
