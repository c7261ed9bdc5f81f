"""`{name}` placeholders, filled from the parameters of a fetch.

In a text with `{{`, that is a brace, and so is `}}`: `{{viewer{{login}}}}` is `{viewer{login}}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from spine.core.errors import ValidationError
from spine.core.secrets import Secret, SecretText, revealed

Params = Mapping[str, Any]

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_ESCAPED = re.compile(r"\{\{|\}\}|" + _PLACEHOLDER.pattern)
_BRACES = {"{{": "{", "}}": "}"}


def placeholders(template: Any) -> Iterator[str]:
    """Yield the names of the placeholders in a text, or in every text of a JSON value; a secret has none."""
    if isinstance(template, (SecretText, Secret)):
        return
    if isinstance(template, str):
        yield from filter(None, (match[1] for match in _pattern(template).finditer(template)))
    elif isinstance(template, Mapping):
        for item in template.values():
            yield from placeholders(item)
    elif isinstance(template, (list, tuple)):
        for item in template:
            yield from placeholders(item)


def fill(template: str, params: Params, where: str) -> str:
    """Return the text with every placeholder replaced by its parameter."""

    def part(match: re.Match[str]) -> str:
        return _BRACES.get(match[0]) or str(_value(match[1], params, where))

    return _pattern(template).sub(part, template)


def fill_path(template: str, params: Params) -> str:
    """Return the path of a URL; a parameter is one part of it and never leads to another place."""

    def part(match: re.Match[str]) -> str:
        if match[0] in _BRACES:
            return quote(_BRACES[match[0]])
        text = str(_value(match[1], params, "the path of the URL"))
        if text in ("", ".", ".."):
            raise ValidationError(
                f"parameter {match[1]!r} is {text!r}, which cannot be part of a URL's path: give a name",
                field=match[1],
                value=text,
            )
        return quote(text, safe="")

    return _pattern(template).sub(part, template)


def fill_json(template: Any, params: Params) -> Any:
    """Return the JSON value with every text in it filled; a text that is one placeholder becomes the parameter."""
    if isinstance(template, (SecretText, Secret)):
        return template.reveal() if isinstance(template, Secret) else str(template)
    if isinstance(template, str):
        whole = _PLACEHOLDER.fullmatch(template)
        return _value(whole[1], params, "json") if whole else fill(template, params, "json")
    if isinstance(template, Mapping):
        return {key: fill_json(item, params) for key, item in template.items()}
    if isinstance(template, (list, tuple)):
        return [fill_json(item, params) for item in template]
    return template


def _pattern(template: str) -> re.Pattern[str]:
    return _ESCAPED if "{{" in template else _PLACEHOLDER


def _value(name: str, params: Params, where: str) -> Any:
    if params.get(name) is None:
        escape = "; a brace that is none of a parameter is written {{ or }}" if where == "json" else ""
        raise ValidationError(f"parameter {name!r} is missing: {where} needs it{escape}", field=name)
    return revealed(params[name])
