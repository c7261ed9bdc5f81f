"""JSON documents and JSON Lines as rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from spine.core.errors import ParseError

ROW_KEYS = ("data", "items", "results", "records", "rows")


def read_json(data: bytes, label: str, encoding: str = "utf-8") -> list[dict[str, Any]]:
    """Return the rows of a JSON document.

    They are an array of objects, the array of objects under the first of `ROW_KEYS` that holds one, or a single object
    as one row. A key that occurs twice in an object, NaN and Infinity are ParseErrors, as invalid JSON is.
    """
    return rows_in(parse_json(data, label, encoding), label)


def parse_json(data: bytes, label: str, encoding: str = "utf-8") -> Any:
    """Return a JSON document as Python values, by the rules of `read_json`."""
    return _parse(_decode(data, encoding, label), label)


def rows_in(document: Any, label: str) -> list[dict[str, Any]]:
    """Return the rows of a JSON document that is parsed already."""
    if isinstance(document, dict):
        under = (document[key] for key in ROW_KEYS if _is_rows(document.get(key)))
        return next(under, [document])
    if not isinstance(document, list):
        raise ParseError(f"{label} holds {_kind(document)}; expected an array of objects, or an object")
    for number, item in enumerate(document, 1):
        if not isinstance(item, dict):
            raise ParseError(f"{label}: item {number} of the array is {_kind(item)}; expected an object")
    return document


def value_at(document: Any, path: str) -> Any:
    """Return what stands at a dotted path such as `result.items` or `pages.0.next`; None where the path leads nowhere.

    A number is a position in an array, counted from 0.
    """
    found = document
    for part in path.split("."):
        if isinstance(found, list) and part.isascii() and part.isdigit():
            found = found[int(part)] if int(part) < len(found) else None
        else:
            found = found.get(part) if isinstance(found, dict) else None
    return found


def read_json_lines(
    lines: Iterable[bytes], label: str, encoding: str = "utf-8", *, allow_empty: bool = False
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number and the object of each line that is not blank."""
    number = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        row = _parse(_decode(line, encoding, label, number), label, number)
        if not isinstance(row, dict):
            raise ParseError(f"{label}, line {number}: {_kind(row)}; expected an object on every line")
        yield number, row
    if not number and not allow_empty:
        raise ParseError(f"{label} is empty")


def _decode(data: bytes, encoding: str, label: str, line: int = 1) -> str:
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line += data.count(b"\n", 0, error.start)
        better = "utf-8" if encoding.lower() not in ("utf-8", "utf8") else "latin-1"
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


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_not_json)


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "an array"}
    return kinds.get(type(value), "an object")
