"""Named values in the parameters of a schedule, such as `{scheduled_at:%Y-%m-%d}`: checked when it is declared."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from spine.core.errors import ScheduleError
from spine.core.suggest import did_you_mean

NAMES = ("scheduled_at", "interval_start", "interval_end", "previous_business_day")
Values = Mapping[str, Callable[[], date | str]]

_NAMED = re.compile(r"(?P<double>\{)?\{(?P<name>[A-Za-z_]\w*)(?::(?P<format>[^{}]*))?\}(?(double)\})")
_DIRECTIVES = frozenset("aAwdbBmyYHIMSfzZjpUWcxXGuV%")  # of strftime, as Python's documentation lists them


def check_named(params: Any, where: str = "params", also: Sequence[str] = ()) -> None:
    """Raise ScheduleError for a named value that does not exist, or a format that is none of strftime's.

    `also` names the values of occurrences, which are texts and take no format.
    """
    if isinstance(params, str):
        for match in _NAMED.finditer(params):
            if not match["double"]:
                _check(match, where, also)
    elif isinstance(params, Mapping):
        for key, value in params.items():
            check_named(value, f"{where}.{key}", also)
    elif isinstance(params, list | tuple):
        for place, value in enumerate(params):
            check_named(value, f"{where}[{place}]", also)


def filled(params: Any, values: Values) -> Any:
    """Return the parameters with each named value filled in; `{{name}}` stands for `{name}` as it is.

    Without a format a value is written as ISO 8601 does.
    """
    if isinstance(params, str):
        return _NAMED.sub(lambda match: match[0][1:-1] if match["double"] else _text(match, values), params)
    if isinstance(params, Mapping):
        return {key: filled(value, values) for key, value in params.items()}
    if isinstance(params, list | tuple):
        return [filled(value, values) for value in params]
    return params


def _text(match: re.Match[str], values: Values) -> str:
    if match["name"] not in values:  # a tick by hand, which nothing has caused
        raise ScheduleError(f"{match[0][:60]} has a value only if an occurrence starts the run: use spine run with -p")
    value = values[match["name"]]()
    if isinstance(value, str):
        return value
    return value.strftime(match["format"]) if match["format"] else value.isoformat()


def _check(match: re.Match[str], where: str, also: Sequence[str]) -> None:
    name, form, names = match["name"], match["format"], (*NAMES, *also)
    if name in also and form:
        raise ScheduleError(f"{where}: {name} in {match[0][:60]!r} is a text and has no format: write {{{name}}}")
    if name not in names:
        raise ScheduleError(
            f"{where}: there is no value {match[0][:60]!r}{did_you_mean(name, names)}: use {', '.join(names)}; "
            f"for the text as it is write {{{match[0][:60]}}}"
        )
    for directive in re.findall(r"%(.?)", form or "", re.DOTALL):
        if directive not in _DIRECTIVES or not directive:
            raise ScheduleError(
                f"{where}: %{directive} in {match[0][:60]!r} is no format of a date: use those of strftime, "
                'such as "%Y-%m-%d"'
            )
