"""`SPINE__SECTION__KEY` variables: settings that override `spine.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spine.core.errors import ConfigError

PREFIX = "SPINE__"


class FromEnvironment(str):
    """The text of a variable; `structure` reads a number, a boolean or a list out of it where one is expected."""

    variable: str
    overrides: bool

    def __new__(cls, text: str, variable: str, *, overrides: bool = False) -> FromEnvironment:
        """Return `text`, with the variable it comes from and whether it overrides `spine.toml`."""
        made = super().__new__(cls, text)
        made.variable, made.overrides = variable, overrides
        return made


def overlay(document: dict[str, Any], environ: Mapping[str, str]) -> None:
    """Merge every `SPINE__` variable into `document`: `SPINE__SPINE__DATABASE` is the key `database` of `[spine]`.

    Case does not matter, and `_` in a variable also stands for the `.` and `-` of a name. A table that gets another
    `type` keeps only the keys that variables set: those of one type mean nothing to another.
    """
    retyped: list[dict[str, Any]] = []
    for variable in sorted(environ):
        if not variable.startswith(PREFIX):
            continue
        parts = variable.removeprefix(PREFIX).split("__")
        if len(parts) < 2 or not all(parts):
            raise ConfigError(f"the environment variable {variable} names no setting: write {PREFIX}SECTION__KEY")
        *parents, last = parts
        table: Any = document
        for parent in parents:
            table = table.setdefault(_key_in(table, parent), {})
            if not isinstance(table, dict):
                raise ConfigError(f"the environment variable {variable} sets a key below one that is not a table")
        key = _key_in(table, last)
        if key == "type" and table.get(key, environ[variable]) != environ[variable]:
            retyped.append(table)
        table[key] = FromEnvironment(environ[variable], variable, overrides=key in table)
    for table in retyped:
        for key in [name for name, value in table.items() if not told_by(value)]:
            del table[key]


def told_by(value: Any) -> str:
    """Return, for an error text, the variable that set `value`; empty if it is from `spine.toml`."""
    if isinstance(value, Mapping) and value:
        return told_by(next(iter(value.values()))) if all(told_by(item) for item in value.values()) else ""
    return f" (the environment variable {value.variable} sets it)" if isinstance(value, FromEnvironment) else ""


def _key_in(table: Mapping[str, Any], part: str) -> str:
    return next((key for key in table if _folded(key) == _folded(part)), part.lower())


def _folded(name: str) -> str:
    return name.lower().replace(".", "_").replace("-", "_")
