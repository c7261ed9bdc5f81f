"""The rule for names of sources, pipelines, workflows, steps, captures, channels, schedules and plugins."""

from __future__ import annotations

import re
from enum import Enum
from typing import TypeVar

MAX_LENGTH = 200
K = TypeVar("K", bound=Enum)

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")


def validate_name(name: object, what: str = "name") -> str:
    """Return `name` if it follows the rule; otherwise raise a ValidationError that states the rule.

    A name is 1 to 200 ASCII letters, digits, `_`, `.` or `-`, neither starts nor ends with `.` or `-`, and has no `..`.
    It is safe in a path, a URL, a TOML key and a shell word as it is.
    """
    if isinstance(name, str) and len(name) <= MAX_LENGTH and _NAME.fullmatch(name) and ".." not in name:
        return name
    from spine.core.errors import ValidationError  # imported only on failure

    raise ValidationError(
        f"{what} {name!r:.80} is not valid: use 1 to {MAX_LENGTH} letters, digits, '_', '.' or '-', "
        "starting and ending with a letter, a digit or '_', and without '..'",
        field=what,
        value=name,
    )


def check_text(text: str, what: str, *, max_length: int = MAX_LENGTH) -> str:
    """Return a text that every database can keep and index; ValidationError for any other.

    It has 1 to `max_length` characters, none of them NUL or half of a surrogate pair: PostgreSQL refuses these.
    """
    is_plain = text.isascii() and "\0" not in text  # as nearly all are, and quicker than to search
    if 1 <= len(text) <= max_length and (is_plain or not _UNSTORABLE.search(text)):
        return text
    from spine.core.errors import ValidationError  # imported only on failure

    if not text:
        raise ValidationError(f"{what} is empty", field=what, value=text)
    if len(text) > max_length:
        cause = f"has {len(text):,} characters, at most {max_length:,} are possible"
    else:
        cause = "has a NUL character or half of a surrogate pair, which databases cannot keep"
    raise ValidationError(f"{what} {text!r:.80} {cause}", field=what, value=text)


def kind_of(kinds: type[K], value: object, what: str) -> K | str:
    """Return the member of `kinds` that has this value, or the name itself of a kind that a plugin provides.

    Raises the ValidationError of `validate_name` for what is neither.
    """
    try:
        return kinds(value)
    except ValueError:
        return validate_name(value, what)


def plain(kind: Enum | str) -> str:
    """Return a kind as plain text: the value of an enumeration's member, a plugin's name as it is."""
    return str(kind.value) if isinstance(kind, Enum) else kind
