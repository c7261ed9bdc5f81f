"""What commands print: tables for people, JSON for programs. Everything from outside is stripped of control codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_json(value: Any) -> None:
    """Print one JSON document on stdout."""
    json.dump(value, sys.stdout, indent=2, default=_json_default, ensure_ascii=False)
    sys.stdout.write("\n")


def print_table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], empty: str) -> None:
    """Print rows under the names of `columns`, numbers right-aligned; `empty` is what to say without rows."""
    cells = [[cell(row.get(column)) for column in columns] for row in rows]
    if not cells:
        click.echo(empty)
        return
    numeric = [all(_is_number(line[index]) for line in cells) for index in range(len(columns))]
    widths = [max(len(line[index]) for line in [list(columns), *cells]) for index in range(len(columns))]
    for line in [list(columns), *cells]:
        parts = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numeric, strict=True)
        ]
        click.echo("  ".join(parts).rstrip())


def print_fields(fields: Mapping[str, Any]) -> None:
    """Print `name  value` lines for one object; what is None is left out."""
    shown = {name: cell(value) for name, value in fields.items() if value is not None}
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
        return f"{value:,.4g}"
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={plain(str(item))}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(cell(item) for item in value)
    return plain(str(value))


def plain(text: str) -> str:
    """Return `text` on one line, without characters that could move a terminal's cursor or colour it."""
    return "".join(character if character.isprintable() else " " for character in text)


def seconds(duration_ms: int | None) -> str:
    """Return a duration for people."""
    if duration_ms is None:
        return ""
    if duration_ms < 60_000:
        return f"{duration_ms / 1000:.2f} s"
    return f"{duration_ms // 60_000} min {duration_ms % 60_000 // 1000} s"


def _is_number(text: str) -> bool:
    return bool(text) and text.replace(",", "").replace(".", "", 1).removeprefix("-").isdigit()


def _json_default(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Mapping):
        return dict(value)
    return float(value) if isinstance(value, Decimal) and value == int(value) else str(value)
