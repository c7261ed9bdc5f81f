"""`spine.NAME.toml`, whose settings go over those of `spine.toml` where `SPINE_ENV` is NAME."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spine.config.references import is_reference
from spine.core.errors import ConfigError, ValidationError
from spine.core.names import validate_name

VARIABLE = "SPINE_ENV"


def find_overlay(root: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the file that `SPINE_ENV` names, None where it is not set; a file that is missing is a ConfigError."""
    name = environ.get(VARIABLE, "")
    if not name:
        return None
    try:
        validate_name(name, VARIABLE)
    except ValidationError as error:
        raise ConfigError(str(error), cause=error) from error
    path = root / f"spine.{name}.toml"
    if not path.is_file():
        known = sorted(found.name.split(".", 1)[1].removesuffix(".toml") for found in root.glob("spine.*.toml"))
        there = f"there are {', '.join(known)}" if known else "there is none"
        raise ConfigError(f"{VARIABLE} is {name!r}, and {path} does not exist ({there}): write it, or unset {VARIABLE}")
    return path


def merged(document: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of both, key by key; a value of `over` replaces the other.

    A table that has another `type` in `over` is replaced as a whole: the keys of one type mean nothing to another.
    """
    found = dict(document)
    for key, value in over.items():
        both = _is_table(found.get(key)) and _is_table(value) and not has_other_type(found[key], value)
        found[key] = merged(found[key], value) if both else value
    return found


def has_other_type(table: Mapping[str, Any], over: Mapping[str, Any]) -> bool:
    """Return True if both tables have a `type`, and it differs."""
    return "type" in table and "type" in over and table["type"] != over["type"]


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) and not is_reference(value)
