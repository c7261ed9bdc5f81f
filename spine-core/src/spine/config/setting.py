"""Fields of the classes of settings."""

from __future__ import annotations

from typing import Any

from attrs import Attribute, Factory, field


def setting(help_text: str, default: Any, validator: Any = None, converter: Any = None) -> Any:
    """Return the field of a setting, with the sentence about it in the reference and in the JSON Schema."""
    if isinstance(default, (list, dict)):
        default = Factory(type(default))
    return field(default=default, validator=validator, converter=converter, metadata={"help": help_text})


def not_blank(_section: object, attribute: Attribute[str], value: str) -> None:
    """Validate that a text has a character that is not a space."""
    if not value.strip():
        raise ValueError(f"{attribute.name!r} must not be empty: leave it out for the usual value")
