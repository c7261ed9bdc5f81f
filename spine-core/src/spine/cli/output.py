"""Output of commands: tables for users, JSON for programs; control codes in outside data are removed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_json(value: Any) -> None:
    """Print one JSON document on stdout, in ASCII: safe for any encoding, without control codes."""
    click.echo(json.dumps(_json_ready(value), indent=2, allow_nan=False))


def json_line(value: Any) -> str:
    """Return one JSON document on one line, in ASCII."""
    return json.dumps(_json_ready(value), allow_nan=False)


def print_table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], empty: str) -> None:
    """Print rows under the names of `columns`, numbers right-aligned; `empty` is printed if there are none."""
    cells = [[cell(row.get(column)) for column in columns] for row in rows]
    if not cells:
        click.echo(empty)
        return
    header = [plain(column) for column in columns]
    numeric = [_is_numeric([line[index] for line in cells]) for index in range(len(columns))]
    widths = [max(len(line[index]) for line in [header, *cells]) for index in range(len(columns))]
    for line in [header, *cells]:
        parts = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numeric, strict=True)
        ]
        click.echo("  ".join(parts).rstrip())


def print_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], empty: str, *, as_json: bool) -> None:
    """Print rows as one JSON array, or the named `columns` of them as a table."""
    if as_json:
        print_json(rows)
    else:
        print_table(rows, columns, empty)


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
