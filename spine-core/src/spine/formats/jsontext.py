"""JSON documents and JSON Lines as rows."""

from __future__ import annotations

import codecs
import io
import json
import math
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from spine.core.errors import ParseError
from spine.formats.badrow import BadRow, OnBadRow
from spine.formats.textlines import LONGEST_LINE, better_encoding, shown

ROW_KEYS = ("data", "items", "results", "records", "rows")
_MOST_RAW = 131_072  # characters kept of a bad line


def read_json(data: bytes, label: str, encoding: str = "utf-8", *, path: str | None = None) -> list[dict[str, Any]]:
    """Return the rows of a JSON document.

    They are an array of objects or a single object as one row, found at the dotted `path` (`payload.items`, `pages.0`)
    if one is given, otherwise in the whole document or under the first of `ROW_KEYS` that holds an array of objects.
    A key that occurs twice in an object, NaN, Infinity and numbers out of range are ParseErrors, as invalid JSON is.
    """
    document = parse_json(data, label, encoding)
    if path is None:
        return rows_in(document, label)
    return _objects(_at(document, path, label), f"{label}, {path}")


def parse_json(data: bytes, label: str, encoding: str = "utf-8") -> Any:
    """Return a JSON document as Python values, by the rules of `read_json`."""
    return _parse(_decode(data, encoding, label), label)


def rows_in(document: Any, label: str) -> list[dict[str, Any]]:
    """Return the rows of a JSON document that is parsed already."""
    if isinstance(document, dict):
        under = (document[key] for key in ROW_KEYS if _is_rows(document.get(key)))
        return next(under, [document])
    return _objects(document, label)


def value_at(document: Any, path: str) -> Any:
    """Return the value at a dotted path such as `result.items` or `pages.0.next`; None if there is none.

    A number is a position in an array, counted from 0.
    """
    found = document
    for part in path.split("."):
        if isinstance(found, list) and part.isascii() and part.isdigit():
            found = found[int(part)] if int(part) < len(found) else None
        else:
            found = found.get(part) if isinstance(found, dict) else None
    return found


def json_lines(stream: BinaryIO, encoding: str = "utf-8") -> Iterator[bytes]:
    """Yield the lines of a stream; they are converted to UTF-8 if line ends are not single bytes, as in UTF-16.

    A line longer than 16 MiB is cut there, and the rest of it is skipped.
    """
    if _is_wide(encoding):
        stream = io.BufferedReader(_AsUtf8(stream, encoding))
    while line := stream.readline(LONGEST_LINE + 1):
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST_LINE + 1)
        yield line


def read_json_lines(
    lines: Iterable[bytes],
    label: str,
    encoding: str = "utf-8",
    *,
    allow_empty: bool = False,
    on_bad: OnBadRow | None = None,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number and the object of each line that is not blank; a bad line goes to `on_bad`, or is an error."""
    number = 0
    encoding = "utf-8" if _is_wide(encoding) else encoding
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = _row(line, label, number, encoding)
        except ParseError as error:
            if on_bad is None:
                raise
            reason = str(error).removeprefix(f"{label}, line {number}").lstrip(",: ")
            on_bad(BadRow(label, number, shown(line.decode(encoding, "spine-keep-bytes"))[:_MOST_RAW], reason))
            continue
        yield number, row
    if not number and not allow_empty:
        raise ParseError(f"{label} is empty")


def _objects(document: Any, where: str) -> list[dict[str, Any]]:
    if isinstance(document, dict):
        return [document]
    if not isinstance(document, list):
        raise ParseError(f"{where} holds {_kind(document)}; expected an array of objects, or an object")
    for number, item in enumerate(document, 1):
        if not isinstance(item, dict):
            raise ParseError(f"{where}: item {number} of the array is {_kind(item)}; expected an object")
    return document


class _AsUtf8(io.RawIOBase):
    """A stream of another encoding as UTF-8; bytes that are invalid in the encoding become invalid UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("spine-keep-bytes")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            raw = self._stream.read(max(1, len(buffer) // 4))
            text = self._decoder.decode(raw, final=not raw).encode("utf-8", "surrogatepass")
            if text or not raw:
                buffer[: len(text)] = text
                return len(text)


def _row(line: bytes, label: str, number: int, encoding: str) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise ParseError(f"{label}, line {number}: longer than {LONGEST_LINE:,} bytes; write one object on each line")
    row = _parse(_decode(line, encoding, label, number), label, number)
    if not isinstance(row, dict):
        raise ParseError(f"{label}, line {number}: {_kind(row)}; expected an object on every line")
    return row


def _is_wide(encoding: str) -> bool:
    return "\n".encode(encoding) != b"\n"


def _at(document: Any, path: str, label: str) -> Any:
    found = document
    for step in path.split("."):
        if isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        elif isinstance(found, dict) and step in found:
            found = found[step]
        else:
            there = f"there are {', '.join(list(found)[:8])}" if isinstance(found, dict) else f"it holds {_kind(found)}"
            raise ParseError(f"{label} has no {path!r}: {step!r} is missing; {there}")
    return found


def _decode(data: bytes, encoding: str, label: str, line: int = 1) -> str:
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line += data.count(b"\n", 0, error.start)
        better = better_encoding(data, encoding)
        raise ParseError(
            f'{label}, line {line}: byte 0x{data[error.start]:02x} is not valid {encoding}; try encoding = "{better}"',
            cause=error,
        ) from error


def _parse(text: str, label: str, line: int | None = None) -> Any:
    where = label if line is None else f"{label}, line {line}"
    if not text.strip():
        raise ParseError(f"{where} is empty")
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        position = f"{label}, line {line or error.lineno}, column {error.colno}"
        raise ParseError(f"{position}: invalid JSON: {error.msg}", cause=error) from error
    except RecursionError as error:
        raise ParseError(f"{where}: the JSON is nested too deeply", cause=error) from error
    except ValueError as error:
        raise ParseError(f"{where}: {error}", cause=error) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} occurs twice in one object, so one of its values would be lost")
    return found


def _not_json(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON; write null or a text")


def _finite(text: str) -> float:
    if math.isinf(number := float(text)):
        raise ValueError(f"the number {text:.40} is out of range; write it as a text")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_not_json, parse_float=_finite)


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "an array"}
    return kinds.get(type(value), "an object")
