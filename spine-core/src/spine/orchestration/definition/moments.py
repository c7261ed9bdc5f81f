"""Points in time as workflow authors give them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from spine.core.errors import ValidationError


def as_moment(given: Any) -> Any:
    """Return an aware datetime for one or its ISO 8601 text; what is neither, such as a function, as it is."""
    moment = given
    if isinstance(given, str):
        try:
            moment = datetime.fromisoformat(given)
        except ValueError as error:
            raise ValidationError(f"{given!r} is not a time: write it as 2026-12-01T06:00:00+00:00") from error
    if isinstance(moment, datetime) and moment.utcoffset() is None:
        raise ValidationError(f"{given!r} has no time zone: write it as 2026-12-01T06:00:00+00:00")
    return moment
