"""JSON documents and JSON Lines as rows."""

from __future__ import annotations

import codecs
import io
import json
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from decimal import Decimal
from typing import Any, BinaryIO

from spine.core.errors import ParseError
from spine.core.jsonvalue import exact_number
from spine.formats.badrow import BadRow, OnBadRow
from spine.formats.beginning import refuse_container
from spine.formats.jsonpath import MISSING, WHOLE, JsonPath, kind_of_json
from spine.formats.textlines import LONGEST_LINE, encoding_fix, shown

ROW_KEYS = ("data", "items", "results", "records", "rows")
_DEEPEST_ROWS = 3  # keys on the way to an array that may be the rows
_MOST_RAW = 131_072  # characters kept of a bad line

Warn = Callable[[str], None]


def read_json(
    data: bytes, label: str, encoding: str = "utf-8", *, path: str | None = None, warn: Warn | None = None
) -> list[dict[str, Any]]:
    """Return the rows of a JSON document.

    They are an array of objects or a single object as one row, found at the dotted `path` (`payload.items`, `$` for the
    whole document) if one is given, otherwise by `rows_in`. A key that occurs twice in an object, NaN, Infinity and
    numbers out of range are ParseErrors, as invalid JSON is.
    """
    document = parse_json(data, label, encoding)
    return rows_in(document, label, warn) if path is None else rows_at(document, path, label)


def parse_json(data: bytes, label: str, encoding: str = "utf-8") -> Any:
    """Return a JSON document as Python values, by the rules of `read_json`."""
    refuse_container(data, label)
    return _parse(_decode(data, encoding, label), label)


def rows_in(
    document: Any, label: str, warn: Warn | None = None, *, beside: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Return the rows of a JSON document that is parsed already, without a path.

    They are the document, or the array of objects under one of `ROW_KEYS` where no other key would be lost but those
    of `beside`; `warn` is told where there are others, and the document is then one row. So it is told of rows that lie
    deeper in a document that looks like an envelope of them.
    """
    if not isinstance(document, dict):
        return _objects(document, label)
    key = guessed_key(document)
    if key is None:
        path = nested_path(document)
        if warn is not None and path is not None and _is_envelope(document, path):
            warn(
                f"{label} is read as one row, and there are objects in an array at {path}: set json_path = "
                f'"{path}" for these as rows, or "{WHOLE}" for the one'
            )
        return [document]
    others = [name for name in document if name != key and name not in beside]
    if not others:
        return list(document[key])
    if warn is not None:
        names = ", ".join(others[:4]) + (", ..." if others[4:] else "")
        warn(
            f"{label} is read as one row, since {names} would be lost beside {key!r}: set json_path = "
            f'"{key}" for those rows, or "{WHOLE}" for this one'
        )
    return [document]


def guessed_key(document: Any) -> str | None:
    """Return the first of `ROW_KEYS` that holds an array of objects, None if none does."""
    return next((key for key in ROW_KEYS if isinstance(document, dict) and _is_rows(document.get(key))), None)


def nested_path(document: Any, depth: int = _DEEPEST_ROWS) -> str | None:
    """Return the path of the first array of objects inside a document; None if there is none."""
    if not isinstance(document, dict):
        return None
    named = [(name, value) for key, value in document.items() if (name := JsonPath.quoted(key)) is not None]
    found = next((name for name, value in named if value and _is_rows(value)), None)
    if found is not None or depth == 1:
        return found
    below = ((name, nested_path(value, depth - 1)) for name, value in named)
    return next((f"{name}.{path}" for name, path in below if path is not None), None)


def rows_at(document: Any, path: str, label: str) -> list[dict[str, Any]]:
    """Return the rows at a dotted path: an array of objects, or an object as one row."""
    parsed = JsonPath.parse(path)
    found = parsed.find(document)
    if found is MISSING:
        raise ParseError(f"{label} has no {path!r}: {parsed.missing(document)}")
    return _objects(found, f"{label}, {path}")


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
    number = found = 0
    encoding = "utf-8" if _is_wide(encoding) else encoding
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if not found:
            refuse_container(line, label)
        found += 1
        try:
            row = _row(line, label, number, encoding)
        except ParseError as error:
            if on_bad is None:
                raise
            reason = str(error).removeprefix(f"{label}, line {number}").lstrip(",: ")
            on_bad(BadRow(label, number, shown(line.decode(encoding, "spine-keep-bytes"))[:_MOST_RAW], reason))
            continue
        yield number, row
    if not found and not allow_empty:
        blank = "has only blank lines; if that is right, say allow_empty = true"
        raise ParseError(f"{label} {blank if number else 'is empty'}")


def _objects(document: Any, where: str) -> list[dict[str, Any]]:
    if isinstance(document, dict):
        return [document]
    if not isinstance(document, list):
        raise ParseError(f"{where} holds {kind_of_json(document)}; expected an array of objects, or an object")
    for number, item in enumerate(document, 1):
        if not isinstance(item, dict):
            raise ParseError(f"{where}: item {number} of the array is {kind_of_json(item)}; expected an object")
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
        fix = '; is the file one document? say format = "json"' if number == 1 and isinstance(row, list) else ""
        raise ParseError(f"{label}, line {number}: {kind_of_json(row)}; expected an object on every line{fix}")
    return row


def _is_wide(encoding: str) -> bool:
    return "\n".encode(encoding) != b"\n"


def _decode(data: bytes, encoding: str, label: str, line: int = 1) -> str:
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line += data.count(b"\n", 0, error.start)
        wrong = f"{label}, line {line}: byte 0x{data[error.start]:02x} is not valid {encoding}"
        raise ParseError(f"{wrong}; {encoding_fix(data, encoding)}", cause=error) from error


def _parse(text: str, label: str, line: int | None = None) -> Any:
    where = label if line is None else f"{label}, line {line}"
    if not text.strip():
        raise ParseError(f"{where} is empty")
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        position = f"{label}, line {line or error.lineno}, column {error.colno}"
        fix = '; is it one object on each line? say format = "jsonl"' if _are_lines(text, error, line) else ""
        raise ParseError(f"{position}: invalid JSON: {error.msg}{fix}", cause=error) from error
    except RecursionError as error:
        raise ParseError(f"{where}: the JSON is nested too deeply", cause=error) from error
    except ValueError as error:
        raise ParseError(f"{where}: {error}", cause=error) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        times = Counter(name for name, _ in pairs)
        twice = next(name for name in times if times[name] > 1)
        raise ValueError(f"the key {twice!r} occurs twice in one object, so one of its values would be lost")
    return found


def _not_json(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON; write null or a text")


def _in_range(text: str) -> float | Decimal:
    number = exact_number(text)
    if isinstance(number, Decimal) and math.isinf(float(number)):
        raise ValueError(f"the number {text:.40} is out of range; write it as a text")
    return number


def _are_lines(text: str, error: json.JSONDecodeError, line: int | None) -> bool:
    """Return True if a document that is invalid after its first object has one object on its first line."""
    first, _, rest = text.lstrip().partition("\n")
    return line is None and error.msg == "Extra data" and first.startswith("{") and rest.lstrip().startswith("{")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_not_json, parse_float=_in_range)


def _is_envelope(document: dict[str, Any], path: str) -> bool:
    """Return whether a document is less than a row: its rows are below a usual key, or it has no values of its own."""
    is_usual = JsonPath.parse(path).steps[0].key in ROW_KEYS
    return is_usual or all(isinstance(value, (dict, list)) for value in document.values())


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)
