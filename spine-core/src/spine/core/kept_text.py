"""External texts, shortened and with known secrets masked."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

from spine.core.masking import hide_secrets

ERROR_CHARACTERS = 10_000  # of an error's text, wherever it is kept or shown
REJECT_CHARACTERS = 100_000  # of a rejected row
TITLE_CHARACTERS = 500  # of an alert
_CUT = re.compile(r"\.\.\. \([\d,]+ more characters\)\Z")
_MARKER = 60  # characters that what is left out is counted with
_BORDER = 200  # so that a secret across the limit is recognised
_FRAMES = 40  # of one exception in a log line


def kept_text(text: str, limit: int = ERROR_CHARACTERS, *, left_out: int = 0) -> str:
    """Return at most `limit` characters of a text and how many were left out, with known secrets masked.

    A text that was cut to `limit` before is returned as it is. `left_out` counts the characters that were left out of
    it in another way.
    """
    if len(text) <= limit or (len(text) <= limit + _MARKER and _CUT.match(text, limit)):
        return hide_secrets(text)
    more = len(text) - limit + left_out
    return f"{hide_secrets(text[: limit + _BORDER])[:limit]}... ({more:,} more characters)"


def kept_values(value: Any) -> Any:
    """Return JSON values whose texts are as `kept_text` returns them."""
    if isinstance(value, str):
        return kept_text(value)
    if isinstance(value, Mapping):
        return {key: kept_values(item) for key, item in value.items()}
    return [kept_values(item) for item in value] if isinstance(value, list) else value


def log_text(record: logging.LogRecord, limit: int = ERROR_CHARACTERS) -> str:
    """Return the message of a log record with its traceback, as `kept_text` does.

    Long texts among its arguments are cut before they are formatted.
    """
    arguments = _Arguments(limit + _BORDER)
    parts = [_message(record, arguments)]
    if record.exc_info and record.exc_info[1] is not None:
        parts.append(traceback_text(record.exc_info[1], limit))
    if record.stack_info:
        parts.append(record.stack_info)
    return kept_text("\n".join(parts), limit, left_out=arguments.left_out)


def _message(record: logging.LogRecord, arguments: _Arguments) -> str:
    has_own_form = type(record).getMessage is not logging.LogRecord.getMessage
    try:
        return record.getMessage() if has_own_form or not record.args else arguments.format(record.msg, record.args)
    except Exception:  # noqa: BLE001 - a wrong format string or an argument whose text fails must not fail the step
        return record.msg if isinstance(record.msg, str) else type(record.msg).__name__


class _Arguments:
    """Arguments of a log record with their texts cut; `left_out` counts the characters."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.left_out = 0

    def format(self, message: object, arguments: tuple[object, ...] | Mapping[str, object]) -> str:
        if isinstance(arguments, Mapping):
            return str(message) % {name: self._cut(value) for name, value in arguments.items()}
        return str(message) % tuple(self._cut(value) for value in arguments)

    def _cut(self, value: object) -> object:
        if isinstance(value, BaseException):
            text = str(value)
            return value if len(text) <= self._limit else self._cut(text)
        if not isinstance(value, (str, bytes, bytearray)) or len(value) <= self._limit:
            return value
        self.left_out += len(value) - self._limit
        return value[: self._limit]


def traceback_text(error: BaseException, limit: int) -> str:
    """Return the traceback of an exception and of those behind it; their texts are cut before they are formatted."""
    chain = list(_behind(error))
    if all(len(_text(each)) <= limit for each in chain):
        return "".join(traceback.format_exception(error)).rstrip("\n")
    shown = []
    for each in reversed(chain):
        frames = "".join(traceback.format_tb(each.__traceback__, -_FRAMES))
        text = f"{type(each).__name__}: {kept_text(_text(each), limit // 4)}"
        shown.append(f"Traceback (most recent call last):\n{frames}{text}")
    return "\n\n".join(shown)


def _behind(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, those of its group, and its causes, each once."""
    waiting, seen = [error], set()
    while waiting:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        cause = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
        waiting += [cause] if cause is not None else []
        waiting += each.exceptions if isinstance(each, BaseExceptionGroup) else ()


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an exception whose own text fails is still an error
        return ""
