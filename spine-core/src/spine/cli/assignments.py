"""`key=value` options."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click


def assignments(text: tuple[str, ...]) -> dict[str, Any]:
    """Return the options as a dict: `key=text` is text as it stands, `key:=json` any JSON value."""
    found: dict[str, Any] = {}
    for item in text:
        key, separator, value = item.partition("=")
        if not separator or not key.removesuffix(":"):
            raise click.BadParameter(f"{item!r} is not key=value (or key:=json)")
        name = key.removesuffix(":")
        if name in found:
            raise click.BadParameter(f"{name!r} is given twice")
        found[name] = _json(item, value) if key.endswith(":") else value
    return found


def params_option(help_text: str) -> Callable[[Any], Any]:
    """Return the option `-p key=value`, which may be repeated."""
    return click.option(
        "-p",
        "--param",
        "params",
        multiple=True,
        metavar="KEY=VALUE",
        callback=lambda _ctx, _parameter, values: assignments(values),
        help=help_text,
    )


def _json(item: str, value: str) -> Any:
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise click.BadParameter(f"{item!r}: the part after := is not JSON: {error}") from error
