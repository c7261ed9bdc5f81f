"""Values as texts of a page: times, durations, ages, numbers; control and bidirectional characters are removed.

Texts are escaped by the templates, and by whoever makes Markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup, escape

from spine.core.clock import utc_now
from spine.core.plain_text import plain_text, shorten

_DASH = "–"  # noqa: RUF001 # stands for a value that there is none of
_NO_CLASS = re.compile("[^a-z0-9_]")
_CELL = 500  # characters of a value of data
_CELL_BYTES = 32
_GOES_TO = "next_step"  # in the output of a choice
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def shown(value: Any) -> Any:
    """Return a value of a template without what a browser or a terminal acts on; None becomes an empty text."""
    if value is None:
        return ""
    if isinstance(value, Markup):
        return value
    return plain_text(value) if isinstance(value, str) else plain_text(str(value))


def moment(value: datetime | None) -> Markup | str:
    """Return a time in the zone of this machine, with the exact one for programs and in a tooltip."""
    if value is None:
        return _DASH
    local = value.astimezone()
    pattern = "%H:%M:%S" if local.date() == utc_now().astimezone().date() else "%Y-%m-%d %H:%M"
    text = Markup('<time datetime="{}" title="{}">{}</time>')
    return text.format(value.isoformat(), local.strftime("%Y-%m-%d %H:%M:%S %Z"), local.strftime(pattern))


def clock(value: datetime) -> str:
    """Return the time of a day, to the millisecond, in the zone of this machine."""
    return value.astimezone().strftime("%H:%M:%S.%f")[:-3]


def age(value: datetime | None) -> Markup | str:
    """Return how long ago a time was, or in how long it will be, with the exact one in a tooltip."""
    if value is None:
        return _DASH
    seconds = (utc_now() - value).total_seconds()
    about = span(abs(seconds))
    says = "now" if abs(seconds) < 1 else f"{about} ago" if seconds > 0 else f"in {about}"
    exact = value.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(value.isoformat(), exact, says)


def span(seconds: float | None) -> str:
    """Return a length of time in its largest unit or two: `3 min`, `2 h 5 min`."""
    if seconds is None:
        return _DASH
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    left, parts = int(seconds), []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])


def milliseconds(value: float | None) -> str:
    """Return a duration that is given in milliseconds."""
    return _DASH if value is None else span(value / 1000)


def number(value: float | None) -> str:
    """Return a number with a comma between thousands."""
    return _DASH if value is None else f"{value:,}"


def size(value: int | None) -> str:
    """Return a number of bytes in its largest unit."""
    if value is None:
        return _DASH
    amount, units = float(value), ["B", "kB", "MB", "GB", "TB"]
    while amount >= 1000 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return f"{amount:.0f} {units[0]}" if units[0] == "B" else f"{amount:.1f} {units[0]}"


def pairs(value: Mapping[str, Any] | None) -> str:
    """Return parameters or a partition as `week=2026-01-05 market=otc`."""
    return " ".join(f"{key}={_plain(part)}" for key, part in (value or {}).items())


def figures(outputs: Mapping[str, Any] | None) -> str:
    """Return the numbers and texts of a step's output: `record count 6,930, top symbol ECOX`."""
    plain = {key: value for key, value in (outputs or {}).items() if isinstance(value, (str, int, float))}
    shown = (
        f"{key.replace('_', ' ')} {short(value if isinstance(value, str) else number(value), 40)}"
        for key, value in plain.items()
        if not isinstance(value, bool) and key != _GOES_TO
    )
    return short(", ".join(shown))


def short(value: Any, most: int = 200) -> str:
    """Return a value as text of so many characters at most; None becomes an empty text."""
    return "" if value is None else shorten(plain_text(value if isinstance(value, str) else str(value)), most)


def as_json(value: Any) -> str:
    """Return a value as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def link(*parts: Any, **query: Any) -> str:
    """Return the path of a page: `link("runs", run_id, page=2)`; a query that is None or empty is left out."""
    path = "/" + "/".join(quote(str(part), safe="") for part in parts)
    given = {key: value for key, value in query.items() if value not in (None, "", False)}
    return f"{path}?{urlencode(given, doseq=True)}" if given else path


def strip(runs: Sequence[Mapping[str, Any]], places: int) -> Markup:
    """Return the newest runs of a workflow as cells, the last one rightmost; `runs` has the newest first.

    It is written here, and not drawn: the first page may have thousands of them. The keyboard reaches the newest one.
    """
    empty = '<i class="cell"></i>' * (places - len(runs))
    cells = [_cell(run, is_newest=run is runs[0]) for run in reversed(runs)]
    return Markup(f'<span class="cells">{empty}{"".join(cells)}</span>')  # noqa: S704 # escaped by _cell


def _cell(run: Mapping[str, Any], *, is_newest: bool) -> str:
    started = "" if run["started_at"] is None else run["started_at"].astimezone().strftime("%Y-%m-%d %H:%M")
    said = f"{run['status']}, {started} {pairs(run['partition_key'])}".rstrip()
    told = escape(said if said.isprintable() and said.isascii() else plain_text(said))
    reach = "" if is_newest else ' tabindex="-1"'
    target = quote(run["run_id"], safe="")
    return f'<a class="cell {kind_of(run["status"])}" href="/runs/{target}" title="{told}"{reach}></a>'


def kind_of(state: Any) -> str:
    """Return the class of a state for the style sheet, such as `state-completed`."""
    name = str(getattr(state, "value", state)).lower()
    return f"state-{_NO_CLASS.sub('-', name) or 'none'}"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def cell(value: Any) -> Markup | str:
    """Return a value of data: a text as it is, what is nested as JSON, and null apart from an empty text."""
    if value is None:
        return Markup('<span class="null">null</span>')
    if isinstance(value, (bytes, bytearray)):
        return bytes(value[:_CELL_BYTES]).hex() + ("…" if len(value) > _CELL_BYTES else "")
    shown_value = value if isinstance(value, str) else _plain(value) if isinstance(value, (dict, list)) else str(value)
    return shown_value if len(shown_value) <= _CELL else f"{shown_value[:_CELL]}…"


def partition_key(partition: Mapping[str, str]) -> str:
    """Return a partition as the JSON text by which a page is asked for it."""
    return json.dumps(dict(partition), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
