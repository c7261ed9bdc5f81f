"""Output of commands: tables for readers, JSON and CSV for programs; control codes in outside data are removed."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar

import click

from spine.cli.cells import plain
from spine.cli.moments import Length
from spine.cli.screen import Format, Screen, choose, chosen_format, on_stdout

_Command = TypeVar("_Command", bound=Callable[..., Any])

_PIPE = Screen()
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d:\d\d"


def _keep_format(ctx: click.Context, _parameter: click.Parameter, name: str | None) -> None:
    if name is not None:
        choose(ctx, format=Format(name))


def _keep_utc(ctx: click.Context, _parameter: click.Parameter, is_utc: bool) -> None:
    if is_utc:
        choose(ctx, utc=True)


def _is_data(_ctx: click.Context, _parameter: click.Parameter, asked: bool) -> bool:
    """Return True for a command whose output a program reads: `as_json` is the value behind any such form."""
    return asked or chosen_format().is_data


_OUTPUT_OPTIONS = (
    click.option("--json", "as_json", is_flag=True, callback=_is_data, help="Print JSON."),
    click.option(
        "-o",
        "--output",
        type=click.Choice([form.value for form in Format]),
        metavar="FORM",
        expose_value=False,
        is_eager=True,
        callback=_keep_format,
        help="One of table, wide, csv, json, jsonl; wide cuts nothing.",
    ),
    click.option(
        "--utc",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_keep_utc,
        help="Show times in UTC (default: the zone of this machine).",
    ),
)


def json_option(command: _Command) -> _Command:
    """Add the options of a command's output; the command gets `as_json`, and prints with the functions below."""
    for option in reversed(_OUTPUT_OPTIONS):
        command = option(command)
    return command


def print_json(value: Any) -> None:
    """Print one document: JSON in ASCII, safe for any encoding, or the form that the command was asked for."""
    form = chosen_format()
    if form is Format.CSV:
        _print_csv(value)
    elif form is Format.JSONL:
        for item in value if isinstance(value, (list, tuple)) else [value]:
            click.echo(json_line(item))
    else:
        click.echo(json.dumps(_json_ready(value), indent=2, allow_nan=False))


def json_line(value: Any) -> str:
    """Return one JSON document on one line, in ASCII."""
    return json.dumps(_json_ready(value), allow_nan=False)


def print_json_rows(rows: Iterable[Any]) -> None:
    """Print rows as one JSON array, one on each line, without holding them all; as CSV they are held."""
    if chosen_format() is Format.CSV:
        print_json(list(rows))
        return
    if chosen_format() is Format.JSONL:
        for row in rows:
            click.echo(json_line(row))
        return
    before = "["
    for row in rows:
        click.echo(f"{before}\n  {json_line(row)}", nl=False)
        before = ","
    click.echo("\n]" if before == "," else "[]")


def print_table(
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[str],
    empty: str,
    *,
    wide: Sequence[str] = (),
    is_data: bool = False,
) -> None:
    """Print rows under the names of `columns`, with `-o wide` also of those of `wide`; `empty` if there are none.

    What a terminal has no room for is laid out as `table_lines` says, unless it `is_data`, which is shown as it is.
    """
    from spine.cli.table import table_lines

    found, screen = list(rows), on_stdout()
    if not found:
        click.echo(empty)
        return
    names = [*columns, *wide] if screen.is_wide else columns
    for line in table_lines(found, names, screen, _data_cell if is_data else cell, is_data=is_data):
        click.echo(line)


def print_rows(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    empty: str,
    *,
    as_json: bool,
    wide: Sequence[str] = (),
    is_data: bool = False,
) -> None:
    """Print rows as one JSON array, or the named `columns` of them as a table."""
    if as_json:
        print_json(rows)
    else:
        print_table(rows, columns, empty, wide=wide, is_data=is_data)


def as_written(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of data for a table: numbers without thousands separators, times in the zone that they have."""
    written = (int, float, datetime)
    return [{name: str(value) if type(value) in written else value for name, value in row.items()} for row in rows]


def print_fields(fields: Mapping[str, Any]) -> None:
    """Print `name  value` lines for one object, without values that are None; ids and hashes are whole."""
    from attrs import evolve

    from spine.cli.table import field_lines

    screen = on_stdout()
    whole = evolve(screen, is_wide=True)
    shown = [(name, cell(value, whole)) for name, value in fields.items() if value is not None]
    for line in field_lines(shown, screen):
        click.echo(line)


def cell(value: Any, screen: Screen = _PIPE, length: Length = Length.FULL) -> str:
    """Return a value as one line of plain text, and as much of a time as `length` says."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return _decimal(value)
    if isinstance(value, datetime):
        return screen.time_of(value, length)
    if isinstance(value, Mapping):
        return ", ".join(f"{plain(str(key))}={plain(str(item))}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(cell(item, screen, length) for item in value)
    text = str(value)
    if len(text) >= 25 and re.fullmatch(_TIME, text):
        return screen.time_of(datetime.fromisoformat(text), length)
    return plain(screen.digest_of(text))


def _data_cell(value: Any, _screen: Screen, length: Length) -> str:
    return plain(value) if isinstance(value, str) else cell(value, _PIPE, length)


def shown_time(moment: datetime) -> str:
    """Return a time as text for stdout."""
    return on_stdout().time_of(moment)


def shown_id(value: str) -> str:
    """Return an id as text for stdout: on a terminal its end, which every command takes for the whole."""
    return on_stdout().id_of(value)


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


def _print_csv(value: Any) -> None:
    """Print rows, or one object, as CSV with a line of names; an object or a list in a cell is JSON."""
    import csv
    import io

    found = _json_ready(value)
    rows = [row if isinstance(row, dict) else {"value": row} for row in (found if isinstance(found, list) else [found])]
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_csv_cell(row.get(name)) for name in names] for row in rows)
    is_shown = sys.stdout.isatty()
    for line in text.getvalue().splitlines() if is_shown else [text.getvalue().removesuffix("\n")]:
        click.echo(plain(line) if is_shown else line)


def _csv_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, (dict, list)) else value


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
