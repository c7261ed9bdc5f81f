"""The screen behind stdout or stderr: the width of its terminal, its colours, and the form of times and ids."""

from __future__ import annotations

import os
import re
import shutil
import sys
from datetime import datetime
from enum import Enum
from typing import Any, TextIO

import click
from attrs import frozen

from spine.cli.cells import plain
from spine.cli.moments import Length, exact, relative

_META = __name__
_SHOWN_OF_ID = 8
_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"  # patterns are compiled when a text is as long
_HASH = r"((?:[a-z0-9]+:)?[0-9a-f]{12})[0-9a-f]{28,}"


class Format(Enum):
    """Form of what a command prints."""

    TABLE = "table"
    WIDE = "wide"
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"

    @property
    def is_data(self) -> bool:
        """True for a form that is read by programs."""
        return self in (Format.CSV, Format.JSON, Format.JSONL)


@frozen
class Screen:
    """A terminal of so many `columns`, or a file or pipe, which has no width and gets every value in full."""

    columns: int | None = None
    is_terminal: bool = False
    has_color: bool = False
    is_wide: bool = False
    is_utc: bool = False

    @property
    def shortens(self) -> bool:
        """True where ids and hashes are shown in part."""
        return self.is_terminal and not self.is_wide

    def id_of(self, value: str) -> str:
        """Return the end of an id, whose beginning is that of all ids of a minute; all of it in a file or pipe."""
        is_id = len(value) == 36 and re.fullmatch(_ID, value)
        return value[-_SHOWN_OF_ID:] if self.shortens and is_id else plain(value)

    def digest_of(self, value: str) -> str:
        """Return an id or the beginning of a hash, and any other text as it is."""
        found = re.fullmatch(_HASH, value) if self.shortens and len(value) >= 40 else None
        return found[1] if found else self.id_of(value)

    def time_of(self, moment: datetime, length: Length = Length.FULL) -> str:
        """Return a time: relative to now on a terminal, otherwise the exact one."""
        if not self.is_terminal:
            return exact(moment, utc=self.is_utc)
        from spine.core.clock import utc_now

        return relative(moment, utc_now(), utc=self.is_utc, length=length)

    def styled(self, text: str, **style: Any) -> str:
        """Return `text` in a style of click, if there are colours."""
        return click.style(text, **style) if self.has_color and style else text


def on_stdout() -> Screen:
    """Return what stdout is, with the options of the command."""
    return _screen(sys.stdout)


def on_stderr() -> Screen:
    """Return what stderr is, with the options of the command."""
    return _screen(sys.stderr)


def is_dumb() -> bool:
    """Return True for a terminal that cannot move its cursor."""
    return os.environ.get("TERM", "") in ("dumb", "unknown")


def terminal_columns(stream: TextIO) -> int | None:
    """Return the number of columns of the terminal that `stream` is; None if it is a file or a pipe."""
    if not stream.isatty():
        return None
    try:
        found = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):  # a stream in memory
        found = 0
    return found or shutil.get_terminal_size().columns


def chosen_format() -> Format:
    """Return the form that the command was asked for."""
    found: Format = _choice("format", Format.TABLE)
    return found


def is_utc() -> bool:
    """Return whether the command was asked for times in UTC."""
    return bool(_choice("utc", False))


def choose(ctx: click.Context, **choice: Any) -> None:
    """Keep the form or the zone that the command was asked for."""
    ctx.meta[_META] = {**ctx.meta.get(_META, {}), **choice}


def _choice(name: str, default: Any) -> Any:
    context = click.get_current_context(silent=True)
    return default if context is None else context.meta.get(_META, {}).get(name, default)


def _screen(stream: TextIO) -> Screen:
    columns = terminal_columns(stream)
    is_wide = chosen_format() is Format.WIDE
    return Screen(
        columns=None if is_wide else columns,
        is_terminal=columns is not None,
        has_color=columns is not None and not os.environ.get("NO_COLOR") and not is_dumb(),
        is_wide=is_wide,
        is_utc=is_utc(),
    )
