"""Output of commands: tables for users, JSON for programs; control codes in outside data are removed."""

from __future__ import annotations

import json
import math
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from itertools import compress, zip_longest
from typing import Any

import click

_LONGEST_WORD = 40  # whole in every table: an id has 36 characters

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_json(value: Any) -> None:
    """Print one JSON document on stdout, in ASCII: safe for any encoding, without control codes."""
    click.echo(json.dumps(_json_ready(value), indent=2, allow_nan=False))


def json_line(value: Any) -> str:
    """Return one JSON document on one line, in ASCII."""
    return json.dumps(_json_ready(value), allow_nan=False)


def print_json_rows(rows: Iterable[Any]) -> None:
    """Print rows as one JSON array, one on each line, without holding them all."""
    before = "["
    for row in rows:
        click.echo(f"{before}\n  {json_line(row)}", nl=False)
        before = ","
    click.echo("\n]" if before == "," else "[]")


def print_table(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], empty: str, *, is_data: bool = False
) -> None:
    """Print rows under the names of `columns`, numbers right-aligned; `empty` is printed if there are none.

    Columns without values are left out, and on a terminal a wide table is wrapped, unless it `is_data`, which is shown
    as it is.
    """
    cells = [[cell(row.get(column)) for column in columns] for row in rows]
    if not cells:
        click.echo(empty)
        return
    filled = [is_data or any(line[index] for line in cells) for index in range(len(columns))]
    table = [list(compress(line, filled)) for line in [[plain(column) for column in columns], *cells]]
    numeric = [_is_numeric(column[1:]) for column in zip(*table, strict=True)]
    widths = _widths(table, None if is_data else terminal_width())
    for line in table:
        wrapped = [_wrapped(text, width) for text, width in zip(line, widths, strict=True)]
        for texts in zip_longest(*wrapped, fillvalue=""):
            parts = [
                text.rjust(width) if right else text.ljust(width)
                for text, width, right in zip(texts, widths, numeric, strict=True)
            ]
            click.echo("  ".join(parts).rstrip())


def print_rows(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], empty: str, *, as_json: bool, is_data: bool = False
) -> None:
    """Print rows as one JSON array, or the named `columns` of them as a table."""
    if as_json:
        print_json(rows)
    else:
        print_table(rows, columns, empty, is_data=is_data)


def as_written(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of data for a table: numbers without thousands separators, which the data may use otherwise."""
    return [{name: str(value) if type(value) in (int, float) else value for name, value in row.items()} for row in rows]


def print_fields(fields: Mapping[str, Any]) -> None:
    """Print `name  value` lines for one object, without values that are None."""
    shown = {plain(name): cell(value) for name, value in fields.items() if value is not None}
    width = max((len(name) for name in shown), default=0)
    for name, text in shown.items():
        click.echo(f"{name.ljust(width)}  {text}")


def cell(value: Any) -> str:
    """Return a value as one line of plain text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return _decimal(value)
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, Mapping):
        return ", ".join(f"{plain(str(key))}={plain(str(item))}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(cell(item) for item in value)
    return plain(str(value))


def plain(text: str) -> str:
    """Return `text` on one line, without terminal control characters."""
    return "".join(character if character.isprintable() else " " for character in text)


def seconds(duration_ms: int | None) -> str:
    """Return a duration as text, such as `1.25 s`."""
    if duration_ms is None:
        return ""
    if duration_ms < 60_000:
        return f"{duration_ms / 1000:.2f} s"
    return f"{duration_ms // 60_000} min {duration_ms % 60_000 // 1000} s"


def _decimal(value: float) -> str:
    """Return a float with at most four decimals, or four digits if it is smaller than that."""
    if not math.isfinite(value) or 0 < abs(value) < 0.001 or abs(value) >= 1e15:
        return f"{value:.4g}"
    whole, _, decimals = f"{value:,.4f}".partition(".")
    return f"{whole}.{decimals.rstrip('0')}".rstrip(".")


def terminal_width() -> int | None:
    """Return the number of columns of the terminal that stdout is; None if it is a file or a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _widths(table: Sequence[Sequence[str]], most: int | None) -> list[int]:
    """Return the widths of the columns; to fit into `most`, the widest get narrower, if need be than their words."""
    columns = list(zip(*table, strict=True))
    widths = [max(map(len, column)) for column in columns]
    if most is None:
        return widths
    least = [max(len(word) for text in column for word in text.split(" ")) for column in columns]
    room = most - 2 * (len(columns) - 1)
    if sum(least) > room:
        least = [min(width, _LONGEST_WORD) for width in least]
    while sum(widths) > room:
        spare, index = max(
            (widths[index] if widths[index] > least[index] else 0, index) for index in range(len(widths))
        )
        if not spare:
            break
        widths[index] -= 1
    return widths


def _wrapped(text: str, width: int) -> list[str]:
    if len(text) <= width:
        return [text]
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    return [
        line if len(line) <= width else f"{line[: width // 2 - 2]}...{line[width // 2 - width + 1 :]}" for line in lines
    ]


def _is_numeric(column: Sequence[str]) -> bool:
    filled = [text for text in column if text]
    return bool(filled) and all(
        text.replace(",", "").replace(".", "", 1).removeprefix("-").isdigit() for text in filled
    )


def _json_ready(value: Any) -> Any:
    """Return `value` for JSON: times as ISO 8601, decimals as texts with all their digits, NaN as null."""
    if isinstance(value, Mapping):
        return {str(key): _json_ready(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_json_ready(item) for item in value]
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):
        return value
    return _json_scalar(value)


def _json_scalar(value: Any) -> Any:
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        whole = value.is_finite() and value.as_tuple().exponent == 0  # an integer too large for 64 bits
        return int(value) if whole else str(value)
    return value.hex() if isinstance(value, bytes) else str(value)
