"""Values as texts of a page: times, durations, ages, numbers; control and bidirectional characters are removed.

Texts are escaped by the templates, and by whoever makes Markup.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup

from spine.core.clock import utc_now
from spine.core.plain_text import plain_text, shorten

_DASH = "–"  # noqa: RUF001 # stands for a value that there is none of
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
    plain = {key: value for key, value in (outputs or {}).items() if type(value) in (str, int, float)}
    shown = (f"{key.replace('_', ' ')} {_figure(value)}" for key, value in plain.items() if key != _GOES_TO)
    return short(", ".join(shown))


def _figure(value: str | float) -> str:
    return short(value, 40) if isinstance(value, str) else number(value)


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


def kind_of(state: Any) -> str:
    """Return the class of a state for the style sheet, such as `state-completed`."""
    name = str(getattr(state, "value", state)).lower()
    return "state-" + ("".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name) or "none")


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
