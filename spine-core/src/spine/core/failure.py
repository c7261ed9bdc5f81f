"""Failures: exceptions as data, with their frames."""

from __future__ import annotations

import linecache
import os
import re
import sysconfig
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import Any

from attrs import asdict, frozen

from spine.core.errors import ErrorCategory, categorize_error, get_retry_after, is_retryable
from spine.core.kept_text import kept_text

_FRAMES = 40  # of one exception: the outermost and the innermost ones
_OUTER_FRAMES = 10
_GROUP = 20  # exceptions of a group
_DEPTH = 5  # causes, and groups in groups
_MESSAGE = 2_000  # characters
_GROUP_MESSAGE = 300  # characters, of each exception of a group in the text of the group
_CODE = 200  # characters
_LIBRARIES = tuple(
    {str(Path(path).resolve()) for name, path in sysconfig.get_paths().items() if name.endswith(("lib", "stdlib"))}
)
_CLASS = re.compile(r"<class '([\w.<>]+)'>")
_NO_SENTENCE = re.compile(rf"[\[(]?(?:(?:{_CLASS.pattern}|<[\w.]+ object at 0x[0-9a-f]+>)(?:, |,)?)+[\])]?")
_CARRIED = "_spine_failure"
_FAULTS = (LookupError, AttributeError, ValueError, TypeError, ArithmeticError, AssertionError, NameError, RuntimeError)
_READERS = frozenset(("csv", "_csv", "json", "_json", "parquet", "_parquet", "ipc", "orc", "_orc", "dataset"))

_OWN_FOLDER = f"{Path(__file__).parents[1]}{os.sep}"  # of spine-core
_SPINE = ("spine.", "spine_")  # modules of core and of plugins, wherever they are installed


@frozen
class Frame:
    """One frame: `code` is its source line; `is_library` is for code of Spine and of installed packages."""

    file: str
    line: int
    function: str
    code: str
    is_library: bool = False


@frozen
class Failure:
    """An exception: its class, text, category and whether trying again may help, and its frames, outermost first.

    `cause` is the exception behind it, `group` are those that an exception group holds. `cut` counts the frames in the
    middle that were left out, and `retry_after` the seconds to wait before trying again, if the exception says so.
    Local variables are never kept.
    """

    type: str
    message: str
    category: str
    retryable: bool
    frames: Sequence[Frame] = ()
    cut: int = 0
    cause: Failure | None = None
    group: Sequence[Failure] = ()
    retry_after: int | None = None

    @property
    def place(self) -> Frame | None:
        """The innermost frame of the user's own code; that of a library where there is no other, and none of Spine."""
        own = [frame for frame in self.frames if not frame.is_library]
        found = own or [frame for frame in self.frames if not frame.file.startswith(_OWN_FOLDER)]
        return found[-1] if found else None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Failure:
        """Return the failure that `to_dict` described."""
        return cls(
            data["type"],
            data["message"],
            data["category"],
            data["retryable"],
            [Frame(**frame) for frame in data["frames"]],
            data["cut"],
            cls.from_dict(data["cause"]) if data["cause"] else None,
            [cls.from_dict(part) for part in data["group"]],
            data.get("retry_after"),
        )


def failure_of(error: BaseException) -> Failure:
    """Return an exception as data. Frames of Spine before the first of the user's code are left out."""
    return _failure_of(error, _DEPTH)


def carry_failure(error: BaseException, failure: Failure) -> None:
    """Attach a failure to an exception that was rebuilt in another process."""
    with suppress(Exception):  # a class may refuse attributes in any way
        error.__dict__[_CARRIED] = failure


def carried_failure(error: BaseException) -> Failure | None:
    """Return the failure that `carry_failure` attached, None if there is none."""
    found = getattr(error, "__dict__", {}).get(_CARRIED)
    return found if isinstance(found, Failure) else None


def category_of(error: BaseException) -> ErrorCategory:
    """Return the category of an exception that a step raised.

    It is INTERNAL for a fault of its code: an exception that belongs neither to Spine nor to a known library,
    such as a KeyError, and one that a computation of Arrow raised. For others it is that of `categorize_error`.
    """
    if isinstance(error, BaseExceptionGroup):
        found = {category_of(part) for part in error.exceptions}
        return found.pop() if len(found) == 1 else ErrorCategory.UNKNOWN
    if isinstance(error, _FAULTS) and type(error).__module__ == "builtins":
        return ErrorCategory.INTERNAL
    if type(error).__module__.startswith("pyarrow") and not _reads(error.__traceback__):
        return ErrorCategory.INTERNAL
    found_category = categorize_error(error)
    return ErrorCategory.INTERNAL if found_category is ErrorCategory.UNKNOWN else found_category


def _reads(trace: TracebackType | None) -> bool:
    """Return whether Arrow raised while it read a file rather than computed."""
    files = [Path(frame.f_code.co_filename).parts for frame, _ in walk_tb(trace)]
    return any(not _READERS.isdisjoint(part.partition(".")[0] for part in parts[-2:]) for parts in files)


def text_of(error: BaseException) -> str:
    """Return the text of an exception: of a group with those that it holds, of a KeyError with its class.

    One without a sentence, such as `[<class 'decimal.ConversionSyntax'>]` of a Decimal, is replaced by the classes.
    """
    try:
        text = _plain_text_of(error)
    except Exception:  # noqa: BLE001 - an exception whose own text fails is still an error
        text = ""
    if isinstance(error, KeyError) and text:  # its text is the bare key
        return f"KeyError: {text}"
    if isinstance(error, BaseExceptionGroup):
        parts = (kept_text(text_of(part), _GROUP_MESSAGE) for part in error.exceptions[:_GROUP])
        names = (type(part).__name__ for part in error.exceptions)
        return f"{text}: {'; '.join(f'{name}: {part}' for name, part in zip(names, parts, strict=False))}"
    if "<" in text and _NO_SENTENCE.fullmatch(text):
        classes = ", ".join(name.rpartition(".")[2] for name in _CLASS.findall(text))
        return f"{type(error).__name__}: {classes}" if classes else type(error).__name__
    return text if text.strip() else type(error).__name__


def kept_error(error: BaseException, *, named: bool = False) -> str:
    """Return the text of an exception for a store, cut by `kept_text`; `named` puts its class in front."""
    text = kept_text(text_of(error))
    name = type(error).__name__
    return f"{name}: {text}" if named and not text.startswith(name) else text


def _plain_text_of(error: BaseException) -> str:
    """Return the text of an exception; texts that it would copy are cut before."""
    if isinstance(error, KeyError) and len(error.args) == 1 and isinstance(error.args[0], str):
        return repr(kept_text(error.args[0], _MESSAGE))
    if isinstance(error, BaseExceptionGroup):
        return f"{kept_text(error.message, _MESSAGE)} ({_counted(len(error.exceptions))})"
    return str(error)


def _counted(number: int) -> str:
    return f"{number} sub-exception{'' if number == 1 else 's'}"


def _failure_of(error: BaseException, depth: int) -> Failure:
    frames, cut = _frames_of(error.__traceback__)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    group = error.exceptions[:_GROUP] if isinstance(error, BaseExceptionGroup) else ()
    return Failure(
        type(error).__name__,
        kept_text(text_of(error), _MESSAGE),
        category_of(error).value,
        is_retryable(error),
        frames,
        cut,
        _failure_of(cause, depth - 1) if cause is not None and depth else None,
        [_failure_of(part, depth - 1) for part in group] if depth else [],
        get_retry_after(error),
    )


def _frames_of(trace: TracebackType | None) -> tuple[list[Frame], int]:
    places = [
        (frame.f_code, line, str(frame.f_globals.get("__name__", "")).startswith(_SPINE))
        for frame, line in walk_tb(trace)
    ]
    own = [index for index, (_, _, is_spine) in enumerate(places) if not is_spine]
    places = places[own[0] :] if own else places
    cut = max(len(places) - _FRAMES, 0)
    if cut:
        places = [*places[:_OUTER_FRAMES], *places[_OUTER_FRAMES + cut :]]
    return [_frame(code.co_filename, line, code.co_name, is_spine) for code, line, is_spine in places], cut


def _frame(file: str, line: int, function: str, is_spine: bool) -> Frame:
    code = kept_text(linecache.getline(file, line).strip(), _CODE)
    return Frame(file, line, function, code, is_spine or file.startswith((*_LIBRARIES, "<frozen")))
