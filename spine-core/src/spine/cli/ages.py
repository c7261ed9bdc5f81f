"""Ages as options of commands."""

from __future__ import annotations

from datetime import timedelta

import click


def age_of(_ctx: click.Context, _parameter: click.Parameter, text: str) -> timedelta:
    """Return the duration that an option such as `--older-than` gives, as a callback of click."""
    from spine.core.duration import parse_duration
    from spine.core.errors import ValidationError

    try:
        return parse_duration(text)
    except ValidationError as error:
        raise click.BadParameter(str(error)) from error
