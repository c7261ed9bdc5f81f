"""The errors of Spine, and the classification of any exception.

    SpineError                          INTERNAL, unless a class below says otherwise

    Retry; the same work can succeed later
      TransientError                    NETWORK
        NetworkError
        TimeoutError
        RateLimitError                  says when: `retry_after`
        DatabaseConnectionError         DATABASE
      SourceUnavailableError            SOURCE; a SourceError

    Fix the data or the source
      SourceError                       SOURCE
        SourceNotFoundError
        ParseError                      PARSE
      ValidationError                   VALIDATION
        SchemaError
        ConstraintError
      IntegrityError                    DATABASE; a DatabaseError

    Fix the configuration, the rights or the machine
      ConfigError                       CONFIG
        MissingConfigError
        InvalidConfigError
      AuthError                         AUTH
        AuthenticationError
        AuthorizationError
      StorageError                      STORAGE

    Fix the code or the call
      PipelineError                     PIPELINE
        PipelineNotFoundError
        BadParamsError
      OrchestrationError                ORCHESTRATION
        WorkflowError
        ScheduleError
      DatabaseError                     DATABASE
        QueryError

Only the first group is retryable by itself; `retryable=` overrides that for one error, `default_retryable` for a class.
The command line exits with an error's `exit_code`: 2 for invalid user input (ConfigError, ValidationError,
PipelineNotFoundError, BadParamsError and the errors of unknown names), else 1; a class sets it beside its category.
Exceptions of Python and of libraries are classified by `spine.core.classification`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Self, TypedDict, TypeVar, Unpack

from attrs import asdict, define, evolve, field, fields

from spine.core.classification import Classification, ErrorCategory, classify

__all__ = [
    "AuthError",
    "AuthenticationError",
    "AuthorizationError",
    "BadParamsError",
    "ConfigError",
    "ConstraintError",
    "DatabaseConnectionError",
    "DatabaseError",
    "ErrorCategory",
    "ErrorContext",
    "ErrorOptions",
    "IntegrityError",
    "InvalidConfigError",
    "MissingConfigError",
    "NetworkError",
    "OrchestrationError",
    "ParseError",
    "PipelineError",
    "PipelineNotFoundError",
    "QueryError",
    "RateLimitError",
    "ScheduleError",
    "SchemaError",
    "SourceError",
    "SourceNotFoundError",
    "SourceUnavailableError",
    "SpineError",
    "StorageError",
    "TimeoutError",
    "TransientError",
    "ValidationError",
    "WorkflowError",
    "categorize_error",
    "error_to_dict",
    "get_retry_after",
    "is_retryable",
]


@define
class ErrorContext:
    """The place of an error; `metadata` holds values without a field of their own."""

    pipeline: str | None = None
    workflow: str | None = None
    step: str | None = None
    run_id: str | None = None
    execution_id: str | None = None
    source_name: str | None = None
    source_type: str | None = None
    url: str | None = None
    http_status: int | None = None
    metadata: dict[str, Any] = field(factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that are set and the entries of `metadata` beside them, as JSON values."""
        known = asdict(self, recurse=False, filter=lambda attribute, value: value is not None)
        known |= known.pop("metadata")
        return {str(name): _json_value(value) for name, value in known.items()}


class _Options(TypedDict, total=False):
    category: ErrorCategory | None
    retryable: bool | None
    context: ErrorContext | None
    cause: BaseException | None


class ErrorOptions(_Options, total=False):
    """The keywords of every error; a subclass's constructor passes them on as `**options: Unpack[ErrorOptions]`."""

    retry_after: float | None


class SpineError(Exception):
    """The base of Spine's errors: a message, a category, whether to retry, a context and a cause.

    `retry_after` is in seconds. An error can be pickled; attributes, metadata and a cause that cannot be pickled
    become text.
    """

    default_category: ClassVar[ErrorCategory] = ErrorCategory.INTERNAL
    default_retryable: ClassVar[bool] = False
    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        message: str,
        *,
        category: ErrorCategory | None = None,
        retryable: bool | None = None,
        retry_after: float | None = None,
        context: ErrorContext | None = None,
        cause: BaseException | None = None,
    ) -> None:
        super().__init__(message)
        self.message = str(message)
        self.category = self.default_category if category is None else category
        self.retryable = self.default_retryable if retryable is None else retryable
        self.retry_after = retry_after
        self.context = ErrorContext() if context is None else context
        if cause is not None:
            self.__cause__ = cause

    @property
    def cause(self) -> BaseException | None:
        """The exception behind this one, given as `cause=` or with `raise ... from`."""
        return self.__cause__

    @cause.setter
    def cause(self, cause: BaseException | None) -> None:
        self.__cause__ = cause

    def with_context(self, /, **details: Any) -> Self:
        """Add to the context and return this same error; names that are not fields of ErrorContext become metadata.

        A context shared by several errors does not change for the others.
        """
        known = {name: details.pop(name) for name in _CONTEXT_FIELDS & details.keys()}
        if isinstance(details.get("metadata"), Mapping):
            details |= details.pop("metadata")
        self.context = evolve(self.context, **known, metadata={**self.context.metadata, **details})
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return the error as JSON values, for logs, alerts and the history."""
        described = _describe(self)
        if context := self.context.to_dict():
            described["context"] = context
        return described

    def __str__(self) -> str:
        return self.message

    def __copy__(self) -> Self:
        return _restore(type(self), self.args, self._state())

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: _portable(value) for name, value in self._state().items()}
        return _restore, (type(self), self.args, state)

    def _state(self) -> dict[str, Any]:
        # assigning __cause__ sets __suppress_context__, which therefore comes after it
        chain = {"__cause__": self.__cause__, "__suppress_context__": self.__suppress_context__}
        return {**self.__dict__, **chain}


class TransientError(SpineError):
    """An external failure that may pass; a retry can succeed."""

    default_category = ErrorCategory.NETWORK
    default_retryable = True


class NetworkError(TransientError):
    """A connection could not be made, or broke."""


class TimeoutError(TransientError):  # noqa: A001  # the name users know; this module needs no other
    """An operation exceeded its time limit."""


class RateLimitError(TransientError):
    """The server limits the rate of requests; it accepts the next one after `retry_after` seconds."""

    def __init__(
        self, message: str = "Rate limit exceeded", *, retry_after: float | None = 60, **options: Unpack[_Options]
    ) -> None:
        super().__init__(message, retry_after=retry_after, **options)


class DatabaseConnectionError(TransientError):
    """The database could not be reached, or has no free connection."""

    default_category = ErrorCategory.DATABASE


class SourceError(SpineError):
    """A source could not deliver its data."""

    default_category = ErrorCategory.SOURCE


class SourceNotFoundError(SourceError):
    """The file or resource of a source does not exist."""


class SourceUnavailableError(SourceError):
    """A source exists, but cannot deliver now."""

    default_retryable = True


class ParseError(SourceError):
    """The data of a source cannot be read in its format."""

    default_category = ErrorCategory.PARSE


class ValidationError(SpineError):
    """A value breaks a rule: `field` names it, `constraint` the rule."""

    default_category = ErrorCategory.VALIDATION
    exit_code = 2

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        value: Any = None,
        constraint: str | None = None,
        **options: Unpack[ErrorOptions],
    ) -> None:
        super().__init__(message, **options)
        self.field = field
        self.value = value
        self.constraint = constraint

    def to_dict(self) -> dict[str, Any]:
        """Return the error as JSON values, with the field, the value's repr and the constraint where they are set."""
        value = None if self.value is None else repr(self.value)
        own = {"field": self.field, "value": value, "constraint": self.constraint}
        return super().to_dict() | {name: text for name, text in own.items() if text is not None}


class SchemaError(ValidationError):
    """Data does not have the declared columns or types."""


class ConstraintError(ValidationError):
    """Data breaks a rule that holds between values or rows."""


class ConfigError(SpineError):
    """The configuration of a project cannot be used."""

    default_category = ErrorCategory.CONFIG
    exit_code = 2


class MissingConfigError(ConfigError):
    """A required setting has no value."""

    def __init__(self, key: str, message: str | None = None, **options: Unpack[ErrorOptions]) -> None:
        super().__init__(f"missing configuration: {key}" if message is None else message, **options)
        self.key = key


class InvalidConfigError(ConfigError):
    """A setting has an invalid value; a `Secret` is shown masked."""

    def __init__(self, key: str, value: Any, message: str | None = None, **options: Unpack[ErrorOptions]) -> None:
        super().__init__(f"invalid configuration: {key} = {value!r}" if message is None else message, **options)
        self.key = key
        self.value = value


class AuthError(SpineError):
    """Access was refused."""

    default_category = ErrorCategory.AUTH


class AuthenticationError(AuthError):
    """The credentials are missing or wrong."""


class AuthorizationError(AuthError):
    """The credentials are valid but do not permit this."""


class PipelineError(SpineError):
    """A pipeline failed or cannot be run."""

    default_category = ErrorCategory.PIPELINE


class PipelineNotFoundError(PipelineError):
    """No pipeline has this name."""

    exit_code = 2

    def __init__(self, name: str, message: str | None = None, **options: Unpack[ErrorOptions]) -> None:
        super().__init__(f"pipeline {name!r} not found" if message is None else message, **options)
        self.pipeline_name = name


class BadParamsError(PipelineError):
    """A pipeline was given invalid params: their names, or a mapping from each name to its problem."""

    exit_code = 2

    def __init__(
        self,
        message: str,
        *,
        missing_params: Collection[str] | None = None,
        invalid_params: Collection[str] | None = None,
        **options: Unpack[ErrorOptions],
    ) -> None:
        super().__init__(message, **options)
        self.missing_params: Collection[str] = [] if missing_params is None else missing_params
        self.invalid_params: Collection[str] = [] if invalid_params is None else invalid_params


class OrchestrationError(SpineError):
    """A run could not be started, continued or recorded."""

    default_category = ErrorCategory.ORCHESTRATION


class WorkflowError(OrchestrationError):
    """A workflow is not valid or cannot continue."""


class ScheduleError(OrchestrationError):
    """A schedule is not valid or cannot fire."""


class StorageError(SpineError):
    """Files could not be written or read: a full disk, a failing device, a missing mount."""

    default_category = ErrorCategory.STORAGE


class DatabaseError(SpineError):
    """The database reported an error."""

    default_category = ErrorCategory.DATABASE


class QueryError(DatabaseError):
    """The database cannot run a statement."""


class IntegrityError(DatabaseError):
    """The database refused data that breaks a constraint."""


def is_retryable(error: BaseException) -> bool:
    """Return whether a retry of the same work can succeed.

    A group is retryable if each of its exceptions is.
    """
    return _judge(error).retryable


def get_retry_after(error: BaseException) -> int | None:
    """Return how many seconds to wait before trying again, rounded up, if the error says so."""
    seconds = _judge(error).retry_after
    return None if seconds is None or not math.isfinite(seconds) else max(0, math.ceil(seconds))


def categorize_error(error: BaseException) -> ErrorCategory:
    """Return the category of any exception; UNKNOWN if no rule applies, or if the members of a group differ."""
    return _judge(error).category


def error_to_dict(error: BaseException) -> dict[str, Any]:
    """Return any exception as JSON values, in the shape of `SpineError.to_dict()`."""
    return error.to_dict() if isinstance(error, SpineError) else _describe(error)


def _judge(error: BaseException) -> Classification:
    if isinstance(error, SpineError):
        return Classification(error.category, error.retryable, error.retry_after)
    if not isinstance(error, BaseExceptionGroup):
        return classify(error)
    parts = [_judge(part) for part in error.exceptions]
    categories = {part.category for part in parts}
    return Classification(
        categories.pop() if len(categories) == 1 else ErrorCategory.UNKNOWN,
        all(part.retryable for part in parts),
        max((part.retry_after for part in parts if part.retry_after is not None), default=None),
    )


def _describe(error: BaseException) -> dict[str, Any]:
    verdict = _judge(error)
    described: dict[str, Any] = {
        "error_type": type(error).__name__,
        "message": _text(error),
        "category": verdict.category.value,
        "retryable": verdict.retryable,
    }
    if verdict.retry_after is not None:
        described["retry_after"] = _json_value(verdict.retry_after)
    if error.__cause__ is not None:
        described["cause"] = _text(error.__cause__) or type(error.__cause__).__name__
    return described


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an exception whose own text fails is still an error
        return type(error).__name__


_CONTEXT_FIELDS = {attribute.name for attribute in fields(ErrorContext)} - {"metadata"}


def _json_value(value: Any) -> Any:
    try:
        return json.loads(json.dumps(value, default=str, allow_nan=False))
    except (TypeError, ValueError, RecursionError):  # a key that is no text, NaN, a value that holds itself
        return repr(value)


_E = TypeVar("_E", bound="SpineError")


def _restore(cls: type[_E], args: tuple[Any, ...], state: dict[str, Any]) -> _E:
    """Rebuild an error without its constructor, whose parameters are not known here."""
    error = cls.__new__(cls, *args)
    error.args = args
    error.__setstate__(state)
    return error


def _portable(value: Any) -> Any:
    """Return `value` if it can be pickled, otherwise a description of it."""
    if value is None or isinstance(value, (str, int, float, SpineError)):
        return value
    if isinstance(value, ErrorContext):
        return evolve(value, metadata={name: _portable(entry) for name, entry in value.metadata.items()})
    import pickle  # the caller that pickles an error has imported it already

    try:
        pickle.loads(pickle.dumps(value))  # noqa: S301  # the bytes are made here; some exceptions pickle but do not load
    except Exception:  # noqa: BLE001  # any class may refuse in its own way
        if not isinstance(value, BaseException):
            return repr(value)
        verdict = _judge(value)
        return SpineError(
            f"{type(value).__name__}: {value}",
            category=verdict.category,
            retryable=verdict.retryable,
            retry_after=verdict.retry_after,
        )
    return value
