"""The one rule for names: of sources, pipelines, workflows, steps, captures, channels, schedules and plugins."""

from __future__ import annotations

import re

MAX_LENGTH = 200
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")


def validate_name(name: object, what: str = "name") -> str:
    """Return `name` if it follows the rule; otherwise raise a ValidationError that states the rule.

    A name is 1 to 200 ASCII letters, digits, `_`, `.` or `-`, neither starts nor ends with `.` or `-`, and has no `..`.
    It is safe in a path, a URL, a TOML key and a shell word as it is.
    """
    if isinstance(name, str) and len(name) <= MAX_LENGTH and _NAME.fullmatch(name) and ".." not in name:
        return name
    from spine.core.errors import ValidationError  # only the failing case pays for the error tree

    raise ValidationError(
        f"{what} {name!r:.80} is not valid: use 1 to {MAX_LENGTH} letters, digits, '_', '.' or '-', "
        "starting and ending with a letter, a digit or '_', and without '..'",
        field=what,
        value=name,
    )
